"""How right the estimates of a job's time are, and how long cancelling and stopping take.

    python -m benchmarks.waiting CONTENT STYLE --jobs 40

The real queue and the real painter, without a chat. Jobs of random sizes and presets come three at
a time; what each is told first is compared with when it was finished. The first jobs teach the
queue and do not count. Then jobs are cancelled and stopped while they run.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from PIL import Image

from backend.database.sqlite import SqliteFile
from backend.engine.launch import discover_devices
from backend.engine.pool import PoolEngine
from backend.files.store import FileKey
from backend.jobs.model import Address, Job, JobState, NewJob
from backend.jobs.queue import JobQueue
from backend.jobs.quota import Quota
from backend.jobs.store import JobStore
from backend.records import JobSpec, JobStyle, StoredImage
from nst.options import Options, Preset

AT_A_TIME: Final = 3
LESSONS: Final = 6
SIZES: Final = (96, 384)
PRESETS: Final = (Preset.DRAFT, Preset.STANDARD)
LATENCIES: Final = 5
MAX_ERROR: Final = 0.25
MAX_LATENCY: Final = 2.0


@dataclass(slots=True)
class Verdict:
    """Everything measured.

    Attributes:
        errors: |estimate − truth| / truth of each job that was not a lesson.
        cancelling: seconds from asking to the final state, of jobs that ran.
        stopping: the same for stop-and-keep.
    """

    errors: list[float] = field(default_factory=list)
    cancelling: list[float] = field(default_factory=list)
    stopping: list[float] = field(default_factory=list)


async def measure(content: Path, style: Path, jobs: int, seed: int) -> Verdict:
    """Paint `jobs` pictures of random sizes, then cancel and stop some."""
    chance, verdict = random.Random(seed), Verdict()
    async with real_queue() as (_, store, queue):
        images = [await image(store, path) for path in (content, style)]
        gate = asyncio.Semaphore(AT_A_TIME)

        async def one(number: int) -> None:
            async with gate:
                size = chance.randrange(*SIZES)
                options = Options(preset=chance.choice(PRESETS), size=size)
                error = await _error(queue, new_job(images, options))
                if number >= LESSONS and error is not None:
                    verdict.errors.append(error)

        await asyncio.gather(*map(one, range(jobs)))
        for _ in range(LATENCIES):
            verdict.cancelling.append(await _latency(queue, images, queue.cancel))
            verdict.stopping.append(await _latency(queue, images, queue.stop))
    return verdict


@asynccontextmanager
async def real_queue(painters: int = 1) -> AsyncIterator[tuple[list[str], JobStore, JobQueue]]:
    """Yield the devices, a store, and a queue without limits, with so many painters on each."""
    devices = await discover_devices() * painters
    with tempfile.TemporaryDirectory() as folder:
        async with (
            JobStore(SqliteFile(Path(folder) / "jobs.sqlite"), Path(folder)) as store,
            PoolEngine(devices, store.files) as engine,
            JobQueue(store, engine, quota_of=_no_limits) as queue,
        ):
            yield devices, store, queue


async def _error(queue: JobQueue, new: NewJob) -> float | None:
    began = time.monotonic()
    job = await queue.submit(new)
    expected = (await anext(queue.watch(job.id))).seconds_left
    await until(queue, job, lambda state: state.is_final)
    truth = time.monotonic() - began
    return None if expected is None else abs(expected - truth) / truth


async def _latency(
    queue: JobQueue, images: list[StoredImage], end: Callable[[str], Awaitable[Job]]
) -> float:
    job = await queue.submit(new_job(images, Options(size=512)))
    async for update in queue.watch(job.id):
        if update.fraction > 0.1:
            break
    began = time.monotonic()
    await end(job.id)
    await until(queue, job, lambda state: state.is_final)
    return time.monotonic() - began


async def until(queue: JobQueue, job: Job, condition: Callable[[JobState], bool]) -> None:
    """Return when the job's state meets the condition."""
    async for update in queue.watch(job.id):
        if condition(update.job.state):
            return


async def _no_limits(_guild_id: int | None) -> Quota:
    return Quota(per_person=10**6, per_server=10**6)


async def image(store: JobStore, path: Path) -> StoredImage:
    """Store a picture as intake would have."""
    file = FileKey(f"spool/{path.stem}{path.suffix}")
    await store.uses.keep("benchmark", {file: await asyncio.to_thread(path.read_bytes)})
    with Image.open(path) as picture:
        width, height = picture.size
    return StoredImage(
        file=file, thumbnail=file, filename=path.name, sha256="", width=width, height=height
    )


def new_job(images: list[StoredImage], options: Options) -> NewJob:
    """Return a job of nobody in particular."""
    address = Address(
        requester_id=1,
        guild_id=1,
        channel_id=1,
        message_id=1,
        bot_is_member=True,
        interaction_token="",
        application_id=1,
    )
    return NewJob(
        address=address,
        spec=JobSpec(
            options=options,
            content=images[0],
            styles=(JobStyle(image=images[1]),),
            max_result_bytes=10_000_000,
        ),
    )


def main() -> int:
    """Measure, print, and judge; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("content", type=Path)
    parser.add_argument("style", type=Path)
    parser.add_argument("--jobs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    verdict = asyncio.run(
        measure(arguments.content, arguments.style, arguments.jobs, arguments.seed)
    )
    mean = statistics.mean(verdict.errors)
    print(f"estimates          {len(verdict.errors)} jobs, the first {LESSONS} taught the queue")
    print(f"  error, mean      {mean:8.0%}  (limit {MAX_ERROR:.0%})")
    print(f"  error, median    {statistics.median(verdict.errors):8.0%}")
    print(f"  error, worst     {max(verdict.errors):8.0%}")
    for name, values in (("cancelling", verdict.cancelling), ("stopping", verdict.stopping)):
        print(
            f"{name:18} median {statistics.median(values):.2f} s, worst {max(values):.2f} s"
            f"  (limit {MAX_LATENCY:.0f} s, while painting 512 px)"
        )
    worst = max(*verdict.cancelling, *verdict.stopping)
    return int(mean > MAX_ERROR or worst > MAX_LATENCY)


if __name__ == "__main__":
    sys.exit(main())
