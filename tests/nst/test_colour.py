"""Keeping the photo's colours."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from nst.colour import (
    from_oklab,
    keep_colours,
    match_covariance,
    match_histogram,
    to_oklab,
)


def _noise(seed: int, size: tuple[int, int] = (40, 30)) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def test_oklab_there_and_back() -> None:
    image = _noise(0)
    back = from_oklab(to_oklab(image))
    assert np.abs(np.asarray(back, dtype=int) - np.asarray(image, dtype=int)).max() <= 1


@pytest.mark.parametrize(
    ("colour", "expected"),
    [  # Björn Ottosson's figures for sRGB's corners
        ((255, 255, 255), (1.0, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
        ((255, 0, 0), (0.628, 0.2249, 0.1258)),
        ((0, 255, 0), (0.8664, -0.2339, 0.1795)),
        ((0, 0, 255), (0.452, -0.0325, -0.3115)),
    ],
)
def test_oklab_of_known_colours(
    colour: tuple[int, int, int], expected: tuple[float, float, float]
) -> None:
    found = to_oklab(Image.new("RGB", (1, 1), colour))[0, 0]
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_the_photos_colours_and_the_paintings_strokes(
    photo: Image.Image, style: Image.Image
) -> None:
    painting = style.resize(photo.size)
    kept = to_oklab(keep_colours(painting, photo))
    wanted, strokes = to_oklab(photo), to_oklab(painting)
    # A pixel whose colour does not exist at its new lightness loses chroma, never hue.
    away = np.abs(kept[..., 1:] - wanted[..., 1:]).max(axis=-1)
    assert np.median(away) < 0.005
    assert (away < 0.01).mean() > 0.9
    assert np.corrcoef(kept[..., 0].ravel(), strokes[..., 0].ravel())[0, 1] > 0.98
    assert kept[..., 0].mean() == pytest.approx(wanted[..., 0].mean(), abs=0.02)


def test_a_grey_photo_stays_grey(style: Image.Image, photo: Image.Image) -> None:
    grey = photo.convert("L").convert("RGB")
    kept = np.asarray(keep_colours(style, grey), dtype=int)
    assert (kept.max(axis=-1) - kept.min(axis=-1)).max() <= 1
    assert kept.std() > 10


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_blank_images_stay_finite(shade: int, photo: Image.Image) -> None:
    blank = Image.new("RGB", photo.size, (shade, shade, shade))
    for painting, source in ((blank, photo), (photo, blank), (blank, blank)):
        kept = keep_colours(painting, source)
        assert kept.size == photo.size
        assert kept.mode == "RGB"
    flat = np.asarray(keep_colours(blank, blank), dtype=int)
    assert np.abs(flat - shade).max() <= 1


def test_colours_that_srgb_lacks_keep_lightness_and_hue() -> None:
    wild = np.array([[[0.7, 0.4, 0.1], [0.5, -0.5, 0.2], [0.3, 0.0, -0.6]]], dtype=np.float32)
    found = to_oklab(from_oklab(wild))
    np.testing.assert_allclose(found[..., 0], wild[..., 0], atol=0.02)
    hue, wanted = (np.arctan2(each[..., 2], each[..., 1]) for each in (found, wild))
    np.testing.assert_allclose(hue, wanted, atol=0.05)
    assert (np.hypot(found[..., 1], found[..., 2]) < np.hypot(wild[..., 1], wild[..., 2])).all()


def test_a_photo_of_another_size_is_resized(photo: Image.Image) -> None:
    assert keep_colours(_noise(1), photo).size == (40, 30)


@pytest.mark.parametrize("matching", [match_covariance, match_histogram])
def test_large_pictures_are_matched_a_part_at_a_time(
    matching: Callable[[Image.Image, Image.Image], Image.Image],
) -> None:
    image, wanted = (_noise(seed).resize((1500, 1400)) for seed in (0, 1))
    tracemalloc.start()
    try:
        matched = matching(image, wanted)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 10 * image.width * image.height  # as float64, each of them takes 24
    small = matching(image.resize((150, 140)), wanted.resize((150, 140)))
    away = np.asarray(matched.resize(small.size), dtype=int) - np.asarray(small)
    assert np.abs(away).mean() < 3
