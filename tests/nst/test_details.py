"""The photo's details, which come back on the way from a coarse scale to a finer one."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image

from nst import Init, Options, Preset, Progress, stylize
from nst.presets import method_for

_OPTIONS = Options(preset=Preset.DRAFT, size=128)
_STEPS = ((64, 10), (128, 1))  # what follows is looked at after the first step of the last scale


def _details(image: Image.Image) -> np.ndarray:
    """Return what is lost when an image is made half as large."""
    small = image.resize((image.width // 2, image.height // 2)).resize(image.size)
    details: np.ndarray = np.asarray(image, dtype=float) - np.asarray(small, dtype=float)
    return details.ravel()


def _enlarged(photo: Image.Image, style: Image.Image, options: Options) -> Image.Image:
    """Return the painting as it is after the first step of its finest scale."""
    seen: list[Progress] = []
    return stylize(
        photo,
        style,
        options,
        on_progress=seen.append,
        should_stop=lambda: seen[-1].width == options.size,
        device="cpu",
    ).image


@pytest.mark.slow
def test_a_finer_scale_shows_more_of_the_photo(
    photos: list[Image.Image], style: Image.Image
) -> None:
    photo = photos[0]
    wanted = _details(photo.resize((128, round(128 * photo.height / photo.width))))

    def likeness(*, strength: int, details: bool) -> float:
        options = replace(_OPTIONS, strength=strength)
        method = replace(method_for(options), details=details, steps=_STEPS)
        with patch("nst.setup.method_for", return_value=method):
            found = _details(_enlarged(photo, style, options))
        return float(np.corrcoef(found, wanted)[0, 1])

    gained = [
        likeness(strength=strength, details=True) - likeness(strength=strength, details=False)
        for strength in (100, 80, 50)
    ]
    assert gained[0] == 0, "all is style"
    assert gained[2] > gained[1] > 0.05


@pytest.mark.slow
def test_a_picture_that_does_not_start_from_the_photo_gets_none(
    photos: list[Image.Image], style: Image.Image
) -> None:
    options = replace(_OPTIONS, init=Init.NOISE)
    usual = replace(method_for(options), steps=_STEPS)
    assert usual.details
    with patch("nst.setup.method_for", return_value=usual):
        found = _enlarged(photos[0], style, options)
    with patch("nst.setup.method_for", return_value=replace(usual, details=False)):
        assert _enlarged(photos[0], style, options).tobytes() == found.tobytes()
