"""What the command line does, as functions: plan, doctor, continue, reports, reconstructions."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console

import nst
from nst import devices
from nst.memory import bytes_free
from nst.setup import Setup, Sizes
from tests.nst import runs

_QUICK = nst.Options(preset=nst.Preset.DRAFT, size=64)


def test_every_public_name_is_there_and_documented() -> None:
    for name in nst.__all__:
        assert getattr(nst, name).__doc__, name
    assert nst.__all__ == sorted(nst.__all__)
    with pytest.raises(AttributeError, match="brush"):
        nst.brush  # noqa: B018 - the access is the test


@pytest.mark.slow
@pytest.mark.usefixtures("speed")
def test_a_plan_is_about_the_work_that_follows(
    photo: Image.Image, style: Image.Image, painted: nst.Result
) -> None:
    found = nst.plan(photo, style, _QUICK, device="cpu")
    assert (found.width, found.height) == painted.image.size
    assert found.steps == len(painted.history)
    assert f"{found.width}×{found.height} on cpu: about" in str(found)
    assert found.fits


@pytest.mark.usefixtures("speed")
def test_a_plan_counts_all_that_stylize_takes(photo: Image.Image, style: Image.Image) -> None:
    left = Image.new("L", photo.size)
    left.paste(255, (0, 0, 40, photo.height))
    right = left.point(lambda value: 255 - value)
    plain = nst.plan(photo, options=_QUICK, device="cpu")
    assert nst.plan(photo, size=128, preset="draft", device="cpu").width == 128
    several = [nst.StyleImage(style, mask=left), nst.StyleImage(photo, mask=right)]
    regions = nst.plan(photo, several, _QUICK, device="cpu")
    masked = nst.plan(photo, style, _QUICK, mask=True, device="cpu")
    assert regions.steps == masked.steps == plain.steps
    going_on = nst.plan(photo, style, _QUICK, init_image=photo.resize((64, 43)), device="cpu")
    assert going_on.steps < plain.steps
    assert nst.plan(photo, style, _QUICK, init_image=photo, steps=3, device="cpu").steps == 3
    with pytest.raises(nst.OptionsError, match="only together with"):
        nst.plan(photo, style, _QUICK, steps=3, device="cpu")


@pytest.mark.usefixtures("speed")  # docs/library.md measures it
def test_the_doctor_finds_numbers_and_words() -> None:
    told: list[nst.Finding] = []
    found = nst.doctor("cpu", on_finding=told.append)
    assert tuple(told) == found.findings
    assert [finding.subject for finding in told][:5] == [
        *("nst", "versions", "formats", "device", "weights"),
    ]
    assert torch.__version__.startswith(found.versions["torch"])
    assert "JPEG" in found.formats
    assert found.device.startswith("cpu (")
    assert found.weights[0] == "original"
    assert all(seconds > 0 for seconds in found.step_seconds.values())
    for times in found.preset_seconds.values():
        assert times[256] < times[512]
    assert str(found).splitlines()[0].startswith("nst ")


def test_the_doctor_says_what_came_before_an_error() -> None:
    told: list[nst.Finding] = []
    with pytest.raises(nst.DeviceError):
        nst.doctor("cuda:99", on_finding=told.append)
    assert [finding.subject for finding in told] == ["nst", "versions", "formats"]


@pytest.mark.slow
def test_going_on_from_a_result_or_its_file(
    painted: nst.Result, photo: Image.Image, style: Image.Image, tmp_path: Path
) -> None:
    path = painted.save(tmp_path / "result.png")
    for source in (painted, path, str(path), path.read_bytes()):
        same = nst.continue_(source, photo, style, steps=0, device="cpu")
        assert np.array_equal(same.numpy(), painted.numpy())
        more = nst.continue_(source, photo, style, strength=80, device="cpu")
        assert more.recipe["options"] == {**painted.recipe["options"], "strength": 80}
        assert 0 < len(more.history) < len(painted.history)


@pytest.mark.usefixtures("few_steps")
def test_going_on_keeps_weights_unless_they_are_given(
    photo: Image.Image, style: Image.Image
) -> None:
    several = [nst.StyleImage(style, 3.0), nst.StyleImage(photo, 0.5)]
    result = nst.stylize(photo, several, _QUICK, device="cpu")

    def weights(*styles: nst.StyleImage | Image.Image) -> list[float]:
        more = nst.continue_(result, photo, styles, steps=0, device="cpu")
        return [each["weight"] for each in more.recipe["styles"]]

    assert weights(style, photo) == [3.0, 0.5]
    assert weights(style, nst.StyleImage(photo, 2.0)) == [3.0, 2.0]
    assert weights(style) == [1.0]


def test_going_on_from_other_pictures_is_told(
    painted: nst.Result, photo: Image.Image, style: Image.Image, caplog: pytest.LogCaptureFixture
) -> None:
    nst.continue_(painted, photo, style, steps=0, device="cpu")
    assert not caplog.records
    mask = Image.new("L", photo.size, 128)
    nst.continue_(painted, style.resize(photo.size), photo, mask=mask, steps=0, device="cpu")
    words = caplog.text
    for part in ("not the photo", "other style images", "other masks"):
        assert part in words


def test_what_cannot_be_gone_on_from(
    painted: nst.Result, photo: Image.Image, style: Image.Image, tmp_path: Path
) -> None:
    photo.save(tmp_path / "photo.png")
    with pytest.raises(nst.ImageError, match="carries no recipe"):
        nst.continue_(tmp_path / "photo.png", photo, style)
    with pytest.raises(nst.OptionsError, match="0 to 100"):
        nst.continue_(painted, photo, style, strength=101)
    with pytest.raises(TypeError, match="brush"):
        nst.continue_(painted, photo, style, brush=3)


@pytest.mark.slow
def test_reports_of_a_recording_and_of_its_file(tmp_path: Path) -> None:
    recording = runs.recorded()
    recording.save(tmp_path / "run.zip")
    for source in (
        recording,
        tmp_path / "run.zip",
        io.BytesIO((tmp_path / "run.zip").read_bytes()),
    ):
        curve, film = tmp_path / "curve.png", tmp_path / "film.gif"
        made = nst.make_report(
            source, loss_curve=str(curve), timelapse=film, max_bytes=40_000, every=10
        )
        assert made.files == (curve, film)
        assert film.stat().st_size <= 40_000
        assert [step for step, _ in made.losses] == [0, 10, 20, 29]
        assert len(str(made).splitlines()) == 5
        assert curve.read_bytes().startswith(b"\x89PNG")
        curve.unlink()
        film.unlink()
    assert nst.make_report(recording).files == ()


def test_reports_that_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(nst.ReportError, match="must end in"):
        nst.make_report(runs.recorded(), loss_curve=tmp_path / "curve.jpg")
    with pytest.raises(nst.ReportError, match="cannot be read"):
        nst.make_report(tmp_path / "none.zip")


def test_reconstructions_are_public(photo: Image.Image, style: Image.Image) -> None:
    how = nst.ReconstructionOptions(size=64, steps=2, device="cpu")
    assert nst.reconstruct_content(photo, "relu2_1", how).width == 64
    assert (
        nst.reconstruct_style(style, ("relu1_1",), how).size
        == nst.reconstruct_style(style, ("relu1_1", "relu2_1"), how).size
    )


def test_an_apple_gpu_is_a_device_where_torch_sees_one(monkeypatch: pytest.MonkeyPatch) -> None:
    if not torch.backends.mps.is_available():
        with pytest.raises(nst.DeviceError, match="sees no Apple GPU"):
            devices.pick_device("mps")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 8 * 10**9)
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 3 * 10**9)
    setup = Setup.of(Sizes(content=(400, 300)), _QUICK, "mps")
    assert (setup.device.type, setup.dtype) == ("mps", torch.float32)
    assert devices.exact_dtype(setup.device) is torch.float32
    assert devices.exact_dtype(torch.device("cpu")) is torch.float64
    assert "not tried" in devices.describe(setup.device)
    assert bytes_free(setup.device) == 5 * 10**9
    assert devices.pick_device("auto").type != "mps", "untried, so only where it is asked for"


def test_a_notebook_shows_one_bar_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    class Handle:
        def update(self, table: object) -> None:
            shown.append(_text(table))

    def display(table: object, *, display_id: bool) -> Handle:
        assert display_id
        shown.append(_text(table))
        return Handle()

    pytest.importorskip("IPython")
    monkeypatch.setattr("IPython.display.display", display)
    with nst.ProgressBar(console=Console(force_jupyter=True)) as bar:
        for progress in runs.history(4):
            bar(progress)
    assert "loading the network" in shown[0]
    assert "step 4/4" in shown[-1]
    assert "100%" in shown[-1]


def _text(table: object) -> str:
    console = Console(file=io.StringIO(), width=100, record=True, force_jupyter=False)
    console.print(table)
    return console.export_text()


@pytest.mark.slow
def test_small_matrices_in_float32_lead_to_the_same_picture(
    photo: Image.Image,
    style: Image.Image,
    monkeypatch: pytest.MonkeyPatch,
    painted: nst.Result,
) -> None:
    """Paint as on Apple's GPUs, which have no float64."""
    monkeypatch.setattr("nst.optimisers.exact_dtype", lambda _device: torch.float32)
    less_exact = nst.stylize(photo, style, _QUICK, device="cpu")
    one, other = painted.history[-1].total_loss, less_exact.history[-1].total_loss
    assert other == pytest.approx(one, rel=0.03)
