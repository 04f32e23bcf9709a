"""Painting from the command line: several styles, masks, layers, checkpoints, `nst continue`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from nst import load_image, read_recipe, save_image
from nst.cli import app
from tests.nst.conftest import EXAMPLES

pytestmark = pytest.mark.usefixtures("few_steps")

_PHOTO = EXAMPLES / "photos" / "chelsea.jpg"
_STYLE = EXAMPLES / "styles" / "night_wind.jpg"
_OTHER = EXAMPLES / "styles" / "woodblock_wave.jpg"
_FAST = ("--preset", "draft", "--size", "64", "--device", "cpu")


def _nst(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def _one_line(result: Result) -> str:
    assert result.exit_code == 2, result.output
    (line,) = result.stderr.splitlines()
    return line


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two masks: the left half, and the right one."""
    folder = tmp_path_factory.mktemp("masks")
    left = Image.new("L", (64, 64), 0)
    left.paste(255, (0, 0, 32, 64))
    paths = folder / "left.png", folder / "right.png"
    left.save(paths[0])
    Image.eval(left, lambda value: 255 - value).save(paths[1])
    return paths


@pytest.fixture(scope="module")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a result of two styles."""
    out = tmp_path_factory.mktemp("painted") / "out.png"
    done = _nst("stylize", _PHOTO, _STYLE, "--style", f"{_OTHER}:3", "-o", out, *_FAST, "-q")
    assert done.exit_code == 0, done.output
    return out


@pytest.mark.slow
def test_every_option_reaches_the_recipe(halves: tuple[Path, Path], tmp_path: Path) -> None:
    out, state = tmp_path / "out.png", tmp_path / "state"
    options = (
        *("--style", f"{_OTHER}:2.5", "--mask", halves[0], "--style-scale", "1.5"),
        *("--style-mask", halves[0], "--style-mask", halves[1], "--init", "noise"),
        *("--pooling", "average", "--content-layers", "relu4_2", "--tv", "0.2"),
        *("--style-layers", "relu1_1=2,relu2_1", "--checkpoint", state, "--colours", "covariance"),
    )
    done = _nst("stylize", _PHOTO, f"{_STYLE}:0.5", "-o", out, *_FAST, *options)
    assert done.exit_code == 0, done.output
    recipe = read_recipe(out)
    chosen = recipe["options"]
    assert chosen["init"] == "noise"
    assert chosen["pooling"] == "average"
    assert chosen["colours"] == "covariance"
    assert chosen["style_scale"] == 1.5
    assert chosen["tv_weight"] == 0.2
    assert chosen["content_layers"] == {"relu4_2": 1.0}
    assert chosen["style_layers"] == {"relu1_1": 2.0, "relu2_1": 1.0}
    assert [style["weight"] for style in recipe["styles"]] == [0.5, 2.5]
    digests = [load_image(path).sha256 for path in halves]
    assert [style["mask"] for style in recipe["styles"]] == digests
    assert recipe["mask"] == digests[0]
    assert not state.exists()


def test_a_name_with_a_colon_is_a_name(tmp_path: Path) -> None:
    name = tmp_path / "style:2"
    name.write_bytes(_STYLE.read_bytes())
    out = tmp_path / "out.png"
    done = _nst("stylize", _PHOTO, name, "-o", out, *_FAST)
    assert done.exit_code == 0, done.output
    assert read_recipe(out)["styles"][0]["weight"] == 1.0


@pytest.mark.slow
def test_going_on_takes_what_the_recipe_says(painted: Path, tmp_path: Path) -> None:
    out = tmp_path / "more.png"
    done = _nst(
        *("continue", painted, _PHOTO, _STYLE, "--style", _OTHER, "-o", out),
        *("--strength", "80", "--device", "cpu"),
    )
    assert done.exit_code == 0, done.output
    assert "Note" not in done.stderr
    before, after = read_recipe(painted), read_recipe(out)
    assert after["options"] == {**before["options"], "strength": 80}
    assert [style["weight"] for style in after["styles"]] == [1.0, 3.0]
    assert after["init"]["sha256"] == load_image(painted).sha256
    assert 0 < after["steps"] < before["steps"]


def test_no_steps_change_nothing(painted: Path, tmp_path: Path) -> None:
    out = tmp_path / "same.png"
    done = _nst("continue", painted, _PHOTO, _STYLE, "-o", out, "--steps", "0", "-q")
    assert done.exit_code == 0, done.output
    before, after = (np.asarray(load_image(path).image) for path in (painted, out))
    assert np.array_equal(before, after)


def test_other_inputs_are_told(painted: Path, halves: tuple[Path, Path], tmp_path: Path) -> None:
    done = _nst(
        *("continue", painted, _PHOTO, _OTHER, "-o", tmp_path / "out.png", "--steps", "0"),
        *("--mask", halves[0]),
    )
    assert done.exit_code == 0, done.output
    assert "made with other style images" in done.stderr
    assert "made with other masks" in done.stderr
    assert "not the photo" not in done.stderr
    flipped = tmp_path / "flipped.png"
    load_image(_PHOTO).image.transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(flipped)
    done = _nst("continue", painted, flipped, _STYLE, "-o", tmp_path / "out.png", "--steps", "0")
    assert "not the photo" in done.stderr


def test_recipes_that_cannot_be_used(painted: Path, tmp_path: Path) -> None:
    recipe = read_recipe(painted)
    image = load_image(painted).image

    def going_on(options: dict[str, Any], *more: object) -> str:
        path = save_image(image, tmp_path / "in.png", recipe={**recipe, "options": options})
        out = tmp_path / "out.png"
        return _one_line(_nst("continue", path, _PHOTO, _STYLE, "-o", out, *more))

    assert "cannot be read by this version" in going_on({"brush": 3})
    assert "weights file" in going_on({**recipe["options"], "weights": "file"})
    assert "0 to 100" in going_on(recipe["options"], "--strength", "101")
    assert "carries no recipe" in _one_line(
        _nst("continue", _PHOTO, _PHOTO, _STYLE, "-o", tmp_path / "out.png")
    )
    assert "one of the inputs" in _one_line(
        _nst("continue", painted, _PHOTO, _STYLE, "-o", painted)
    )


def test_a_checkpoint_does_not_replace_another_file(tmp_path: Path) -> None:
    notes, out = tmp_path / "notes.txt", tmp_path / "out.png"
    notes.write_text("mine")
    done = _nst("stylize", _PHOTO, _STYLE, "-o", out, "--size", "64", "--checkpoint", notes)
    assert "notes.txt is another file" in _one_line(done)
    assert notes.read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--style-layers", "relu1_1=much"), "not a layer with a weight"),
        (("--style-layers", "relu9_9"), "There is no layer “relu9_9”"),
        (("--content-layers", "relu4_2=0"), "at least one weight must be above 0"),
        (("--style-mask", _PHOTO, "--style-mask", _PHOTO), "2 style masks for 1 style images"),
        (("--style-scale", "9"), "0.25 to 4"),
        (("--tv", "-1"), "tv_weight"),
        (("--checkpoint", "missing/state"), "There is no folder missing"),
        (("--checkpoint", "."), "is a folder"),
        (("--checkpoint", _PHOTO), "is one of the pictures"),
        (("--mask", "missing.png"), "cannot be read"),
    ],
)
def test_mistakes_are_one_line(
    arguments: tuple[object, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def must_not_run(*_: Any, **__: Any) -> None:
        raise AssertionError("the work began")

    monkeypatch.setattr("nst.setup.load_encoder", must_not_run)
    out = tmp_path / "out.png"
    assert words in _one_line(_nst("stylize", _PHOTO, _STYLE, "-o", out, *arguments))
    assert not out.exists()
