"""`nst report`, `nst reconstruct`, and what `nst stylize` leaves beside its picture."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from nst import Progress, Recording, transfer
from nst.cli import app
from tests.nst import runs
from tests.nst.conftest import EXAMPLES

_PHOTO = EXAMPLES / "photos" / "chelsea.jpg"
_STYLE = EXAMPLES / "styles" / "night_wind.jpg"
_FAST = ("--preset", "draft", "--size", "64", "--device", "cpu")


def _nst(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def _format(path: Path) -> str | None:
    with Image.open(path) as image:
        return image.format


@pytest.mark.usefixtures("few_steps")
@pytest.mark.slow
def test_stylize_leaves_all_that_is_asked_for(tmp_path: Path) -> None:
    out, curve, film, sheet, record = (
        tmp_path / name for name in ("out.png", "curve.png", "film.webp", "sheet.jpg", "run.zip")
    )
    asked = ("--loss-curve", curve, "--timelapse", film, "--sheet", sheet, "--record", record)
    result = _nst("stylize", _PHOTO, _STYLE, "-o", out, *_FAST, *asked, "--max-kb", 60)
    assert result.exit_code == 0, result.output
    assert film.stat().st_size <= 60 * 1024
    formats = [_format(path) for path in (out, curve, film, sheet)]
    assert formats == ["PNG", "PNG", "WEBP", "JPEG"]
    recording = Recording.load(record)
    assert len(recording.history) == recording.history[-1].steps
    lines = result.stdout.splitlines()
    assert lines[:-1] == [str(path) for path in (record, curve, film, sheet)]
    assert lines[-1].startswith(f"{out}: 64×")


@pytest.mark.usefixtures("few_steps")
@pytest.mark.slow
def test_so_does_going_on(tmp_path: Path) -> None:
    first, curve, film = (tmp_path / name for name in ("first.png", "curve.png", "film.mp4"))
    assert _nst("stylize", _PHOTO, _STYLE, "-o", first, *_FAST).exit_code == 0
    inputs = ("continue", first, _PHOTO, _STYLE, "-o", tmp_path / "second.png", "--device", "cpu")
    result = _nst(*inputs, "--steps", 3, "--loss-curve", curve, "--timelapse", film)
    assert result.exit_code == 0, result.output
    assert _format(curve) == "PNG"
    assert film.read_bytes()[4:8] == b"ftyp"
    result = _nst(*inputs, "--sheet", first)
    assert "first.png is named twice" in result.stderr


@pytest.mark.slow
def test_the_table_comes_with_snapshots_only(tmp_path: Path) -> None:
    result = _nst("stylize", _PHOTO, _STYLE, "-o", tmp_path / "o.png", *_FAST, "--show-every", 20)
    head, first, second, *_ = result.stdout.splitlines()
    assert head.split() == ["step", "total", "loss"]
    assert [line.split()[0] for line in (first, second)] == ["0", "20"]
    assert float(first.split()[1]) > float(second.split()[1])
    assert (tmp_path / "o-20.png").exists()


@pytest.mark.slow
def test_a_recording_goes_on_with_its_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is cut off in the middle; the second one has the whole history in its recording."""
    record, checkpoint = tmp_path / "run.zip", tmp_path / "run.checkpoint"
    arguments = ("stylize", _PHOTO, _STYLE, "-o", tmp_path / "out.png", *_FAST)
    files = ("--record", record, "--checkpoint", checkpoint)
    monkeypatch.setattr("nst.cli.reports.SAVE_SECONDS", 0.0)
    really = transfer.stylize

    def cut_off(*args: Any, on_progress: Callable[[Progress], None], **kwargs: Any) -> object:
        def report(progress: Progress) -> None:
            on_progress(progress)
            if progress.step == 12:
                raise KeyboardInterrupt

        return really(*args, on_progress=report, checkpoint_seconds=0.0, **kwargs)

    monkeypatch.setattr(transfer, "stylize", cut_off)
    assert _nst(*arguments, *files).exit_code != 0
    assert len(Recording.load(record).history) == 12
    assert checkpoint.exists()
    monkeypatch.setattr(transfer, "stylize", really)
    result = _nst(*arguments, *files)
    assert result.exit_code == 0, result.output
    whole = Recording.load(record)
    steps = whole.history[-1].steps
    assert [progress.step for progress in whole.history] == [*range(1, steps + 1)]
    assert whole.frames[0].step == 1
    assert whole.frames[-1].step == steps


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--loss-curve", "curve.jpg"), "curve.jpg must end in .png."),
        (("--timelapse", "film.avi"), "film.avi must end in .mp4 or .gif or .webp."),
        (("--record", "run"), "run must end in .zip."),
        (("--sheet", "sheet.gif"), "sheet.gif must end in one of"),
        (("--record", "no-folder/run.zip"), "There is no folder no-folder"),
        (("--loss-curve", "out.png"), "out.png is named twice"),
        (("--loss-curve", "same.png", "--sheet", "same.png"), "same.png is named twice"),
        (("--record", "run.zip", "--checkpoint", "run.zip"), "run.zip is named twice"),
    ],
)
def test_files_that_could_not_be_written_are_refused_before_any_work(
    arguments: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delattr(transfer, "stylize")
    result = _nst("stylize", _PHOTO, _STYLE, "-o", "out.png", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("package", "arguments"),
    [("matplotlib.figure", ("--loss-curve", "c.png")), ("av", ("--timelapse", "t.mp4"))],
)
def test_a_missing_package_is_said_before_any_work(
    package: str, arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delattr(transfer, "stylize")
    monkeypatch.setitem(sys.modules, package, None)
    result = _nst("stylize", _PHOTO, _STYLE, "-o", "out.png", *arguments)
    assert result.exit_code == 2
    assert "pip install 'stylize-bot[report]'" in result.stderr


def test_report_makes_plots_and_films_afterwards(tmp_path: Path) -> None:
    record, curve, film = (tmp_path / name for name in ("run.zip", "curve.png", "film.gif"))
    runs.recorded().save(record)
    result = _nst(
        "report", record, "--loss-curve", curve, "--timelapse", film, "--max-kb", 40, "--every", 10
    )
    assert result.exit_code == 0, result.output
    assert _format(curve) == "PNG"
    assert _format(film) == "GIF"
    assert film.stat().st_size <= 40 * 1024
    rows = [line.split()[0] for line in result.stdout.splitlines()[1:5]]
    assert rows == ["0", "10", "20", "29"]


def test_report_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "run.zip"
    path.write_bytes(b"nothing")
    result = _nst("report", path)
    assert result.exit_code == 2
    assert "run.zip is not a recording" in result.stderr
    result = _nst("report", path, "--loss-curve", tmp_path / "c.txt")
    assert "c.txt must end in .png" in result.stderr


def test_a_budget_too_small_is_one_line(tmp_path: Path) -> None:
    record = tmp_path / "run.zip"
    runs.recorded(size=(256, 192)).save(record)
    result = _nst("report", record, "--timelapse", tmp_path / "film.gif", "--max-kb", 1)
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: The timelapse does not fit into 1 kB")
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "film.gif").exists()


@pytest.mark.parametrize(
    ("command", "inputs", "least"),
    [
        (("content", "--layer", "relu2_1"), 1, 64),
        (("style", "--layer", "relu1_1", "--layer", "relu2_1"), 1, 64),
        (("figure",), 2, 6 * 64),
    ],
)
def test_reconstructions(command: tuple[str, ...], inputs: int, least: int, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    pictures = (_PHOTO, _STYLE)[:inputs]
    settings = ("--size", 64, "--steps", 2, "--device", "cpu")
    result = _nst("reconstruct", command[0], *pictures, "-o", out, *command[1:], *settings)
    assert result.exit_code == 0, result.output
    with Image.open(out) as image:
        assert image.width >= least
        assert result.stdout == f"{out}: {image.width}×{image.height}.\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--layer", "relu9_1"), "There is no layer 'relu9_1'"),
        (("--size", "10"), "size must be a whole number from 64"),
        (("--device", "tpu"), "tpu"),
    ],
)
def test_bad_reconstructions_are_one_line(
    arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    result = _nst("reconstruct", "content", _PHOTO, "-o", tmp_path / "o.png", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1
    result = _nst("reconstruct", "content", _PHOTO, "-o", tmp_path / "o.bmp", *arguments)
    assert "o.bmp must end in" in result.stderr


@pytest.mark.parametrize("command", ["content", "style", "figure", "trade-off"])
def test_a_reconstruction_overwrites_no_input(command: str, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.new("RGB", (64, 64)).save(photo)
    others = [_STYLE] if command in {"figure", "trade-off"} else []
    before = photo.read_bytes()
    result = _nst("reconstruct", command, photo, *others, "-o", photo, "--size", 64)
    assert result.exit_code == 2
    assert "one of the inputs" in result.stderr
    assert photo.read_bytes() == before
