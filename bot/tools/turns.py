"""A number of slots that several lines of waiting work take in turn."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """So many slots for work; each kind of it waits in a line of its own.

    A slot that becomes free goes to the first of the next line, so that many of one kind hold up
    another kind by one piece of work at most.
    """

    def __init__(self, slots: int) -> None:
        self._free = slots
        self._lines: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def turn(self, kind: str) -> AsyncIterator[None]:
        """Wait for a slot and hold it."""
        if self._free:
            self._free -= 1
        else:
            await self._stand_in_line(kind)
        try:
            yield
        finally:
            self._pass_on()

    async def _stand_in_line(self, kind: str) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._lines.setdefault(kind, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was this one's turn
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """Give a slot to the first of the next line, and put that line behind the others."""
        while self._lines:
            kind = next(iter(self._lines))
            line = self._lines.pop(kind)
            turn = line.popleft()
            if line:
                self._lines[kind] = line
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
