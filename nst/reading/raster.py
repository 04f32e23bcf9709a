"""What a reader hands over: stored numbers, and what the file says about their meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nst.reading.spaces import ColourSpace

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Raster:
    """One picture as it is stored, nothing converted yet.

    Attributes:
        pixels: an image of any mode, its transparency within; or an array of any numeric type,
            (height, width) for grey, (height, width, 3) for RGB, (height, width, 4) for CMYK
            (uint8).
        alpha: of an array, (height, width), of any numeric type; None where nothing is transparent.
        white: the number in an array that means white; None if the numbers have to tell.
        nodata: the number in an array that means "no measurement"; None if unknown.
        white_is_zero: an array's grey runs from white to black.
        lab: an array of three channels is CIELAB (uint8; the last two are bits of signed numbers).
        icc: the embedded ICC profile; it goes before `space`.
        space: the colour space declared without a profile; None for sRGB.
        orientation: EXIF orientation of an array, 1 to 8; an image carries its own.
        lossy: the file was compressed with loss.
        frame: which frame of an animation this is, counted from 1.
        frames: how many there are.
    """

    pixels: Image.Image | Array
    alpha: Array | None = None
    white: float | None = None
    nodata: float | None = None
    white_is_zero: bool = False
    lab: bool = False
    icc: bytes | None = None
    space: ColourSpace | None = None
    orientation: int = 1
    lossy: bool = False
    frame: int = 1
    frames: int = 1


def split_alpha(values: Array) -> tuple[Array, Array | None]:
    """Split colour or grey from the last channel where there are two or four of them.

    Args:
        values: (height, width) or (height, width, 1 to 4).
    """
    if values.ndim == 2:
        return values, None
    channels = values.shape[2]
    alpha = values[..., -1] if channels in {2, 4} else None
    colour = values[..., 0] if channels <= 2 else values[..., :3]
    return colour, alpha


def full_scale(values: Array) -> float:
    """Return the largest number an integer array can hold."""
    return float(np.iinfo(values.dtype).max)
