"""Files that Pillow opens, and what they declare in EXIF."""

from __future__ import annotations

import io
import logging
from typing import Any, Final

from PIL import Image, UnidentifiedImageError

from nst.errors import ImageError
from nst.formats import describe_unreadable, readable_formats
from nst.limits import Limits
from nst.reading.raster import Raster
from nst.reading.spaces import ADOBE_RGB

_log = logging.getLogger(__name__)

_INTEROPERABILITY: Final = 0xA005
_ADOBE_INDEX: Final = "R03"  # EXIF 2.32, table 13: "DCF option file", Adobe RGB
_ORIENTATION: Final = 0x0112
_SIDEWAYS: Final = frozenset({5, 6, 7, 8})
_LOSSY: Final = frozenset({"JPEG", "MPO", "HEIF", "AVIF"})


def open_image(data: bytes, limits: Limits) -> Image.Image:
    """Open the image behind some bytes; read nothing but its header.

    Raises:
        ImageError: no format fits, or the size is beyond the limits.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=readable_formats())
    except UnidentifiedImageError as error:
        raise ImageError(describe_unreadable(data[:512])) from error
    limits.check_size(*image.size)
    return image


def of_image(image: Image.Image) -> Raster:
    """Read the frame at which an image stands, and the colours that it declares.

    Raises:
        Exception: whatever Pillow or a codec says of a damaged file.
    """
    image.load()
    icc = image.info.get("icc_profile")
    index = exif_value(image, 1, _INTEROPERABILITY) if not icc else None
    adobe = str(index).strip("\0 ") == _ADOBE_INDEX
    lossy = image.format in _LOSSY
    return Raster(pixels=image, icc=icc, space=ADOBE_RGB if adobe else None, lossy=lossy)


def orientation(exif: bytes) -> int:
    """Return the EXIF orientation, 1 (upright) where it is not known.

    Args:
        exif: a block that starts with its byte order or with `Exif`.
    """
    block = Image.Exif()
    try:
        block.load(exif)
    except (SyntaxError, ValueError, OSError):
        return 1
    value = exif_value(block, _ORIENTATION)
    return value if isinstance(value, int) else 1


def is_sideways(image: Image.Image) -> bool:
    """Tell whether an image is shown with its sides exchanged, by its EXIF orientation."""
    return exif_value(image, _ORIENTATION) in _SIDEWAYS


def exif_value(source: Image.Image | Image.Exif, tag: int, group: int | None = None) -> Any:
    """Return one value of EXIF; None where there is none, or the block is damaged."""
    try:
        exif = source.getexif() if isinstance(source, Image.Image) else source
        return exif.get(tag) if group is None else exif.get_ifd(group).get(tag)
    except MemoryError:
        raise
    except Exception as error:  # a damaged EXIF block may raise anything and need not matter
        _log.warning("EXIF ignored: %s", error)
        return None
