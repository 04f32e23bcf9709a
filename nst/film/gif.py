"""How many frames a GIF has, without unpacking any."""

from __future__ import annotations

from typing import Final

_IMAGE: Final = 0x2C
_EXTENSION: Final = 0x21


def count_frames(data: bytes, most: int) -> int:
    """Count a GIF's frames, no further than `most`; a damaged one's as far as it can be read.

    GIF89a specification, sections 17 to 27. Pillow counts all of them, a million too.
    """
    try:
        place = 13 + _table(data[10])
        frames = 0
        while frames < most:
            kind = data[place]
            if kind == _IMAGE:
                frames += 1
                place = _after_blocks(data, place + 11 + _table(data[place + 9]))
            elif kind == _EXTENSION:
                place = _after_blocks(data, place + 2)
            else:
                break
    except IndexError:
        return max(1, frames)
    return frames


def _table(flags: int) -> int:
    """Return the bytes of a colour table."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, place: int) -> int:
    while size := data[place]:
        place += size + 1
    return place + 1
