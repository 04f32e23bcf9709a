"""Netpbm: headers made short before a decoder sees them, and pictures of floating-point numbers."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from nst.errors import ImageError
from nst.formats import DAMAGED
from nst.reading.raster import Raster
from nst.reading.spaces import LINEAR_HDR

_KINDS: Final = re.compile(rb"P([1-6fF])\s")
_LONGEST_HEADER: Final = 4096
_SPACE: Final = rb"(?:\s|#[^\r\n]*[\r\n])+"
_COMMENT: Final = re.compile(rb"#[^\r\n]*")
_PLAIN: Final = frozenset(b"123")
_BITMAPS: Final = frozenset(b"14")


def is_netpbm(data: bytes) -> bool:
    """Tell whether a file is of this family, as far as its first bytes say."""
    return bool(_KINDS.match(data))


def is_float(data: bytes) -> bool:
    """Tell whether a file is a Portable Float Map."""
    return data[:2] in {b"Pf", b"PF"}


def shorten(data: bytes) -> bytes:
    """Take the comments out of a file, which decoders read byte by byte.

    Raises:
        ImageError: there is no header within a reasonable length.
    """
    count = 2 if data[1] in _BITMAPS else 3
    pattern = rb"P[1-6]" + (_SPACE + rb"(\d{1,9})") * count + rb"\s"
    header = re.match(pattern, data[:_LONGEST_HEADER])
    if header is None:
        raise ImageError(DAMAGED)
    body = data[header.end() :]
    if data[1] in _PLAIN:
        body = _COMMENT.sub(b"", body)
    return data[:2] + b" " + b" ".join(header.groups()) + b"\n" + body


def float_size(data: bytes) -> tuple[int, int]:
    """Return width and height of a Portable Float Map.

    Raises:
        ImageError: the header is none.
    """
    return _float_header(data)[:2]


def read_floats(data: bytes) -> Raster:
    """Read a Portable Float Map, bottom row first; one in colour holds linear light.

    Raises:
        ImageError: numbers are missing.
    """
    width, height, scale, start = _float_header(data)
    channels = 3 if data[:2] == b"PF" else 1
    count = width * height * channels
    if len(data) < start + 4 * count:
        raise ImageError(DAMAGED)
    order = "<" if scale < 0 else ">"
    values = np.frombuffer(data, f"{order}f4", count, start).reshape(height, width, channels)[::-1]
    if channels == 1:
        return Raster(pixels=values[..., 0])
    return Raster(pixels=values, space=LINEAR_HDR)


def _float_header(data: bytes) -> tuple[int, int, float, int]:
    number = rb"(-?[\d.]+(?:[eE][-+]?\d+)?)"
    header = re.match(
        rb"P[fF]\s+(\d{1,9})\s+(\d{1,9})\s+" + number + rb"\s", data[:_LONGEST_HEADER]
    )
    if header is None:
        raise ImageError(DAMAGED)
    try:
        return int(header[1]), int(header[2]), float(header[3]), header.end()
    except ValueError as error:
        raise ImageError(DAMAGED) from error
