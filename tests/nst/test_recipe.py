"""The recipe travels with the picture and makes it again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from nst import Colours, ImageError, Options, Preset, load_image, read_recipe, stylize
from nst.result import Result
from tests.nst.conftest import EXAMPLES

_OPTIONS = Options(preset=Preset.DRAFT, size=64, strength=61, seed=3, colours=Colours.PHOTO)
_PHOTO = EXAMPLES / "photos" / "astronaut.jpg"
_STYLE = EXAMPLES / "styles" / "woodblock_wave.jpg"


@pytest.fixture(scope="module")
def result() -> Result:
    return stylize(_PHOTO, _STYLE, _OPTIONS, device="cpu")


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".png", ".webp", ".jpg"])
def test_the_file_carries_it(result: Result, suffix: str, tmp_path: Path) -> None:
    assert read_recipe(result.save(tmp_path / f"out{suffix}")) == result.recipe


@pytest.mark.slow
def test_it_makes_the_picture_again(result: Result, tmp_path: Path) -> None:
    options = Options(**read_recipe(result.save(tmp_path / "out.png"))["options"])
    assert options == _OPTIONS
    again = stylize(_PHOTO, _STYLE, options, device="cpu")
    assert np.array_equal(np.asarray(again.image), np.asarray(result.image))


def test_it_says_everything(result: Result) -> None:
    recipe = json.loads(json.dumps(result.recipe))
    assert recipe["content"] == {
        "sha256": load_image(_PHOTO).sha256,
        "width": load_image(_PHOTO).image.width,
        "height": load_image(_PHOTO).image.height,
    }
    assert recipe["styles"][0]["sha256"] == load_image(_STYLE).sha256
    assert recipe["weights"]["source"] == "original"
    assert len(recipe["weights"]["sha256"]) == 64
    assert recipe["device"] == "cpu"
    assert recipe["versions"]["torch"] == torch.__version__
    assert recipe["steps"] == recipe["planned_steps"] == len(result.history)
    assert recipe["total_loss"] == result.history[-1].total_loss


def test_it_names_no_files(result: Result) -> None:
    text = json.dumps(result.recipe)
    assert "astronaut" not in text
    assert str(EXAMPLES) not in text


def test_other_pictures_have_none(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="carries no recipe"):
        read_recipe(_PHOTO)
