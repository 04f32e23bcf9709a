"""What stands in for transparent parts: a ground for looking, neighbouring colours for painting."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageStat

_LIGHT: Final = 191  # mean grey of what is visible, from which white would hide it
_TRUST: Final = 4  # power of the opacity: edges are often mixed with a ground long gone
_EDGE: Final = 4  # pixels: how wide a soft edge is taken to be, at least
_SMALLEST: Final = 2
_NOISE: Final = 4  # levels


def over_ground(colour: Image.Image, alpha: Image.Image | None) -> Image.Image:
    """Put `colour` (RGB) through `alpha` (L, same size) on a ground that shows it.

    That is white, the paper most drawings expect, or black under a picture that is nearly white.
    """
    if alpha is None:
        return colour
    # Weighted by opacity: the histogram's mask would count every pixel above 0 alike.
    weight = ImageStat.Stat(alpha).sum[0]
    grey = np.asarray(colour.convert("L"), dtype=np.float32)
    mean = float((grey * np.asarray(alpha, dtype=np.float32)).sum(dtype=np.float64)) / max(
        weight, 1
    )
    ground = Image.new("RGB", colour.size, "black" if mean > _LIGHT else "white")
    return Image.composite(colour, ground, alpha)


def is_blank(image: Image.Image) -> bool:
    """Tell whether an RGB picture is one colour all over, noise of compression aside."""
    return all(high - low <= _NOISE for low, high in image.getextrema())  # type: ignore[misc]


def fill_transparent(colour: Image.Image, alpha: Image.Image | None) -> Image.Image:
    """Let the transparent parts of `colour` (RGB) continue the opaque colours beside them.

    The picture is halved until it is one colour and put together again from there (the "pull-push"
    of Gortler et al. 1996, "The Lumigraph"). A pixel counts by the fourth power of its opacity,
    measured by the most opaque pixel around it: so edges count little, and veils as they are.

    Args:
        colour: RGB.
        alpha: L, the same size; not 0 everywhere. None for a picture without transparency.

    Returns:
        RGB; where a pixel is opaque, as it was.
    """
    if alpha is None:
        return colour
    opacity = np.asarray(alpha, dtype=np.float32)[..., None] / 255
    most = _most_around(np.asarray(alpha)).astype(np.float32)[..., None] / 255
    pixels = np.asarray(colour, dtype=np.float32)
    around = _continued(pixels, (opacity / np.maximum(most, 1 / 255)) ** _TRUST)
    filled = pixels * opacity + around * (1 - opacity)
    return Image.fromarray(np.rint(filled).clip(0, 255).astype(np.uint8))


Floats = NDArray[np.floating[Any]]


def _most_around(alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the largest value within some pixels, the same shape."""
    height, width = alpha.shape
    padded = np.pad(alpha, ((0, -height % _EDGE), (0, -width % _EDGE)))
    rows, columns = (side // _EDGE for side in padded.shape)
    blocks = padded.reshape(rows, _EDGE, columns, _EDGE).max(axis=(1, 3))
    spread = np.asarray(Image.fromarray(blocks).filter(ImageFilter.MaxFilter(3)))
    most: NDArray[np.uint8] = spread.repeat(_EDGE, axis=0).repeat(_EDGE, axis=1)
    return most[:height, :width]


def _continued(pixels: Floats, weight: Floats) -> Floats:
    """Spread colours (height, width, 3) from where they have a weight (height, width, 1)."""
    height, width = weight.shape[:2]
    if min(height, width) < _SMALLEST:
        total = max(float(weight.sum()), 1e-12)
        mean = (pixels * weight).sum(axis=(0, 1)) / total
        coarse: Floats = np.broadcast_to(mean, pixels.shape).astype(np.float32)
    else:
        sums, weights = _halved(pixels * weight), _halved(weight)
        known = sums / np.maximum(weights, 1e-12)
        coarse = _doubled(_continued(known, np.minimum(weights, 1)), height, width)
    trusted = np.minimum(weight, 1)
    continued: Floats = pixels * trusted + coarse * (1 - trusted)
    return continued


def _halved(values: Floats) -> Floats:
    """Add up blocks of four; a last odd row or column is repeated."""
    padded = np.pad(values, ((0, values.shape[0] % 2), (0, values.shape[1] % 2), (0, 0)), "edge")
    total: Floats = padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]
    return total


def _doubled(values: Floats, height: int, width: int) -> Floats:
    """Enlarge between the points, so that the fill is smooth."""
    channels = [
        Image.fromarray(values[..., each]).resize((width, height), Image.Resampling.BILINEAR)
        for each in range(values.shape[2])
    ]
    return np.dstack([np.asarray(channel) for channel in channels])
