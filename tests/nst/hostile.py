"""Films that lie, are damaged or are made to do harm."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

from tests.nst import clips

Change = Callable[[int, bytes], bytes]
_PNG = b"\x89PNG\r\n\x1a\n"


def animated(kind: str, frames: list[Image.Image] | None = None, **settings: Any) -> bytes:
    """Return four frames of a ball, or others, a tenth of a second each."""
    first, *others = frames or clips.ball(4)
    buffer = io.BytesIO()
    settings = {"duration": 100} | settings
    first.save(buffer, kind, save_all=True, append_images=others, **settings)
    return buffer.getvalue()


def descriptors(gif: bytes) -> list[int]:
    """Return where the frames of a GIF begin."""

    def table(flags: int) -> int:
        return 3 << ((flags & 7) + 1) if flags & 0x80 else 0

    found, place = [], 13 + table(gif[10])
    while gif[place] != 0x3B:
        if gif[place] == 0x2C:
            found.append(place)
            place += 11 + table(gif[place + 9])
        else:
            place += 2
        while gif[place]:
            place += gif[place] + 1
        place += 1
    return found


def with_bytes(data: bytes, place: int, *numbers: int, form: str = "<HH") -> bytes:
    """Return a file with other numbers at a place."""
    changed = struct.pack(form, *numbers)
    return data[:place] + changed + data[place + len(changed) :]


def apng(kind: bytes, change: Change) -> bytes:
    """Return an APNG whose chunks of a kind, counted from 0, say something else."""
    data, made, count = animated("PNG"), _PNG, 0
    for name, content in _chunks(data):
        body = content
        if name == kind:
            body, count = change(count, content), count + 1
        checked = name + body
        made += struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))
    return made


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(_PNG)
    while place < len(data):
        length, name = struct.unpack_from(">I4s", data, place)
        yield name, data[place + 8 : place + 8 + length]
        place += 12 + length


@cache
def mp4(frames: int = 4) -> bytes:
    """Return a video of a ball."""
    with TemporaryDirectory() as folder:
        return clips.video(Path(folder, "film.mp4"), clips.ball(frames)).read_bytes()


def box(name: bytes, place: int, *numbers: int, form: str = ">I", data: bytes = b"") -> bytes:
    """Return a video in which a box (ISO/IEC 14496-12) says something else."""
    data = data or mp4()
    return with_bytes(data, data.index(name) + 4 + place, *numbers, form=form)


def gif_that_takes(*hundredths: int) -> bytes:
    """Return a GIF whose frames are shown for so long."""
    return animated("GIF", clips.ball(len(hundredths)), duration=[10 * each for each in hundredths])
