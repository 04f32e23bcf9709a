"""How many frames a GIF has and how long they take, without unpacking any."""

from __future__ import annotations

from typing import Final

_IMAGE: Final = 0x2C
_EXTENSION: Final = 0x21
_GRAPHIC_CONTROL: Final = b"\x21\xf9\x04"


def count_frames(data: bytes, most: int) -> tuple[int, float]:
    """Count a GIF's frames and their seconds; of a damaged one, as far as it can be read.

    It ends at the frame number `most`. GIF89a specification, sections 17 to 27. Pillow counts all
    of them, a million too.
    """
    frames = hundredths = delay = 0
    try:
        place = 13 + _table(data[10])
        while frames < most:
            kind = data[place]
            if kind == _IMAGE:
                frames += 1
                hundredths, delay = hundredths + delay, 0
                place = _after_blocks(data, place + 11 + _table(data[place + 9]))
            elif kind == _EXTENSION:
                if data.startswith(_GRAPHIC_CONTROL, place):
                    delay = int.from_bytes(data[place + 4 : place + 6], "little")
                place = _after_blocks(data, place + 2)
            else:
                break
    except IndexError:
        frames = max(1, frames)
    return frames, hundredths / 100


def _table(flags: int) -> int:
    """Return the bytes of a colour table."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, place: int) -> int:
    while size := data[place]:
        place += size + 1
    return place + 1
