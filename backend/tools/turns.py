"""A number of slots that several lines of waiting work take in turn."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class Turns:
    """So many slots for work; whoever waits stands in a line, such as that of one person.

    A slot that becomes free goes to the first of the next line, so that many in one line hold up
    another line by one piece of work at most.

    Args:
        slots: how many pieces of work run at a time.
        per_line: how many of one line do; as many as there are slots, if left out.
    """

    def __init__(self, slots: int, per_line: int | None = None) -> None:
        self._free = slots
        self._per_line = per_line or slots
        self._running: Counter[Hashable] = Counter()
        self._lines: dict[Hashable, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def turn(self, line: Hashable) -> AsyncIterator[None]:
        """Wait for a slot and hold it."""
        turn = asyncio.get_running_loop().create_future()
        self._lines.setdefault(line, deque()).append(turn)
        self._call()
        try:
            await turn
            yield
        finally:
            if turn.done() and not turn.cancelled():
                self._free += 1
                self._running[line] -= 1
            self._running += Counter()  # forget those of whom nothing runs
            self._call()

    def _call(self) -> None:
        """Give free slots to the first of the next lines, and put those lines behind the others."""
        for line in list(self._lines):
            waiting = self._lines[line]
            while waiting and waiting[0].done():  # cancelled: whoever waited has left
                waiting.popleft()
            if not waiting:
                del self._lines[line]
            elif self._free and self._running[line] < self._per_line:
                self._free -= 1
                self._running[line] += 1
                waiting.popleft().set_result(None)
                self._lines[line] = self._lines.pop(line)
