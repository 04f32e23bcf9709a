"""Keeping the photo's colours: in the result, or in the style image beforehand.

In the result it is done in Oklab (Björn Ottosson, 2020), which separates lightness from two colour
axes so that equal numbers look equally different. The result keeps the painting's lightness,
strokes included, and takes the photo's colour axes ("luminance-only transfer", Gatys et al. 2016,
"Preserving Color in Neural Artistic Style Transfer", section 4, there in YIQ).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.float32]

TO_LMS: Final = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    dtype=np.float32,
)
TO_OKLAB: Final = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    dtype=np.float32,
)
# Linear light this far outside sRGB is rounding (a third of a grey level), not another colour.
_ROUNDING = 1e-4
_PIXELS_AT_A_TIME: Final = 2**16
FROM_LMS: Final = np.linalg.inv(TO_LMS).astype(np.float32)
FROM_OKLAB: Final = np.linalg.inv(TO_OKLAB).astype(np.float32)


def keep_colours(painting: Image.Image, photo: Image.Image) -> Image.Image:
    """Give the painting's strokes the photo's colours.

    Args:
        painting: sRGB; its lightness is kept, moved to the photo's mean lightness and contrast
            so that the photo's colours fit.
        photo: sRGB; its colour axes are used. Resized to the painting's size if it differs.

    Returns:
        sRGB, the size of the painting.
    """
    if photo.size != painting.size:
        photo = photo.resize(painting.size, Image.Resampling.LANCZOS)
    oklab_painting, oklab_photo = to_oklab(painting), to_oklab(photo)
    lightness, wanted = oklab_painting[..., 0], oklab_photo[..., 0]
    # A blank painting or photo has no contrast to match: leave the factor alone then.
    spread, wanted_spread = float(lightness.std()), float(wanted.std())
    factor = wanted_spread / spread if spread > 1e-3 and wanted_spread > 1e-3 else 1.0
    matched = (lightness - lightness.mean()) * factor + wanted.mean()
    merged = np.dstack([matched, oklab_photo[..., 1:]]).astype(np.float32)
    return from_oklab(merged)


def match_histogram(image: Image.Image, photo: Image.Image) -> Image.Image:
    """Give the image each of the photo's three histograms, channel by channel, sRGB.

    Every value moves to the one that has the same rank in the photo, so light stays light.
    """
    channels = [
        channel.point(_ranks(channel, wanted))
        for channel, wanted in zip(
            image.convert("RGB").split(), photo.convert("RGB").split(), strict=True
        )
    ]
    return Image.merge("RGB", channels)


def match_covariance(image: Image.Image, photo: Image.Image) -> Image.Image:
    """Give the image the photo's mean colour and covariance, sRGB.

    The linear map that moves colours least (Monge–Kantorovich; Gatys et al. 2016, "Preserving
    Color in Neural Artistic Style Transfer", section 3, leaves the choice open).
    """
    # A flat picture has no covariance to undo; a grey level's worth keeps the map finite.
    floor = np.eye(3) / 255**2
    (mean, ours), (wanted, theirs) = _moments(image), _moments(photo)
    root = _root(ours + floor)
    back = np.linalg.inv(root)
    turn = back @ _root(root @ (theirs + floor) @ root) @ back
    matched = Image.new("RGB", image.size)
    for top, pixels in _strips(image):
        moved = (pixels / 255 - mean) @ turn + wanted
        levels = np.rint(moved.clip(0, 1) * 255).astype(np.uint8)
        matched.paste(Image.fromarray(levels), (0, top))
    return matched


def _moments(image: Image.Image) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean colour (3,) and the covariance (3, 3) of an image, white as 1."""
    total, products = np.zeros(3), np.zeros((3, 3))
    for _, pixels in _strips(image):
        rows = pixels.reshape(-1, 3)
        total += rows.sum(0)  # whole numbers, so that both sums are exact
        products += rows.T @ rows
    mean = total / (image.width * image.height)
    covariance = products / (image.width * image.height) - np.outer(mean, mean)
    return mean / 255, covariance / 255**2


def _strips(image: Image.Image) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Yield rows of an image, as float64 takes much room: their place and (rows, width, 3)."""
    rows = max(1, _PIXELS_AT_A_TIME // image.width)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        yield top, np.asarray(strip.convert("RGB"), dtype=np.float64)


def _ranks(channel: Image.Image, wanted: Image.Image) -> list[int]:
    """Return for every value of a channel (L) that of the same rank in another one."""
    ours, theirs = (
        np.cumsum(each.histogram()) / (each.width * each.height) for each in (channel, wanted)
    )
    ranks: list[int] = np.searchsorted(theirs, ours - 1e-9).clip(0, 255).tolist()
    return ranks


def _root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the symmetric square root of a positive definite matrix."""
    values, vectors = np.linalg.eigh(matrix)
    root: NDArray[np.float64] = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    return root


def to_oklab(image: Image.Image) -> Pixels:
    """Convert sRGB to Oklab: (height, width, 3), lightness 0–1, the other two about ±0.4."""
    encoded = np.asarray(image.convert("RGB"), dtype=np.float32) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    lms = np.cbrt(linear.astype(np.float32) @ TO_LMS.T)
    oklab: Pixels = np.asarray(lms @ TO_OKLAB.T, dtype=np.float32)
    return oklab


def from_oklab(oklab: Pixels) -> Image.Image:
    """Convert Oklab to sRGB; colours that sRGB lacks keep lightness and hue, lose chroma."""
    linear = _linear_rgb(oklab)
    outside = ((linear < -_ROUNDING) | (linear > 1 + _ROUNDING)).any(axis=-1)
    if outside.any():
        linear[outside] = _reduce_chroma(oklab[outside])
    linear = np.asarray(linear.clip(0, 1), dtype=np.float32)
    encoded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return Image.fromarray(np.rint(encoded * 255).astype(np.uint8), "RGB")


def _linear_rgb(oklab: Pixels) -> Pixels:
    lms = oklab @ FROM_OKLAB.T
    linear: Pixels = np.asarray(lms**3 @ FROM_LMS.T, dtype=np.float32)
    return linear


def _reduce_chroma(oklab: Pixels) -> Pixels:
    """Bisect, per pixel, the largest share of the chroma that sRGB can show."""
    low = np.zeros(len(oklab), dtype=np.float32)
    high = np.ones(len(oklab), dtype=np.float32)
    lightness, chroma = oklab[:, :1].clip(0, 1), oklab[:, 1:]
    for _ in range(8):
        middle = (low + high) / 2
        linear = _linear_rgb(np.hstack([lightness, chroma * middle[:, None]]))
        fits = ((linear >= 0) & (linear <= 1)).all(axis=-1)
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    return _linear_rgb(np.hstack([lightness, chroma * low[:, None]]))
