"""Who may edit next: results first, then cards that are being painted, then those that wait.

Edits share buckets: one a channel, about five edits in five seconds
(https://discord.com/developers/docs/topics/rate-limits), one an interaction's token. discord.py
obeys the headers by letting requests wait inside, first come, first served; so it is handed no more
than fits. Of each bucket the less urgent use a part only, which leaves room for a result at any
moment, and they go one at a time, so that discord.py never has a queue of them.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import AsyncIterator, Hashable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

_MANY_LANES: Final = 1000


class Urgency(IntEnum):
    """How long an edit may wait: the least value goes first."""

    RESULT = 0  # results and other ends
    PAINTING = 1
    WAITING = 2


_SHARES: Final = {Urgency.RESULT: 1.0, Urgency.PAINTING: 0.6, Urgency.WAITING: 0.4}
"""The part of a bucket that edits of an urgency and the more urgent ones may fill."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """What a rate limit counts together: so many edits in so many seconds."""

    key: Hashable
    edits: int = 5
    seconds: float = 5.0


@dataclass(order=True, slots=True)
class _Ticket:
    urgency: Urgency
    number: int
    called: asyncio.Future[None] = field(compare=False)


class _Lane:
    """Those who want to edit in one bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._times: deque[float] = deque(maxlen=bucket.edits)
        self._tickets: list[_Ticket] = []
        self._numbers = itertools.count()
        self._busy = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """Whether forgetting the lane changes nothing."""
        is_used = bool(self._times) and self._times[-1] + self._bucket.seconds > _now()
        return not (self._tickets or self._busy or is_used)

    @asynccontextmanager
    async def turn(self, urgency: Urgency) -> AsyncIterator[None]:
        """Wait for a turn, and hold it while the block runs."""
        called = asyncio.get_running_loop().create_future()
        heapq.heappush(self._tickets, _Ticket(urgency, next(self._numbers), called))
        self._call()
        try:
            await called
            yield
        finally:
            if called.done() and not called.cancelled():
                self._busy -= 1
            self._call()

    def _call(self) -> None:
        """Let in all who may go now, and come back when the next may."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        while self._tickets:
            first = self._tickets[0]
            if first.called.done():  # cancelled: whoever waited has left
                heapq.heappop(self._tickets)
                continue
            if self._busy and first.urgency is not Urgency.RESULT:
                return
            opens_at = self._opens_at(_SHARES[first.urgency])
            if opens_at > _now():
                self._timer = asyncio.get_running_loop().call_at(opens_at, self._call)
                return
            heapq.heappop(self._tickets)
            self._times.append(_now())
            self._busy += 1
            first.called.set_result(None)

    def _opens_at(self, share: float) -> float:
        """When this part of the bucket has room."""
        room = max(1, int(self._bucket.edits * share))
        return self._times[-room] + self._bucket.seconds if len(self._times) >= room else 0.0


class EditScheduler:
    """All edits of cards pass here."""

    def __init__(self) -> None:
        self._lanes: dict[Bucket, _Lane] = {}

    def turn(self, bucket: Bucket, urgency: Urgency) -> AbstractAsyncContextManager[None]:
        """Wait until the edit may be sent, and send it in the block."""
        if len(self._lanes) > _MANY_LANES:
            self._lanes = {key: lane for key, lane in self._lanes.items() if not lane.is_idle}
        return self._lanes.setdefault(bucket, _Lane(bucket)).turn(urgency)


def _now() -> float:
    return asyncio.get_running_loop().time()
