"""What Discord tells of a file: a type by its name, and a picture's size by its first bytes.

Only headers are read, nothing is decoded; whatever does not parse has no size.
"""

from __future__ import annotations

import mimetypes
import struct
from collections.abc import Callable

Size = tuple[int, int]
"""(width, height) in pixels."""

# What the standard library's table lacks where the system has none of its own.
_TYPES = mimetypes.MimeTypes()
for _suffix in ("webp", "avif", "heic", "apng"):
    _TYPES.add_type(f"image/{_suffix}", f".{_suffix}")

_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def _png(data: bytes) -> Size | None:
    if data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _gif(data: bytes) -> Size | None:
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height


def _jpeg(data: bytes) -> Size | None:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = struct.unpack_from(">BH", data, at + 1)
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + length
    return None


def _webp(data: bytes) -> Size | None:
    kind = data[12:16]
    if data[8:12] != b"WEBP":
        return None
    if kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        return width, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


_READERS: tuple[tuple[bytes, Callable[[bytes], Size | None]], ...] = (
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"GIF87a", _gif),
    (b"GIF89a", _gif),
    (b"\xff\xd8\xff", _jpeg),
    (b"RIFF", _webp),
)


def content_type_of(filename: str) -> str:
    """Return the type that the end of a file's name says.

    Assumption: Discord takes what it does not know for `application/octet-stream`, as was seen of
    pictures without a suffix.
    """
    return _TYPES.guess_type(filename)[0] or "application/octet-stream"


def picture_size(data: bytes) -> Size | None:
    """Return the size in the header of a PNG, GIF, JPEG or WebP file; None for anything else."""
    for magic, read in _READERS:
        if data.startswith(magic):
            try:
                return read(data)
            except (struct.error, IndexError):
                return None
    return None
