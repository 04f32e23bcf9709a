"""The frames that an engine and its worker processes exchange over pipes.

A frame is a JSON object (`bot.engine.messages`) and, after it, raw bytes (a preview; mostly none),
each preceded by its length as an unsigned 32-bit big-endian number: `>II`. JSON and not pickle,
because a worker reads pictures made by strangers: whatever takes it over must not be able to run
code in the bot.
"""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from typing import IO, Final

MAX_HEAD: Final = 1 << 20
MAX_BODY: Final = 8 << 20
_LENGTHS: Final = struct.Struct(">II")


class FrameError(Exception):
    """The other side sent a frame over the size limits."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message: its JSON, and raw bytes beside it."""

    head: str | bytes
    body: bytes = b""

    def encode(self) -> bytes:
        """Return the frame as bytes.

        Raises:
            FrameError: it is larger than `MAX_HEAD` or `MAX_BODY` allow.
        """
        head = self.head.encode() if isinstance(self.head, str) else self.head
        _check(len(head), len(self.body))
        return _LENGTHS.pack(len(head), len(self.body)) + head + self.body


async def receive(stream: asyncio.StreamReader) -> Frame | None:
    """Return the next frame, or None at the end of the stream (also when it ends within a frame).

    Raises:
        FrameError: the frame is over the size limits.
    """
    try:
        head, body = _LENGTHS.unpack(await stream.readexactly(_LENGTHS.size))
        _check(head, body)
        return Frame(await stream.readexactly(head), await stream.readexactly(body))
    except asyncio.IncompleteReadError:
        return None


def read(stream: IO[bytes]) -> Frame | None:
    """Do what `receive` does, for blocking streams."""
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    head_size, body_size = _LENGTHS.unpack(lengths)
    _check(head_size, body_size)
    head, body = stream.read(head_size), stream.read(body_size)
    if len(head) < head_size or len(body) < body_size:
        return None
    return Frame(head, body)


def _check(head: int, body: int) -> None:
    if head > MAX_HEAD or body > MAX_BODY:
        raise FrameError(f"a frame of {head} + {body} bytes is over {MAX_HEAD} + {MAX_BODY}")
