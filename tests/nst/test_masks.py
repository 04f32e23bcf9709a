"""Where people mean "paint here"."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nst.errors import OptionsError
from nst.images import load_image
from nst.inputs import load_inputs
from nst.masks import read_mask, white_share
from tests.corpus.pictures import corners, encoded, quadrants


def _mask(image: Image.Image, kind: str = "PNG") -> list[int]:
    return [int(value) for value in corners(read_mask(load_image(encoded(image, kind))))[:, 0]]


def _palette(numbers: tuple[int, int, int, int]) -> Image.Image:
    """Numbers of objects as the PASCAL VOC challenge colours them."""
    image = quadrants(tuple((number,) for number in numbers), mode="P")
    colours = [0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0, 0, 0, 128, *[0] * 753]
    colours[-3:] = [224, 224, 192]
    image.putpalette(colours)
    return image


def test_masks_as_they_should_be_stay() -> None:
    assert _mask(quadrants(((0,), (255,), (128,), (60,)), mode="L")) == [0, 255, 128, 60]
    assert _mask(quadrants(((0,), (140,), (70,), (0,)), mode="L")) == [0, 140, 70, 0]


def test_dark_masks_are_stretched() -> None:
    assert _mask(quadrants(((0,), (1,), (1,), (0,)), mode="L")) == [0, 255, 255, 0]
    assert _mask(quadrants(((0,), (100,), (50,), (0,)), mode="L")) == [0, 255, 128, 0]
    assert _mask(quadrants(((0,), (4,), (1,), (2,)), mode="L")) == [0, 255, 64, 128]


def test_all_but_black_is_chosen_by_labels() -> None:
    assert _mask(_palette((0, 1, 2, 255))) == [0, 255, 255, 255]
    assert _mask(_palette((3, 0, 4, 0))) == [255, 0, 255, 0]
    assert _mask(quadrants(((0, 0, 0), (0, 0, 90), (255, 0, 0), (0, 0, 0)))) == [0, 255, 255, 0]


def test_black_jpegs_are_black() -> None:
    noise = np.random.default_rng(0).integers(0, 3, (48, 64), dtype=np.uint8)
    assert max(_mask(Image.fromarray(noise), "JPEG")) == 0


def test_transparency_chooses() -> None:
    cut = quadrants(((255, 255, 255, 0), (255, 255, 255, 255)) * 2, mode="RGBA")
    silhouette = quadrants(((0, 0, 0, 0), (0, 0, 0, 255)) * 2, mode="RGBA")
    assert _mask(cut) == _mask(silhouette) == [0, 255, 0, 255]


def test_shares_of_white() -> None:
    assert white_share(quadrants(((0,), (255,), (0,), (255,)), mode="L")) == pytest.approx(0.5)


def test_masks_of_nothing_and_of_everything_say_so(
    photo: Image.Image, style: Image.Image, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(OptionsError, match="black everywhere"):
        load_inputs(photo, style, mask=Image.new("L", (32, 32), 0))
    load_inputs(photo, style, mask=Image.new("L", (32, 32), 255))
    assert "white everywhere, so all of the picture is painted" in caplog.text
