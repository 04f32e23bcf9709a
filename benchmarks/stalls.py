"""For how long an event loop stood still."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

TICK: Final = 0.001


@dataclass(slots=True)
class Stall:
    """For how long nothing else could run, in seconds.

    Attributes:
        longest: time on the clock, in which other programs may have had the processor.
        work: the most processor time of the loop's own thread in one go.
    """

    longest: float = 0.0
    work: float = 0.0


@asynccontextmanager
async def watched() -> AsyncIterator[Stall]:
    """Watch the loop meanwhile: a task that wants to run every millisecond tells."""
    stall = Stall()

    async def watch() -> None:
        last, worked = time.perf_counter(), time.thread_time()
        while True:
            await asyncio.sleep(TICK)
            now, work = time.perf_counter(), time.thread_time()
            stall.longest = max(stall.longest, now - last - TICK)
            stall.work = max(stall.work, work - worked)
            last, worked = now, work

    watching = asyncio.create_task(watch())
    await asyncio.sleep(10 * TICK)
    stall.longest = stall.work = 0.0
    try:
        yield stall
        await asyncio.sleep(2 * TICK)
    finally:
        watching.cancel()
