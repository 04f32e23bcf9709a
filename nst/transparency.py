"""What stands in for transparent parts: a ground for looking, neighbouring colours for painting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageStat

Floats = NDArray[np.floating[Any]]
_Read = Callable[[slice], tuple[Floats, Floats]]

_LIGHT: Final = 191  # mean grey of what is visible, from which white would hide it
_TRUST: Final = 4  # power of the opacity: edges are often mixed with a ground long gone
_EDGE: Final = 4  # pixels: how wide a soft edge is taken to be, at least
_SMALLEST: Final = 2
_NOISE: Final = 4  # levels
_PIXELS_AT_A_TIME: Final = 2**16


def over_ground(colour: Image.Image, alpha: Image.Image | None) -> Image.Image:
    """Put `colour` (RGB) through `alpha` (L, same size) on a ground that shows it.

    That is white, the paper most drawings expect, or black under a picture that is nearly white.
    """
    if alpha is None:
        return colour
    # Weighted by opacity: the histogram's mask would count every pixel above 0 alike.
    weight = ImageStat.Stat(alpha).sum[0]
    grey = colour.convert("L")
    light = 0.0
    for columns in _strips(colour.height, colour.width):
        seen = _columns(grey, columns) * _columns(alpha, columns)
        light += float(seen.sum(dtype=np.float64))  # whole numbers: exact
    ground = Image.new("RGB", colour.size, "black" if light / max(weight, 1) > _LIGHT else "white")
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
    most = _most_around(np.asarray(alpha))

    def read(columns: slice) -> tuple[Floats, Floats]:
        opacity = _columns(alpha, columns)[..., None] / 255
        around = most[:, columns].astype(np.float32)[..., None] / 255
        return _columns(colour, columns), (opacity / np.maximum(around, 1 / 255)) ** _TRUST

    filled = Image.new("RGB", colour.size)
    for columns, around in _continued(read, *most.shape):
        opacity = _columns(alpha, columns)[..., None] / 255
        pixels = _columns(colour, columns) * opacity + around * (1 - opacity)
        levels = np.rint(pixels).clip(0, 255).astype(np.uint8)
        filled.paste(Image.fromarray(levels), (columns.start, 0))
    return filled


def _strips(height: int, width: int) -> Iterator[slice]:
    """Yield columns of a picture, as floats take much room: in turn, an even number at a time."""
    step = 2 * max(1, _PIXELS_AT_A_TIME // height // 2)
    for left in range(0, width, step):
        yield slice(left, min(left + step, width))


def _columns(image: Image.Image, columns: slice) -> Floats:
    """Return some columns of an image as they are, float32."""
    return np.asarray(image.crop((columns.start, 0, columns.stop, image.height)), np.float32)


def _most_around(alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the largest value within some pixels, the same shape."""
    height, width = alpha.shape
    padded = np.pad(alpha, ((0, -height % _EDGE), (0, -width % _EDGE)))
    rows, columns = (side // _EDGE for side in padded.shape)
    blocks = padded.reshape(rows, _EDGE, columns, _EDGE).max(axis=(1, 3))
    spread = np.asarray(Image.fromarray(blocks).filter(ImageFilter.MaxFilter(3)))
    most: NDArray[np.uint8] = spread.repeat(_EDGE, axis=0).repeat(_EDGE, axis=1)
    return most[:height, :width]


def _continued(read: _Read, height: int, width: int) -> Iterator[tuple[slice, Floats]]:
    """Spread colours from where they have a weight; yield columns in turn, and their place.

    Args:
        read: returns columns of the colours (height, columns, 3) and of the weight
            (height, columns, 1); what was yielded is not read again.
        height: of the picture.
        width: of the picture.
    """
    if min(height, width) < _SMALLEST:
        pixels, weight = read(slice(0, width))
        total = max(float(weight.sum()), 1e-12)
        mean = (pixels * weight).sum(axis=(0, 1)) / total
        coarse: Floats = np.broadcast_to(mean, pixels.shape).astype(np.float32)
        trusted = np.minimum(weight, 1)
        yield slice(0, width), pixels * trusted + coarse * (1 - trusted)
        return
    known, weights = _shrunk(read, height, width)

    def read_shrunk(columns: slice) -> tuple[Floats, Floats]:
        return known[:, columns], weights[:, columns]

    for columns, spread in _continued(read_shrunk, *known.shape[:2]):
        known[:, columns] = spread
    for columns, coarse in _doubled(known, height, width):
        pixels, weight = read(columns)
        trusted = np.minimum(weight, 1)
        yield columns, pixels * trusted + coarse * (1 - trusted)


def _shrunk(read: _Read, height: int, width: int) -> tuple[Floats, Floats]:
    """Return colours and their weight, at most 1, at half the size."""
    shape = -(-height // 2), -(-width // 2)
    known, weights = (np.empty((*shape, channels), np.float32) for channels in (3, 1))
    for columns in _strips(height, width):
        pixels, weight = read(columns)
        half = slice(columns.start // 2, -(-columns.stop // 2))
        sums, total = _halved(pixels * weight), _halved(weight)
        known[:, half] = sums / np.maximum(total, 1e-12)
        weights[:, half] = np.minimum(total, 1)
    return known, weights


def _halved(values: Floats) -> Floats:
    """Add up blocks of four; a last odd row or column is repeated."""
    padded = np.pad(values, ((0, values.shape[0] % 2), (0, values.shape[1] % 2), (0, 0)), "edge")
    total: Floats = padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]
    return total


def _doubled(values: Floats, height: int, width: int) -> Iterator[tuple[slice, Floats]]:
    """Enlarge between the points, so that the fill is smooth; yield columns in turn, their place.

    Pillow enlarges rows first and then each column for itself: some at a time are the same.
    """
    wide = [
        Image.fromarray(values[..., each]).resize(
            (width, values.shape[0]), Image.Resampling.BILINEAR
        )
        for each in range(values.shape[2])
    ]
    for columns in _strips(height, width):
        box, size = (columns.start, 0, columns.stop, values.shape[0]), columns.stop - columns.start
        channels = [
            each.crop(box).resize((size, height), Image.Resampling.BILINEAR) for each in wide
        ]
        yield columns, np.dstack([np.asarray(channel) for channel in channels])
