"""How long the event loop stands still while many pictures wait, each watched by its card.

    python -m benchmarks.crowded --waiting 1000

A queue over an engine in memory whose eight slots paint ten pictures a second each. Exits with 1
where the loop stood still for longer than it may.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backend.database.sqlite import SqliteFile
from backend.engine.protocol import EngineRequest
from backend.jobs.model import Address, NewJob
from backend.jobs.queue import JobQueue
from backend.jobs.quota import Quota
from backend.jobs.store import JobStore
from backend.records import JobSpec, JobStyle
from benchmarks.stalls import Stall, watched
from nst.options import Options
from tests.backend.images import stored_image
from tests.backend.jobs.support import Script, hold

LIMIT: Final = 0.05
PEOPLE: Final = 100
SERVERS: Final = 5
SLOTS: Final = 8
PAINTED: Final = 100
SECONDS: Final = 0.1


@dataclass(slots=True)
class Figures:
    """What was seen while `PAINTED` pictures were painted.

    Attributes:
        stall: of the loop.
        submitting: seconds for each picture that was asked for.
        busy: share of the time in which the process worked.
        updates: how many states of their jobs the cards were told, for each picture painted.
    """

    stall: Stall
    submitting: float
    busy: float
    updates: float


async def measure(waiting: int) -> Figures:
    """Let so many pictures wait, and watch the loop while some of them are painted."""
    painting, enough, updates = asyncio.Event(), asyncio.Event(), 0

    async def act(script: Script, request: EngineRequest) -> None:
        await painting.wait()
        for step in range(2):
            script.progress(request.job_id, step / 2, left=SECONDS * (1 - step / 2))
            await asyncio.sleep(SECONDS / 2)
        script.finish(request.job_id, seconds=SECONDS)
        if len(script.started) >= PAINTED:
            enough.set()

    async def follow(job_id: str) -> None:
        nonlocal updates
        async for _ in queue.watch(job_id):
            updates += 1

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = Script(SLOTS, act, folder)
        async with (
            JobStore(SqliteFile(folder / "jobs.sqlite"), folder) as store,
            JobQueue(store, engine, quota_of=_no_limit) as queue,
        ):
            await hold(store)
            began = time.perf_counter()
            ids = [(await queue.submit(_order(number))).id for number in range(waiting + PAINTED)]
            submitting = (time.perf_counter() - began) / len(ids)
            cards = [asyncio.create_task(follow(job_id)) for job_id in ids]
            await asyncio.sleep(1)
            updates, began, worked = 0, time.perf_counter(), time.process_time()
            async with watched() as stall:
                painting.set()
                await enough.wait()
            busy = (time.process_time() - worked) / (time.perf_counter() - began)
            figures = Figures(stall, submitting, busy, updates / PAINTED)
            for card in cards:
                card.cancel()
        return figures


def _order(number: int) -> NewJob:
    person = number % PEOPLE
    address = Address(
        requester_id=person + 1,
        guild_id=person % SERVERS + 1,
        channel_id=1,
        message_id=1,
        bot_is_member=True,
        interaction_token="none",
        application_id=1,
    )
    spec = JobSpec(
        options=Options(size=256 + number % 256),
        content=stored_image("content"),
        styles=(JobStyle(image=stored_image("style")),),
        max_result_bytes=1,
    )
    return NewJob(address=address, spec=spec)


async def _no_limit(_guild_id: int | None) -> Quota:
    return Quota(per_person=10_000, per_server=10_000, in_all=10_000)


def main() -> int:
    """Measure, print, and judge; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--waiting", type=int, default=1000)
    waiting = parser.parse_args().waiting
    figures = asyncio.run(measure(waiting))
    print(f"{waiting} pictures wait, {SLOTS} slots, {PAINTED} pictures painted")
    longest, work, limit = (
        1000 * each for each in (figures.stall.longest, figures.stall.work, LIMIT)
    )
    print(f"  longest block of the loop    {longest:6.1f} ms  (limit {limit:.0f})")
    print(f"  of it work, at most          {work:6.1f} ms")
    print(f"  the process works            {figures.busy * 100:6.1f} % of the time")
    print(f"  asking for one more takes    {figures.submitting * 1000:6.1f} ms")
    print(f"  states told to cards         {figures.updates:6.1f} for each picture")
    return int(figures.stall.longest > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
