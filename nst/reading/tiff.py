"""TIFF and raw photos built like it: the right page, numbers of every kind, transparency.

Pillow reads ordinary pages of 8 bits; tifffile finds pages and reads the rest.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import numpy as np
import tifffile
from PIL import Image, UnidentifiedImageError

from nst.errors import ImageError
from nst.formats import DAMAGED, RAW_PHOTO
from nst.limits import Limits
from nst.reading.opened import of_image
from nst.reading.raster import Array, Raster, full_scale

_MOST_PAGES: Final = 200
_GREYS: Final = (0, 1)
_RGB: Final = 2
_PALETTE: Final = 3
_CMYK: Final = 5
_YCBCR: Final = 6
_LAB: Final = 8
_PLAIN: Final = frozenset({0, 1, 2, 3, 5, 6, 8})  # photometric interpretations
_SENSOR: Final = frozenset({32803, 34892})  # colour filter array, linear raw
_OLD_JPEG: Final = 6
_LOSSLESS: Final = frozenset({1, 5, 8, 32773, 32946})  # compressions that do not convert colours
_ICC, _ORIENTATION, _NODATA, _OLD_KIND = 34675, 274, 42113, 255
_STRIPS, _TILES = 273, 324
_JPEG_START, _JPEG_LENGTH = 513, 514
_LARGE_PREVIEW: Final = 1000  # pixels: what a raw photo's preview must have to stand for it


@dataclass(frozen=True, slots=True)
class _Page:
    """One page that may be what people mean.

    Attributes:
        page: as tifffile knows it.
        index: its place among the pages one after the other; None for those inside of others.
        size: width and height.
        jpeg: where it is a JPEG file, its bytes.
    """

    page: tifffile.TiffPage
    index: int | None
    size: tuple[int, int]
    jpeg: bytes = b""

    @property
    def reduced(self) -> bool:
        old_kind = self.page.tags.get(_OLD_KIND)
        return bool(self.page.subfiletype & 1) or (old_kind is not None and old_kind.value == 2)

    @property
    def area(self) -> int:
        return self.size[0] * self.size[1]


def read(data: bytes, limits: Limits) -> Raster:
    """Read the largest page that is not a reduced one.

    Of a raw photo, whose pages cannot be read, its largest preview.

    Raises:
        ImageError: too large, or a raw photo without a preview worth painting.
        Exception: whatever the codecs say of a damaged file.
    """
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        found = list(_pages(file, data))
        wholes = [page for page in found if not page.reduced]
        sensor = max((_sensor_side(page) for page in _all(file)), default=0)
        chosen = max(wholes or found, key=lambda page: page.area, default=None)
        if chosen is None or (not wholes and max(chosen.size) < min(_LARGE_PREVIEW, sensor / 2)):
            raise ImageError(RAW_PHOTO if sensor else DAMAGED)
        limits.check_size(*chosen.size)
        if chosen.jpeg:
            return of_image(Image.open(io.BytesIO(chosen.jpeg), formats=("JPEG",)))
        _check_table(chosen.page, limits)
        return _ordinary(chosen, data) or _numbers(chosen.page)


def _all(file: tifffile.TiffFile) -> Iterator[tifffile.TiffPage]:
    """Yield every page, with those inside of others."""
    for page in islice(file.pages, _MOST_PAGES):
        if isinstance(page, tifffile.TiffPage):
            yield page
            inner = islice(page.pages or (), _MOST_PAGES)
            yield from (each for each in inner if isinstance(each, tifffile.TiffPage))


def _pages(file: tifffile.TiffFile, data: bytes) -> Iterator[_Page]:
    """Yield every page that can be read."""
    index = -1
    for page in _all(file):
        nested = len(getattr(page, "treeindex", ())) > 1
        index += not nested
        place = None if nested else index
        if page.compression == _OLD_JPEG:
            if jpeg := _jpeg_file(page, data):
                with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
                    yield _Page(page, None, image.size, jpeg)
        elif page.photometric in _PLAIN and page.dtype is not None:
            yield _Page(page, place, (page.imagewidth, page.imagelength))


def _jpeg_file(page: tifffile.TiffPage, data: bytes) -> bytes:
    """Return the JPEG file that cameras put into raw photos; empty if it cannot be read."""
    start, length = page.tags.get(_JPEG_START), page.tags.get(_JPEG_LENGTH)
    if start is not None and length is not None:
        jpeg = data[start.value : start.value + length.value]
    elif len(page.dataoffsets) == 1:
        jpeg = data[page.dataoffsets[0] : page.dataoffsets[0] + page.databytecounts[0]]
    else:
        return b""
    lossless = b"\xff\xc3" in jpeg[:1024]
    return jpeg if jpeg.startswith(b"\xff\xd8\xff") and not lossless else b""


def _sensor_side(page: tifffile.TiffPage) -> int:
    """Return the longest side of what a sensor saw; 0 for an ordinary page."""
    return max(page.imagewidth, page.imagelength) if page.photometric in _SENSOR else 0


def _check_table(page: tifffile.TiffPage, limits: Limits) -> None:
    """Refuse a table of strips that is much longer than the picture needs.

    Raises:
        ImageError: it is.
    """
    if page.is_tiled:
        side = page.tilewidth * page.tilelength
        across = -(-page.imagewidth // max(page.tilewidth, 1))
        needed = across * -(-page.imagelength // max(page.tilelength, 1))
        if side > limits.max_pixels:
            raise ImageError(DAMAGED)
    else:
        needed = page.imagelength
    table = page.tags.get(_TILES if page.is_tiled else _STRIPS)
    if table is not None and table.count > needed * page.samplesperpixel + 16:
        raise ImageError(DAMAGED)


def _ordinary(chosen: _Page, data: bytes) -> Raster | None:
    """Read the page with Pillow, where that can read it as it is meant."""
    page = chosen.page
    if (
        chosen.index is None
        or page.dtype not in {np.dtype(np.uint8), np.dtype(bool)}
        or page.samplesperpixel > 4
        or (page.photometric in _GREYS and page.samplesperpixel > 2)
        or (page.photometric == _LAB and page.planarconfig == 2)  # signs would be lost
    ):
        return None
    try:
        image = Image.open(io.BytesIO(data), formats=("TIFF",))
        image.seek(chosen.index)
        return of_image(image)
    except (UnidentifiedImageError, KeyError, OSError, SyntaxError):
        return None


def _numbers(page: tifffile.TiffPage) -> Raster:
    """Read the page with tifffile.

    Raises:
        ImageError: the numbers are neither grey nor RGB, CMYK or CIELAB.
    """
    coded = page.photometric == _YCBCR and page.compression in _LOSSLESS
    if coded or page.photometric == _PALETTE:
        raise ImageError(DAMAGED)
    values = page.asarray()
    if page.planarconfig == 2 and values.ndim == 3:
        values = np.moveaxis(values, 0, 2)
    values = values.reshape(page.imagelength, page.imagewidth, -1)
    channels = 4 if page.photometric == _CMYK else 3 if values.shape[2] >= 3 else 1
    lab = page.photometric == _LAB and channels == 3
    if lab:
        values = _unsigned(values)
    alpha = _alpha(values, channels, page.extrasamples)
    if alpha is not None and page.extrasamples[0] == 1:
        if lab:
            raise ImageError(DAMAGED)
        values = _unassociated(values[..., :channels], alpha)
    colour = values[..., 0] if channels == 1 else values[..., :channels]
    if channels == 4 or lab:
        colour = (colour >> 8 * (colour.dtype.itemsize - 1)).astype(np.uint8)
    icc, turned = page.tags.get(_ICC), page.tags.get(_ORIENTATION)
    known = icc is not None and colour.dtype == np.uint16
    return Raster(
        pixels=colour,
        alpha=alpha,
        white=full_scale(colour) if known or colour.dtype == np.uint8 else None,
        nodata=_nodata(page),
        white_is_zero=page.photometric == 0,
        lab=lab,
        icc=bytes(icc.value) if icc is not None else None,
        orientation=int(turned.value) if turned is not None else 1,
    )


def _unsigned(values: Array) -> Array:
    """Return CIELAB's whole numbers as bits, whose first eight are what 8 bits would hold."""
    if values.dtype.kind not in "iu" or values.dtype.itemsize > 2:
        raise ImageError(DAMAGED)
    return values.view(f"{values.dtype.byteorder}u{values.dtype.itemsize}")


def _alpha(values: Array, channels: int, extra: Iterable[int]) -> Array | None:
    first = next(iter(extra), 0)
    return values[..., channels] if first in {1, 2} and values.shape[2] > channels else None


def _unassociated(colour: Array, alpha: Array) -> Array:
    """Divide colours that were stored multiplied by their opacity."""
    kind: np.dtype[Any] = colour.dtype
    full = 1.0 if kind.kind == "f" else full_scale(colour)
    divided = colour / np.maximum(alpha.astype(np.float32), full / 1e4)[..., None] * full
    return divided.clip(0, full).astype(kind)


def _nodata(page: tifffile.TiffPage) -> float | None:
    tag = page.tags.get(_NODATA)
    try:
        return None if tag is None else float(str(tag.value).strip("\0 "))
    except ValueError:
        return None
