"""Transparent parts: what is seen, and what is painted from."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from nst import Options, Preset, stylize
from nst.errors import ImageError
from nst.images import load_image
from nst.inputs import load_inputs
from nst.transparency import fill_transparent, is_blank, over_ground
from tests.corpus.pictures import encoded

_DISCORD = (0x31, 0x33, 0x38)


def _disc(colour: tuple[int, int, int], side: int = 96, matte: int = 255) -> Image.Image:
    """Return a disc with a soft edge of three pixels; beside it the file has another colour."""
    alpha = Image.new("L", (side, side))
    ImageDraw.Draw(alpha).ellipse((20, 20, side - 20, side - 20), fill=255)
    alpha = alpha.filter(ImageFilter.GaussianBlur(1.5))
    image = Image.new("RGB", (side, side), (matte,) * 3)
    image.paste(colour, mask=alpha.point(lambda value: 255 * (value > 0)))
    image.putalpha(alpha)
    return image


def _brightest(image: Image.Image, alpha: Image.Image) -> float:
    ground = Image.new("RGB", image.size, _DISCORD)
    return float(np.asarray(Image.composite(image, ground, alpha)).max())


@pytest.mark.parametrize("matte", [0, 255])
def test_soft_edges_have_no_rim(matte: int) -> None:
    loaded = load_image(encoded(_disc((40, 30, 30), matte=matte), "PNG"))
    assert loaded.alpha is not None
    assert _brightest(loaded.filled, loaded.alpha) <= max(_DISCORD) + 1
    np.testing.assert_allclose(np.asarray(loaded.filled)[0, 0], (40, 30, 30), atol=3)


@pytest.mark.slow
def test_a_painted_disc_shows_no_light_ring(style: Image.Image) -> None:
    dark = Image.eval(style, lambda value: value // 4)
    photo = load_image(encoded(_disc((40, 30, 30)), "PNG"))
    result = stylize(photo, dark, Options(size=96, preset=Preset.DRAFT))
    assert result.alpha is not None
    alpha = np.asarray(result.alpha)
    shown = Image.composite(
        result.image, Image.new("RGB", result.image.size, _DISCORD), result.alpha
    )
    light = np.asarray(shown.convert("L"), dtype=int)
    ring, inside = light[(alpha > 10) & (alpha < 245)], light[alpha >= 245]
    assert ring.max() <= max(inside.max(), *_DISCORD) + 8


def test_opaque_pixels_stay_and_neighbours_go_on() -> None:
    image = Image.new("RGB", (61, 40), (200, 40, 40))
    image.paste((40, 60, 200), (30, 0, 61, 40))
    alpha = Image.new("L", (61, 40), 255)
    alpha.paste(0, (0, 10, 61, 40))
    filled = np.asarray(fill_transparent(image, alpha), dtype=int)
    np.testing.assert_array_equal(filled[:10], np.asarray(image)[:10])
    np.testing.assert_allclose(filled[12, 5], (200, 40, 40), atol=12)
    np.testing.assert_allclose(filled[12, 55], (40, 60, 200), atol=12)
    assert fill_transparent(image, None) is image


def test_half_transparent_pictures_keep_their_colours() -> None:
    image = Image.effect_noise((40, 30), 60).convert("RGB")
    filled = fill_transparent(image, Image.new("L", image.size, 100))
    away = np.asarray(filled, dtype=int) - np.asarray(image)
    assert np.abs(away).max() <= 1


@pytest.mark.slow
@pytest.mark.parametrize("made", [fill_transparent, over_ground])
def test_large_pictures_are_filled_a_part_at_a_time(
    made: Callable[[Image.Image, Image.Image], Image.Image],
) -> None:
    noise = Image.effect_noise((2100, 2000), 60)
    tracemalloc.start()
    try:
        made(noise.convert("RGB"), noise)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 10 * noise.width * noise.height  # as float32, the colours alone take 12


def test_the_ground_contrasts() -> None:
    for colour, ground in (((250, 250, 250), 0), ((20, 20, 20), 255), ((180, 60, 60), 255)):
        disc = _disc(colour)
        seen = over_ground(disc.convert("RGB"), disc.getchannel("A"))
        assert seen.getpixel((0, 0)) == (ground,) * 3
        assert not is_blank(seen)


def test_blank_styles_are_refused(photo: Image.Image) -> None:
    white_on_nothing = Image.open(io.BytesIO(encoded(_disc((255, 255, 255)), "PNG")))
    load_inputs(photo, white_on_nothing)
    for blank in (Image.new("RGB", (64, 64), "white"), Image.new("L", (64, 64), 90)):
        with pytest.raises(ImageError, match="style picture is blank"):
            load_inputs(photo, blank)
