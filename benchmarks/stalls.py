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
    """The longest time for which nothing else could run, in seconds."""

    longest: float = 0.0


@asynccontextmanager
async def watched() -> AsyncIterator[Stall]:
    """Watch the loop meanwhile: a task that wants to run every millisecond tells."""
    stall = Stall()

    async def watch() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(TICK)
            now = time.perf_counter()
            stall.longest = max(stall.longest, now - last - TICK)
            last = now

    watching = asyncio.create_task(watch())
    await asyncio.sleep(10 * TICK)
    stall.longest = 0.0
    try:
        yield stall
        await asyncio.sleep(2 * TICK)
    finally:
        watching.cancel()
