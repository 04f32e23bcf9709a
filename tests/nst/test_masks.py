"""Where people mean "paint here"."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nst import Options, OptionsError, Preset, StyleImage, load_image, stylize
from nst.inputs import load_inputs
from nst.masks import read_mask, white_share
from tests.corpus.pictures import corners, encoded, quadrants


def _mask(image: Image.Image, kind: str = "PNG") -> list[int]:
    return [int(value) for value in corners(read_mask(load_image(encoded(image, kind))))[:, 0]]


def _pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"), dtype=int)


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


@pytest.mark.slow
@pytest.mark.usefixtures("few_steps")
def test_black_of_a_fine_mask_stays_the_photo_beside_coarse_style_masks(
    photo: Image.Image, style: Image.Image
) -> None:
    draft, other = Options(preset=Preset.DRAFT, size=64), style.rotate(90)
    stripe = Image.new("L", photo.size, 0)
    stripe.paste(255, (photo.width // 2, 0, photo.width // 2 + 8, photo.height))
    left = Image.new("L", (16, 16), 0)
    left.paste(255, (0, 0, 4, 16))
    white = StyleImage(style, mask=Image.new("L", (16, 16), 255))
    fine, coarse = StyleImage(style, mask=stripe), StyleImage(other, mask=left)
    for styles, mask in (([white], stripe), ([fine, coarse], None), ([coarse, fine], None)):
        painted = stylize(photo, styles, draft, mask=mask, device="cpu").image
        small = _pixels(photo.resize(painted.size, Image.Resampling.LANCZOS))
        kept = np.asarray(stripe.resize(painted.size, Image.Resampling.BILINEAR)) == 0
        if mask is None:
            kept[:, : round(0.4 * painted.width)] = False
        assert np.array_equal(_pixels(painted)[kept], small[kept])
        assert not np.array_equal(_pixels(painted), small)


@pytest.mark.slow
@pytest.mark.usefixtures("few_steps")
@pytest.mark.parametrize("preset", [Preset.DRAFT, Preset.STANDARD])
def test_a_mask_that_only_the_finest_size_shows_is_painted(
    photo: Image.Image, style: Image.Image, preset: Preset
) -> None:
    mask = Image.new("L", (2048, 2048), 0)
    mask.putpixel((1000, 1000), 255)
    with pytest.raises(OptionsError, match="too small for 64 px"):
        stylize(photo, style, preset=preset, size=64, mask=mask)
    painted = stylize(photo, style, preset=preset, size=128, mask=mask, device="cpu")
    large = photo.resize(painted.raw.size, Image.Resampling.LANCZOS)
    assert (_pixels(painted.raw) != _pixels(large)).any(2).sum() == 1
