"""MP4 files in memory, with their index at the start."""

from __future__ import annotations

import io
from collections.abc import Callable


def second_reader(made: io.BytesIO) -> Callable[..., object]:
    """Return what opens a buffer once more (`io_open` of PyAV).

    To put the index at the start, FFmpeg reads what it has written while it writes.
    """

    def open_again(*_: object) -> _SecondReader:
        return _SecondReader(made)

    return open_again


class _SecondReader:
    """A reader with a place of its own in a buffer that somebody else writes to."""

    def __init__(self, buffer: io.BytesIO) -> None:
        self._buffer = buffer
        self._place = 0

    def read(self, size: int) -> bytes:
        """Return the next bytes, at most `size`."""
        with self._buffer.getbuffer() as view:
            data = bytes(view[self._place : self._place + size])
        self._place += len(data)
        return data
