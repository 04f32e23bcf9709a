"""The test picture: four quadrants of different colours, so that turns and colours can be seen."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

pillow_heif.register_heif_opener()

SIZE = (64, 48)
# top left, top right, bottom left, bottom right
COLOURS = ((200, 40, 40), (40, 160, 60), (40, 60, 200), (230, 220, 120))
LUMA = tuple(
    (round(0.299 * r + 0.587 * g + 0.114 * b),) * 3 for r, g, b in COLOURS
)  # ITU-R BT.601, as Pillow's mode L

Corners = tuple[tuple[int, ...], ...]


def quadrants(
    colours: Corners = COLOURS, *, mode: str = "RGB", size: tuple[int, int] = SIZE
) -> Image.Image:
    """Return a picture of `size` in `mode` with one of four colours in each quadrant."""
    width, height = size
    image = Image.new(mode, size)
    for index, colour in enumerate(colours):
        box = (
            index % 2 * width // 2,
            index // 2 * height // 2,
            (index % 2 + 1) * width // 2,
            (index // 2 + 1) * height // 2,
        )
        image.paste(colour if len(colour) > 1 else colour[0], box)
    return image


def corners(image: Image.Image) -> NDArray[np.int64]:
    """Return the colours in the middle of the four quadrants, shape (4, channels)."""
    pixels = np.atleast_3d(np.asarray(image)).astype(np.int64)
    rows, columns = pixels.shape[0] // 4, pixels.shape[1] // 4
    return np.array([pixels[y, x] for y in (rows, 3 * rows) for x in (columns, 3 * columns)])


def encoded(image: Image.Image, kind: str, **settings: Any) -> bytes:
    """Return the bytes of `image` as a file of format `kind`."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **settings)
    return buffer.getvalue()
