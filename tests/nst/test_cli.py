"""The command line, in this process and as a true one."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from nst import load_image, read_recipe, save_image, transfer
from nst.cli import app
from nst.errors import WeightsError
from nst.presets import LATEST_VERSION
from tests.nst.conftest import EXAMPLES

_PHOTO = EXAMPLES / "photos" / "chelsea.jpg"
_STYLE = EXAMPLES / "styles" / "night_wind.jpg"
_FAST = ("--preset", "draft", "--size", "64", "--device", "cpu")


def _nst(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def _one_line(result: Result) -> str:
    """Return the only line on standard error."""
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


@pytest.mark.usefixtures("few_steps")
def test_stylize_writes_the_picture_and_its_recipe(tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    options = ("--strength", "70", "--seed", "5", "--colours", "photo")
    result = _nst("stylize", _PHOTO, _STYLE, "-o", out, *_FAST, *options)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"{out}: 64×")
    assert "content" in result.stderr
    assert "style" in result.stderr
    assert "100%" in result.stderr.splitlines()[-1]
    recipe = read_recipe(out)
    assert recipe["options"] == {
        "preset": "draft",
        "strength": 70,
        "size": 64,
        "seed": 5,
        "colours": "photo",
        "style_scale": 1.0,
        "shapes": 1.0,
        "method_version": LATEST_VERSION,
        "init": None,
        "pooling": None,
        "content_layers": None,
        "style_layers": None,
        "tv_weight": None,
        "weights": "original",
    }
    shown = _nst("recipe", out)
    assert json.loads(shown.stdout) == recipe
    assert shown.stdout.count("\n") > 10
    assert [path.name for path in tmp_path.iterdir()] == ["out.png"]


@pytest.mark.usefixtures("few_steps")
@pytest.mark.slow
def test_quiet_is_quiet_and_old_results_are_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "out.jpg"
    out.write_bytes(b"old")
    result = _nst("stylize", _PHOTO, _STYLE, "-o", out, *_FAST, "--quiet")
    assert (result.exit_code, result.output) == (0, "")
    assert load_image(out).image.width == 64


@pytest.mark.slow
def test_snapshots(tmp_path: Path) -> None:
    result = _nst(
        "stylize", _PHOTO, _STYLE, "-o", tmp_path / "out.png", *_FAST, "--show-every", "12", "-q"
    )
    assert result.exit_code == 0, result.output
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["out-12.png", "out-24.png", "out.png"]
    sizes = {load_image(path).image.size for path in tmp_path.iterdir()}
    assert len(sizes) == 1


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("missing/out.png", "There is no folder"),
        ("out.gif", "must end in one of .png"),
        ("out", "must end in one of .png"),
        ("folder.png", "is a folder"),
    ],
)
def test_a_result_that_cannot_be_written_is_refused_before_any_work(
    out: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "stylize", _must_not_run)
    (tmp_path / "folder.png").mkdir()
    result = _nst("stylize", _PHOTO, _STYLE, "-o", tmp_path / out)
    assert result.exit_code == 2
    assert words in _one_line(result)


@pytest.mark.parametrize("out", ["style.png", "link.png", "sub/../style.png", "photo.png"])
def test_inputs_are_never_overwritten(
    out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "stylize", _must_not_run)
    (tmp_path / "sub").mkdir()
    for name in ("photo.png", "style.png"):
        Image.new("RGB", (64, 64)).save(tmp_path / name)
    (tmp_path / "link.png").symlink_to(tmp_path / "style.png")
    result = _nst("stylize", tmp_path / "photo.png", tmp_path / "style.png", "-o", tmp_path / out)
    assert result.exit_code == 2
    assert "one of the inputs" in _one_line(result)


@pytest.mark.slow
def test_nor_by_snapshots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "stylize", _must_not_run)
    photo = tmp_path / "out-500.png"
    Image.new("RGB", (64, 64)).save(photo)
    result = _nst("stylize", photo, _STYLE, "-o", tmp_path / "out.png", "--show-every", "100")
    assert result.exit_code == 2
    assert "could be overwritten" in _one_line(result)
    monkeypatch.undo()
    result = _nst("stylize", photo, _STYLE, "-o", tmp_path / "out.png", *_FAST)
    assert result.exit_code == 0, result.output


def _must_not_run(*_: Any, **__: Any) -> None:
    raise AssertionError("the work began")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--strength", "101"), "0 to 100"),
        (("--size", "10"), "64 to 4096"),
        (("--seed", "-1"), "0 to 4294967295"),
        (("--weights", "no-such-file"), "There is no weights file"),
        (("--device", "cuda:99"), "There is no device"),
    ],
)
def test_every_mistake_is_one_line(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    result = _nst("stylize", _PHOTO, _STYLE, "-o", tmp_path / "out.png", *arguments)
    assert result.exit_code == 2
    assert words in _one_line(result)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_picture(tmp_path: Path) -> None:
    text = tmp_path / "text.jpg"
    text.write_text("hello")
    for inputs in ((text, _STYLE), (_PHOTO, text), (tmp_path / "none.jpg", _STYLE)):
        result = _nst("stylize", *inputs, "-o", tmp_path / "out.png")
        assert result.exit_code == 2
        assert "read" in _one_line(result)
    assert "carries no recipe" in _one_line(_nst("recipe", _PHOTO))
    assert "cannot be read" in _one_line(_nst("recipe", tmp_path / "none.jpg"))


@pytest.mark.usefixtures("speed")
def test_a_recipe_of_strange_letters_is_shown(tmp_path: Path) -> None:
    recipe = {"note": "\ud800\x9b1m"}
    path = save_image(Image.new("RGB", (64, 64)), tmp_path / "in.png", recipe=recipe)
    result = _nst("recipe", path)
    assert result.exit_code == 0, result.exception
    assert result.stdout.isascii()
    assert json.loads(result.stdout) == recipe


def test_doctor_says_what_there_is() -> None:
    result = _nst("doctor", "--device", "cpu")
    assert result.exit_code == 0, result.output
    for words in (
        "torch",
        "cpu",
        "original",
        "as expected",
        "one step",
        "256×192",
        "preset standard",
        "about",
    ):
        assert words in result.stdout


@pytest.mark.parametrize(
    "error", [WeightsError("The weights are damaged."), OSError("disk\nfull"), ImportError("numpy")]
)
def test_doctor_says_what_is_broken(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("nst.setup.load_encoder", fail)
    result = _nst("doctor", "--device", "cpu")
    assert result.exit_code == 1
    assert result.stderr == f"Error: {' '.join(str(error).split())}\n"
    assert _nst("doctor", "--device", "cuda:99").exit_code == 1


def test_version_and_help() -> None:
    assert _nst("--version").stdout == f"nst {version('stylize-bot')}\n"
    shown = _nst("stylize", "--help")
    assert shown.exit_code == 0
    assert "--colours" in shown.stdout


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [("recipe",), ("--version",), ("plan", "--help")])
def test_output_that_cannot_be_written_is_one_line(
    arguments: tuple[str, ...], tmp_path: Path, photo: Image.Image
) -> None:
    path = save_image(photo, tmp_path / "a.png", recipe={"options": {}})
    pictures = [str(path)] if arguments == ("recipe",) else []
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "nst", *arguments, *pictures],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    why = "No space left on device"
    assert done.stderr == f"Error: What is printed cannot be written: {why}.\n"


def test_a_second_interrupt_aborts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def press_twice(*_: Any, should_stop: Any, **__: Any) -> None:
        assert not should_stop()
        signal.raise_signal(signal.SIGINT)
        assert should_stop()
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("not aborted")

    monkeypatch.setattr(transfer, "stylize", press_twice)
    before = signal.getsignal(signal.SIGINT)
    result = _nst("stylize", _PHOTO, _STYLE, "-o", tmp_path / "out.png")
    assert result.exit_code not in {0, 2}
    assert not isinstance(result.exception, AssertionError)
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.slow
def test_an_interrupt_keeps_the_picture(tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    command = [sys.executable, "-m", "nst", "stylize", str(_PHOTO), str(_STYLE), "-o", str(out)]
    options = ["--preset", "fine", "--size", "128", "--device", "cpu"]
    with subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert "step 1/" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert "Ctrl-C again" in stderr
    assert "Traceback" not in stderr
    assert "stopped early" in stdout
    assert load_image(out).image.width == 128
    recipe = read_recipe(out)
    assert recipe["stopped_early"] is True
    assert recipe["steps"] < recipe["planned_steps"]
