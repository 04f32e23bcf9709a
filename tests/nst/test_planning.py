"""Time and memory told beforehand, and what memory there is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from nst import (
    DeviceError,
    Init,
    Options,
    OptionsError,
    Plan,
    Preset,
    StyleImage,
    memory,
    plan,
    save_image,
    setup,
)
from nst.cli import app
from nst.inputs import load_inputs
from nst.optimisers import LBFGS
from nst.pyramid import Scale
from nst.setup import Sizes
from nst.speed import Speed
from tests.nst.conftest import EXAMPLES

_CPU = torch.device("cpu")


def test_a_plan_counts_every_scale(speed: Speed) -> None:
    found = Plan.for_sizes(
        Sizes(content=(400, 300)), Options(preset=Preset.DRAFT, size=128), device="cpu"
    )
    assert (found.width, found.height) == (128, 96)
    assert found.steps == 30 + 25
    # Each scale's targets count as one more step.
    expected = 31 * speed.step(64 * 48) + 26 * speed.step(128 * 96)
    assert found.seconds == pytest.approx(expected)
    assert found.fits
    found.check()


@pytest.mark.usefixtures("speed")
def test_a_plan_of_going_on() -> None:
    options = Options(preset=Preset.DRAFT, size=128)
    anew = Plan.for_sizes(Sizes(content=(400, 300)), options, device="cpu")
    same = Plan.for_sizes(Sizes(content=(400, 300), init=(128, 96)), options, device="cpu")
    assert same.steps == 15 + 7  # half and a quarter of them, rounded up
    assert same.seconds < anew.seconds / 2
    larger = Plan.for_sizes(Sizes(content=(400, 300), init=(64, 48)), options, device="cpu")
    assert larger.steps == 25


def test_a_plan_counts_style_images(speed: Speed) -> None:
    options = Options(preset=Preset.DRAFT, size=128)

    def planned(*styles: tuple[int, int], style_scale: float = 1.0) -> Plan:
        chosen = replace(options, style_scale=style_scale)
        return Plan.for_sizes(Sizes(content=(400, 300), styles=styles), chosen, device="cpu")

    small = planned((50, 50))
    assert replace(small, bytes=0, free=0) == replace(planned(), bytes=0, free=0)
    square = planned((500, 500))
    beyond = (64 * 64 - 64 * 48) + (128 * 128 - 128 * 96)
    assert square.seconds - small.seconds == pytest.approx(0.4 * beyond * speed.per_pixel)
    assert square.bytes - small.bytes == 9 * (500**2 - 50**2)  # no more than reading it takes
    assert planned((500, 500), (500, 500)).seconds > square.seconds
    huge = planned((500, 500), style_scale=4.0)
    assert huge.seconds > square.seconds
    assert huge.bytes > 2 * 150 * 512**2 + memory.program_bytes()


@pytest.mark.usefixtures("speed")
def test_a_plan_counts_what_large_pictures_take_themselves() -> None:
    small = Plan.for_sizes(Sizes(content=(40, 30)), Options(size=64), device="cpu").bytes
    sizes = Sizes(content=(8000, 6000), styles=((4000, 3000),))

    def more(sizes: Sizes, **options: Any) -> int:
        return Plan.for_sizes(sizes, Options(size=64, **options), device="cpu").bytes - small

    # As measured: `nst stylize` of 63 megapixels peaks 0.5 GB higher, of transparent ones 1.4.
    assert 0.4e9 < more(sizes) < 0.8e9
    assert more(replace(sizes, transparent=True)) > 1.1e9
    assert more(sizes, init=Init.STYLE) - more(sizes) == 18 * 4000 * 3000


@pytest.mark.usefixtures("speed")
def test_a_plan_of_a_transparent_photo_says_so(photo: Image.Image, tmp_path: Path) -> None:
    clear, options = photo.copy(), Options(size=64)
    clear.putalpha(Image.linear_gradient("L").resize(photo.size))
    opaque, filled = (plan(each, options=options, device="cpu") for each in (photo, clear))
    assert filled.bytes > opaque.bytes
    assert Sizes.of(load_inputs(clear, photo)).transparent
    clear.save(tmp_path / "clear.png")
    told = CliRunner().invoke(app, ["plan", str(tmp_path / "clear.png"), "--size", "64"])
    assert told.exit_code == 0, told.output


@pytest.mark.usefixtures("speed")
def test_a_plan_counts_masks() -> None:
    def seconds(*, regions: int = 1, masked: bool = False) -> float:
        sizes = Sizes(content=(400, 300), regions=regions, masked=masked)
        return Plan.for_sizes(sizes, Options(size=128), device="cpu").seconds

    whole = seconds()
    assert seconds(masked=True) == pytest.approx(1.25 * whole)
    assert seconds(masked=True, regions=2) == pytest.approx(1.65 * whole)


@pytest.mark.usefixtures("speed")
def test_a_plan_of_some_steps() -> None:
    sizes = Sizes(content=(400, 300), init=(128, 96))
    assert Plan.for_sizes(sizes, Options(size=128), steps=3, device="cpu").steps == 3
    with pytest.raises(OptionsError, match="only together with"):
        Plan.for_sizes(Sizes(content=(400, 300)), steps=3, device="cpu")
    with pytest.raises(OptionsError, match="another shape"):
        Plan.for_sizes(replace(sizes, init=(128, 64)), device="cpu")


def test_sizes_are_those_of_the_inputs(photo: Image.Image, style: Image.Image) -> None:
    mask = Image.new("L", photo.size, 255)
    inputs = load_inputs(photo, [StyleImage(style, mask=mask), StyleImage(style)], init=photo)
    assert Sizes.of(inputs) == Sizes(
        content=photo.size, styles=(style.size,) * 2, init=photo.size, regions=2, masked=True
    )
    assert not Sizes.of(load_inputs(photo, style)).masked


def test_recomputing_evaluations_take_a_third_more(speed: Speed) -> None:
    assert speed.step(300, recompute=True) - 0.01 == pytest.approx((speed.step(300) - 0.01) * 4 / 3)
    assert speed.scale(Scale(10, 10, 0)) == 0


@pytest.mark.usefixtures("speed")
@pytest.mark.parametrize(("dtype", "free"), [(torch.bfloat16, "1.9"), (torch.float32, "2.1")])
def test_a_plan_that_does_not_fit(
    dtype: torch.dtype, free: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "fast_dtype", lambda _device: dtype)

    def planned(size: int) -> Plan:
        sizes = Sizes(content=(300, 300))
        return Plan.for_sizes(sizes, Options(size=size), device="cpu", measure=lambda _: 10**9)

    found = planned(4096)
    assert found.recompute
    assert not found.fits
    with pytest.raises(DeviceError, match=rf"4096 px needs about \d+\.\d GB .* {free} GB are free"):
        found.check()
    smaller = planned(512)
    assert smaller.fits
    assert not smaller.recompute


@pytest.mark.usefixtures("speed")
def test_bad_plans() -> None:
    with pytest.raises(OptionsError, match="too narrow"):
        Plan.for_sizes(Sizes(content=(1000, 10)), Options(size=256), device="cpu")
    with pytest.raises(DeviceError, match="no device 'tpu'"):
        Plan.for_sizes(Sizes(content=(100, 100)), device="tpu")


@pytest.mark.slow
def test_the_pace_is_measured() -> None:
    found = Plan.for_sizes(
        Sizes(content=(400, 300)), Options(preset=Preset.DRAFT, size=64), device="cpu"
    )
    assert 0 < found.seconds < 300


@pytest.mark.usefixtures("speed")
def test_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    photo = str(EXAMPLES / "photos" / "chelsea.jpg")
    arguments = ["plan", photo, "--device", "cpu", "--size", "256"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("256×")
    for words in ("on cpu: about", "s for 135 steps", "GB"):
        assert words in result.stdout
    assert "style images larger than this" in result.stdout
    style = str(EXAMPLES / "styles" / "night_wind.jpg")
    result = CliRunner().invoke(app, [*arguments, "--style", style])
    assert "style images" not in result.stdout
    painted = save_image(
        Image.new("RGB", (128, 85)),
        tmp_path / "painted.png",
        recipe={"options": Options(preset=Preset.DRAFT).as_dict()},
    )
    result = CliRunner().invoke(app, [*arguments, "--result", str(painted)])
    assert "for 15 steps" in result.stdout, "the recipe's preset, the scale beyond 128 px"
    monkeypatch.setattr("nst.setup.bytes_free", lambda device: 0)
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: A size of 256 px needs about")


def test_memory_grows_with_pixels_and_format() -> None:
    def needed(pixels: int, dtype: torch.dtype = torch.float32, *, recompute: bool = False) -> int:
        return memory.bytes_needed(pixels, dtype, steps=5, recompute=recompute)

    assert needed(2_000_000) == 2 * needed(1_000_000)
    assert needed(10**6, recompute=True) < needed(10**6)
    assert needed(10**6, torch.bfloat16) < needed(10**6)
    # What issue and documentation promise of 2048 and 4096 px.
    assert needed(2048 * 2048, recompute=True) + memory.program_bytes() < 7e9
    assert needed(4096 * 4096, torch.bfloat16, recompute=True) + memory.program_bytes() < 16e9


@pytest.mark.usefixtures("speed")
def test_a_plan_counts_what_float32_transforms(monkeypatch: pytest.MonkeyPatch) -> None:
    def planned(dtype: torch.dtype) -> Plan:
        monkeypatch.setattr("nst.setup.fast_dtype", lambda _device: dtype)
        sizes, measure = Sizes(content=(400, 300)), lambda _device: 10**9
        return Plan.for_sizes(sizes, Options(size=64), device="cpu", measure=measure)

    half, full = planned(torch.bfloat16), planned(torch.float32)
    # Kernels of the deep layers, four times as large: 18 MiB for 256 to 512 channels, 36 for 512.
    assert full.bytes - half.bytes > (3 * 36 + 9) * 2**20
    assert full.free is not None
    assert half.free is not None
    assert full.free - half.free == memory.program_bytes(transformed=True) - memory.program_bytes()


def test_the_history_is_as_large_as_the_plan_says() -> None:
    pixels = 64 * 48
    optimiser = LBFGS(torch.zeros(1, 3, 48, 64), history=7)
    assert optimiser._pairs.nbytes == memory._PAIR * 7 * pixels


def test_the_systems_own_words(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    assert memory.system_free(meminfo) is None
    meminfo.write_text("MemTotal: 16 kB\nMemAvailable:    12 kB\n")
    assert memory.system_free(meminfo) == 12 * 1024
    meminfo.write_text("MemTotal: 16 kB\n")
    assert memory.system_free(meminfo) is None


def _limit(group: Path, limit: str, used: int, stat: str = "") -> None:
    group.mkdir(parents=True, exist_ok=True)
    (group / "memory.max").write_text(f"{limit}\n")
    (group / "memory.current").write_text(f"{used}\n")
    (group / "memory.stat").write_text(stat)


def test_a_containers_limit_counts(tmp_path: Path) -> None:
    assert memory.group_free(tmp_path, own=tmp_path / "cgroup") is None
    _limit(tmp_path, "max", 100)
    assert memory.group_free(tmp_path, own=tmp_path / "cgroup") is None
    _limit(tmp_path, "4000", 100)
    assert memory.group_free(tmp_path, own=tmp_path / "cgroup") == 3900
    _limit(tmp_path, "4000", 4100)
    assert memory.group_free(tmp_path, own=tmp_path / "cgroup") == 0


@pytest.mark.parametrize(
    ("unit", "slice_", "free"),
    [("8000", "max", 7000), ("8000", "9000", 4000), ("max", "9000", 4000), ("max", "max", None)],
)
def test_the_limits_of_a_unit_and_of_all_around_it_count(
    tmp_path: Path, unit: str, slice_: str, free: int | None
) -> None:
    """As systemd lays them out; the root of the tree has neither file."""
    _limit(tmp_path / "system.slice", slice_, 5000)
    _limit(tmp_path / "system.slice" / "bot.service", unit, 1000)
    own = tmp_path / "cgroup"
    own.write_text("1:name=systemd:/elsewhere\n0::/system.slice/bot.service\n")
    assert memory.group_free(tmp_path, own=own) == free


@pytest.mark.parametrize("line", ["0::/gone", "0::/../../outside", "4:memory:/group", "0::", ""])
def test_a_group_that_cannot_be_found_has_no_limit_of_its_own(tmp_path: Path, line: str) -> None:
    (tmp_path / "cgroup").write_text(line)
    _limit(tmp_path, "4000", 100)
    assert memory.group_free(tmp_path, own=tmp_path / "cgroup") == 3900


def test_what_a_group_keeps_of_files_can_be_had(tmp_path: Path) -> None:
    """Else a bot that has read and written for days would find nothing free."""
    files = "anon 500\nfile 3300\ninactive_file 2000\nactive_file 1000\n"
    _limit(tmp_path, "4000", 4000, files)
    assert memory.group_free(tmp_path, own=tmp_path / "cgroup") == 3000


def test_no_one_knows_what_is_free(tmp_path: Path) -> None:
    assert memory.bytes_free(_CPU, meminfo=tmp_path / "meminfo", group=tmp_path) is None
    assert not memory.must_recompute(10**12, torch.float32, None, steps=1)
    memory.check_fits(10**6, 10**20, None)


def test_a_plan_without_knowledge_fits(monkeypatch: pytest.MonkeyPatch, speed: Speed) -> None:
    found = Plan.for_sizes(Sizes(content=(100, 100)), Options(size=64), device="cpu")
    assert replace(found, free=None, bytes=10**20).fits
