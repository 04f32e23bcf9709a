"""How many frames a moving picture has and how long it plays; nothing is decoded.

Sources: GIF89a specification, sections 17 to 27; PNG specification, third edition, section 11.3.6.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_GIF: Final = (b"GIF87a", b"GIF89a")
_GRAPHIC_CONTROL: Final = b"\x21\xf9\x04"
_IMAGE: Final = 0x2C
_EXTENSION: Final = 0x21


class Playing(NamedTuple):
    """How a moving picture plays.

    Attributes:
        frames: 1 of a still picture.
        seconds: for all of them, as the file says.
    """

    frames: int
    seconds: float


def playing(data: bytes) -> Playing | None:
    """Return how a GIF, PNG or APNG plays; None for anything else, and where it is damaged."""
    try:
        if data.startswith(_GIF):
            times = list(_gif_times(data))
        elif data.startswith(_PNG):
            times = list(_png_times(data)) or [0.0]
        else:
            return None
    except (IndexError, struct.error):
        return None
    return Playing(len(times), sum(times)) if times else None


def _gif_times(data: bytes) -> Iterator[float]:
    """Yield how long each frame is shown, seconds."""
    place, seconds = 13 + _table(data[10]), 0.0
    while data[place] in {_IMAGE, _EXTENSION}:
        if data[place] == _IMAGE:
            yield seconds
            seconds = 0.0
            place += 10 + _table(data[place + 9]) + 1
        else:
            if data.startswith(_GRAPHIC_CONTROL, place):
                seconds = struct.unpack_from("<H", data, place + 4)[0] / 100
            place += 2
        while size := data[place]:
            place += size + 1
        place += 1


def _table(flags: int) -> int:
    """Return the bytes of a colour table."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _png_times(data: bytes) -> Iterator[float]:
    """Yield how long each frame of an APNG is shown, seconds; nothing of a still PNG."""
    place, kind = len(_PNG), b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, place)
        if kind == b"fcTL":
            part, whole = struct.unpack_from(">HH", data, place + 8 + 20)
            yield part / (whole or 100)
        place += length + 12
