"""`stylize` from the outside: seeds, progress, stopping, previews, strength, devices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from nst import (
    Colours,
    DeviceError,
    ImageError,
    LoadedImage,
    Options,
    OptionsError,
    Preset,
    Progress,
    Result,
    load_image,
    setup,
    stylize,
    warm_up,
)
from nst.devices import fast_dtype
from nst.encoder import Encoder
from nst.memory import bytes_needed
from nst.objective import Losses, PictureObjective
from nst.tensors import to_tensor
from tests.nst.conftest import EXAMPLES

_DRAFT = Options(preset=Preset.DRAFT, size=64)


def _pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image, dtype=int)


@pytest.mark.usefixtures("few_steps")
def test_a_seed_is_one_picture(photo: Image.Image, style: Image.Image) -> None:
    first, again, other = (
        _pixels(stylize(photo, style, replace(_DRAFT, seed=seed), device="cpu").image)
        for seed in (7, 7, 8)
    )
    assert np.array_equal(first, again)
    assert np.abs(first - other).mean() > 1


def test_the_picture_has_the_photos_shape(photo: Image.Image, painted: Result) -> None:
    image = painted.image
    assert image.mode == "RGB"
    assert image.size == (64, round(64 * photo.height / photo.width))
    assert painted.alpha is None
    assert not painted.stopped
    assert np.abs(_pixels(image) - _pixels(photo.resize(image.size))).mean() > 5


@pytest.mark.slow
def test_strength_goes_from_photo_to_style(
    photo: Image.Image, style: Image.Image, encoder: Encoder, painted: Result
) -> None:
    def content(image: Image.Image) -> Tensor:
        tensor = to_tensor(image, 64, 48, torch.device("cpu"))
        with torch.no_grad():
            return encoder.features(tensor, ["relu4_2"])["relu4_2"]

    wanted = content(photo)
    least, most = (
        stylize(photo, style, replace(_DRAFT, strength=strength), device="cpu")
        for strength in (0, 100)
    )
    distances = [
        float((content(result.image) - wanted).norm()) for result in (least, painted, most)
    ]
    assert distances == sorted(distances)
    assert distances[0] < 0.7 * distances[2]


def test_the_result_is_nearer_to_the_style_than_the_photo_is(painted: Result) -> None:
    first, last = painted.history[0], painted.history[-1]
    assert last.style_loss < first.style_loss / 3
    assert last.total_loss < first.total_loss


@pytest.mark.usefixtures("few_steps")
def test_progress_counts_up_to_the_end(photo: Image.Image, style: Image.Image) -> None:
    reports: list[Progress] = []
    options = Options(preset=Preset.DRAFT, size=128)
    result = stylize(photo, style, options, on_progress=reports.append, device="cpu")
    assert [report.step for report in reports] == list(range(1, reports[0].steps + 1))
    assert [report.evaluations for report in reports] == [report.step for report in reports]
    fractions = [report.fraction for report in reports]
    assert fractions == sorted(fractions)
    assert 0 < fractions[0] < 0.1
    assert fractions[-1] == 1.0
    assert reports[-1].seconds_left == pytest.approx(0, abs=1e-9)
    for report in reports:
        parts = report.content_loss + report.style_loss + report.tv_loss
        assert report.total_loss == pytest.approx(parts, rel=1e-5)
        assert report.preview is None
    assert [report.width for report in (reports[0], reports[-1])] == [64, 128]
    assert result.history == tuple(reports)
    assert result.seconds == reports[-1].seconds > 0


@pytest.mark.parametrize("steps", [1, 20])
def test_stopping_keeps_the_picture_at_full_size(
    photo: Image.Image, style: Image.Image, steps: int
) -> None:
    reports: list[Progress] = []
    result = stylize(
        photo,
        style,
        replace(_DRAFT, size=200),
        on_progress=reports.append,
        should_stop=lambda: len(reports) >= steps,
        device="cpu",
    )
    assert result.stopped
    assert result.image.size == (200, round(200 * photo.height / photo.width))
    assert len(result.history) == steps
    assert result.recipe["stopped_early"] is True
    assert result.recipe["steps"] == steps < result.recipe["planned_steps"]


@pytest.mark.usefixtures("few_steps")
@pytest.mark.slow
def test_stopping_after_the_last_step_is_finishing(photo: Image.Image, style: Image.Image) -> None:
    reports: list[Progress] = []
    result = stylize(
        photo,
        style,
        _DRAFT,
        on_progress=reports.append,
        should_stop=lambda: reports[-1].fraction == 1.0,
        device="cpu",
    )
    assert not result.stopped
    assert result.recipe["stopped_early"] is False


@pytest.mark.usefixtures("few_steps")
@pytest.mark.slow
def test_previews_come_when_they_are_due(photo: Image.Image, style: Image.Image) -> None:
    reports: list[Progress] = []
    stylize(
        photo,
        style,
        replace(_DRAFT, size=96),
        on_progress=reports.append,
        preview_seconds=0,
        preview_size=48,
        device="cpu",
    )
    sizes = {report.preview.size for report in reports if report.preview}
    assert sizes == {(48, photo.height // 2)}  # the photo is 96 px wide
    assert all(report.preview for report in reports)
    seldom: list[Progress] = []
    result = stylize(
        photo,
        style,
        _DRAFT,
        on_progress=seldom.append,
        preview_seconds=3600,
        preview_size=1000,
        device="cpu",
    )
    previews = [report.preview for report in seldom if report.preview]
    assert len(previews) == 1
    assert previews[0].size == result.image.size  # never larger than the result


def test_a_broken_listener_is_the_callers_business(photo: Image.Image, style: Image.Image) -> None:
    def fail(_progress: Progress) -> None:
        raise RuntimeError("not enough coffee")

    with pytest.raises(RuntimeError, match="coffee"):
        stylize(photo, style, _DRAFT, on_progress=fail, device="cpu")


@pytest.mark.usefixtures("few_steps")
@pytest.mark.slow
def test_transparency_is_the_photos_own(
    photo: Image.Image, style: Image.Image, tmp_path: Path
) -> None:
    alpha = Image.linear_gradient("L").resize(photo.size)
    content = LoadedImage(colour=photo, alpha=alpha, sha256="0" * 64)
    result = stylize(content, style, _DRAFT, device="cpu")
    assert result.alpha is not None
    assert result.alpha.size == result.image.size
    assert np.abs(_pixels(result.alpha) - _pixels(alpha.resize(result.image.size))).max() <= 2
    for suffix in (".png", ".webp"):
        saved = load_image(result.save(tmp_path / f"out{suffix}"))
        assert saved.alpha is not None
        assert np.abs(_pixels(saved.alpha) - _pixels(result.alpha)).max() <= 2
    assert load_image(result.save(tmp_path / "out.jpg")).alpha is None


@pytest.mark.usefixtures("few_steps")
def test_kept_colours_are_the_photos(photo: Image.Image, style: Image.Image) -> None:
    grey = photo.convert("L").convert("RGB")
    reports: list[Progress] = []
    result = stylize(
        grey,
        style,
        replace(_DRAFT, colours=Colours.PHOTO),
        on_progress=reports.append,
        preview_seconds=0,
        device="cpu",
    )
    assert reports[-1].preview is not None
    for image in (result.image, reports[-1].preview):
        pixels = _pixels(image)
        assert (pixels.max(-1) - pixels.min(-1)).max() <= 1


@pytest.mark.parametrize("size", [(640, 32), (32, 640)])
def test_twenty_to_one(size: tuple[int, int], photo: Image.Image, style: Image.Image) -> None:
    long = photo.resize(size)
    options = replace(_DRAFT, size=320)
    stop: dict[str, Any] = {"should_stop": lambda: True, "device": "cpu"}
    assert stylize(long, style, options, **stop).image.size == (size[0] // 2, size[1] // 2)
    assert stylize(photo, long, _DRAFT, **stop).image.width == 64  # a narrow style always works
    with pytest.raises(OptionsError, match="at least 320"):
        stylize(long, style, _DRAFT, **stop)


@pytest.mark.slow
@pytest.mark.parametrize("shade", [0, 255])
def test_blank_images_do_not_break_it(shade: int, photo: Image.Image, style: Image.Image) -> None:
    blank = Image.new("RGB", (80, 60), (shade, shade, shade))
    result = stylize(blank, style, _DRAFT, device="cpu")
    assert all(np.isfinite(report.total_loss) for report in result.history)
    with pytest.raises(ImageError, match="style picture is blank"):
        stylize(photo, blank, _DRAFT, device="cpu")


def test_files_and_what_is_wrong_with_them(tmp_path: Path) -> None:
    photo, style = EXAMPLES / "photos" / "coffee.jpg", EXAMPLES / "styles" / "night_wind.jpg"
    result = stylize(photo, str(style), _DRAFT, should_stop=lambda: True, device="cpu")
    assert result.recipe["content"]["sha256"] == load_image(photo).sha256
    with pytest.raises(ImageError, match="cannot be read"):
        stylize(tmp_path / "nothing.jpg", style, _DRAFT)


@pytest.mark.parametrize("name", ["cuda:99", "nonsense", "meta", "cpu:x", ""])
def test_there_is_no_such_device(name: str, photo: Image.Image, style: Image.Image) -> None:
    with pytest.raises(DeviceError, match="device"):
        stylize(photo, style, _DRAFT, device=name)
    with pytest.raises(DeviceError, match="device"):
        warm_up(name)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes."),
    ],
    ids=["cuda", "python", "linux", "windows"],
)
def test_memory_that_runs_out_is_told_in_words(
    error: Exception, photo: Image.Image, style: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(PictureObjective, "value_and_gradient", fail)
    with pytest.raises(DeviceError, match=r"not enough memory .* \(64 px\)\. Please try a smaller"):
        stylize(photo, style, _DRAFT, device="cpu")


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_both_number_formats_give_the_same_kind_of_picture(
    dtype: torch.dtype, photo: Image.Image, style: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "fast_dtype", lambda _device: dtype)
    result = stylize(photo, style, _DRAFT, device="cpu")
    assert result.recipe["precision"] == str(dtype).removeprefix("torch.")
    assert result.history[-1].style_loss < result.history[0].style_loss / 3


def test_the_reference_preset_is_always_exact(photo: Image.Image, style: Image.Image) -> None:
    options = Options(preset=Preset.REFERENCE, size=64)
    result = stylize(photo, style, options, should_stop=lambda: True, device="cpu")
    assert result.recipe["precision"] == "float32"


@pytest.mark.usefixtures("few_steps")
def test_a_style_is_looked_at_once(photo: Image.Image, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[tuple[int, int]] = []
    walk = Encoder.walk

    def count(self: Encoder, image: Tensor, layers: Iterable[str]) -> Iterator[tuple[str, Tensor]]:
        sizes.append((image.shape[-1], image.shape[-2]))
        return walk(self, image, layers)

    monkeypatch.setattr(Encoder, "walk", count)
    # A shape of its own tells the style's evaluations from the picture's.
    style = Image.effect_noise((50, 100), 80).convert("RGB")

    def looks() -> int:
        sizes.clear()
        stylize(photo, style, _DRAFT, should_stop=lambda: True, device="cpu")
        return sizes.count((32, 64))

    assert looks() == 1
    assert looks() == 0
    style = style.transpose(Image.Transpose.FLIP_LEFT_RIGHT)  # another picture, the same size
    assert looks() == 1


class _Small:
    """A device whose memory ends between two sizes: evaluations fail above a number of pixels."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, pixels: int) -> None:
        self.recompute: list[bool] = []
        evaluate = PictureObjective.value_and_gradient

        def limited(
            objective: PictureObjective, picture: Tensor, *, recompute: bool = False
        ) -> tuple[Losses, Tensor]:
            if picture.shape[-1] * picture.shape[-2] > pixels:
                self.recompute.append(recompute)
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3.00 GiB.")
            return evaluate(objective, picture, recompute=recompute)

        monkeypatch.setattr(PictureObjective, "value_and_gradient", limited)


@pytest.mark.usefixtures("few_steps")
@pytest.mark.slow
def test_too_little_memory_for_the_last_scale(
    photo: Image.Image, style: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = _Small(monkeypatch, pixels=64 * 64)
    result = stylize(photo, style, Options(preset=Preset.DRAFT, size=128), device="cpu")
    assert small.recompute == [False, True]  # less memory was tried first
    assert max(result.image.size) == max(result.raw.size) == 64
    assert [str(note) for note in result.notes] == [
        "There was not enough memory for 128 px, so it was painted at 64 px."
    ]
    assert not result.stopped
    small_one = stylize(photo, style, Options(preset=Preset.DRAFT, size=64), device="cpu")
    assert small_one.notes == ()


def test_too_little_memory_for_any_scale(
    photo: Image.Image, style: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    _Small(monkeypatch, pixels=0)
    with pytest.raises(DeviceError, match=r"not enough memory .* \(128 px\)"):
        stylize(photo, style, Options(preset=Preset.DRAFT, size=128), device="cpu")


def test_a_size_that_cannot_fit_is_refused_before_any_work(
    photo: Image.Image, style: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nst.setup.bytes_free", lambda device: 5_000_000)
    with pytest.raises(DeviceError, match=r"128 px needs about 0\.0 GB .* choose at most \d+ px"):
        stylize(photo, style, Options(preset=Preset.DRAFT, size=128), device="cpu")


@pytest.mark.usefixtures("few_steps")
def test_style_images_count_where_memory_is_short(
    photo: Image.Image, style: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nst.setup.bytes_free", lambda device: 30_000_000)
    options = Options(preset=Preset.DRAFT, size=96)
    stylize(photo, style, options, device="cpu")
    with pytest.raises(DeviceError, match=r"96 px needs about 0\.1 GB"):
        stylize(photo, style, replace(options, style_scale=4.0), device="cpu")


@pytest.mark.slow
def test_where_memory_is_short_the_picture_is_the_same(
    photo: Image.Image,
    style: Image.Image,
    monkeypatch: pytest.MonkeyPatch,
    painted: Result,
) -> None:
    asked: list[bool] = []
    evaluate = PictureObjective.value_and_gradient

    def watched(
        objective: PictureObjective, picture: Tensor, *, recompute: bool = False
    ) -> tuple[Losses, Tensor]:
        asked.append(recompute)
        return evaluate(objective, picture, recompute=recompute)

    monkeypatch.setattr(PictureObjective, "value_and_gradient", watched)
    pixels = painted.image.width * painted.image.height
    enough = bytes_needed(pixels, fast_dtype(torch.device("cpu")), steps=30, recompute=True)
    monkeypatch.setattr("nst.setup.bytes_free", lambda device: enough)
    recompute = stylize(photo, style, _DRAFT, device="cpu")
    assert set(asked) == {True}
    assert recompute.image.tobytes() == painted.image.tobytes()


def test_warm_up_loads_the_network_and_takes_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluated = []
    evaluate = PictureObjective.value_and_gradient

    def count(
        objective: PictureObjective, picture: Tensor, *, recompute: bool = False
    ) -> tuple[Losses, Tensor]:
        evaluated.append(picture.shape)
        return evaluate(objective, picture, recompute=recompute)

    monkeypatch.setattr(PictureObjective, "value_and_gradient", count)
    warm_up("cpu")
    assert len(evaluated) > 1


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_gpu_paints(photo: Image.Image, style: Image.Image) -> None:
    result = stylize(photo, style, replace(_DRAFT, size=96), device="cuda:0")
    assert result.recipe["device"] == "cuda"
    assert result.history[-1].style_loss < result.history[0].style_loss / 3
