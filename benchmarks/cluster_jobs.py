"""Jobs of many people through the bot's own queue and store, painted on a cluster."""

from __future__ import annotations

import argparse
import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from backend.database.sqlite import SqliteFile
from backend.engine.protocol import EngineProgress, EngineRequest, EngineSlot
from backend.engine.ray.engine import RayEngine
from backend.jobs.model import Address, Job, JobState, NewJob
from backend.jobs.queue import JobQueue
from backend.jobs.store import JobStore
from backend.records import ResultFile
from benchmarks.cluster_painter import PAINTER
from benchmarks.fairness import jain
from tests.backend.jobs.support import hold, lenient
from tests.cluster import ADDRESS, Cluster, Host, true, until
from tests.contracts.requests import files_in, request_for

VICTIMS: Final = {
    "worker": "backend.engine.worker",
    "actor": "ray::Slot",
    "raylet": "raylet/raylet",
    "node": "",
    "halted": "",
}
"""What is killed, and what the command line of such a process has in it."""
_NEVER: Final = 120.0


@dataclass(slots=True, eq=False)
class CountingEngine(RayEngine):
    """An engine that counts how often it began a run of each job, and how often one had a result.

    Attributes:
        turns: whose run began, in order.
        results: by job.
    """

    turns: list[str] = field(default_factory=list)
    results: Counter[str] = field(default_factory=Counter)

    async def run(
        self, request: EngineRequest, on_progress: Callable[[EngineProgress], None]
    ) -> ResultFile:
        """Run a request as the engine does."""
        self.turns.append(request.job_id)
        result = await RayEngine.run(self, request, on_progress)
        self.results[request.job_id] += 1
        return result


@dataclass(slots=True, eq=False)
class Site:
    """The queue of a bot over a cluster."""

    engine: CountingEngine
    queue: JobQueue
    store: JobStore

    async def submit(self, person: int, act: str) -> Job:
        """Ask for a picture."""
        address = Address(
            requester_id=person,
            guild_id=1,
            channel_id=1,
            message_id=1,
            bot_is_member=True,
            interaction_token="none",
            application_id=1,
        )
        return await self.queue.submit(NewJob(address=address, spec=request_for(act).spec))

    async def end_of(self, job: Job) -> Job:
        """Return a job in its final state."""
        async for update in self.queue.watch(job.id):
            job = update.job
        return job


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    """Yield a queue, its store and its engine, over the cluster that runs."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        location = SqliteFile(folder / "jobs.sqlite")
        async with JobStore(location, folder) as store:
            await files_in(folder)
            await hold(store)
            engine = CountingEngine(ADDRESS, store.files, painter=PAINTER)
            async with engine, JobQueue(store, engine, quota_of=lenient) as queue:
                yield Site(engine, queue, store)


def memory() -> float:
    """Return how many MiB of memory this process has."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


async def fair(running: Cluster, asked: argparse.Namespace) -> None:
    """Print how fair the turns of many people are, and how the bot's memory grows.

    Everybody asks for theirs one after another, all people at the same time. Fairness is looked at
    when half of all turns were given.
    """
    running.join(slots=asked.slots)
    async with site() as here:
        await until(here.engine, asked.slots, seconds=_NEVER)
        each, sizes = asked.jobs // asked.people, [memory()]
        owners, jobs = dict[str, int](), list[Job]()

        async def ask(person: int) -> None:
            for _ in range(each):
                jobs.append(job := await here.submit(person, "10 0.1"))
                owners[job.id] = person

        await asyncio.gather(*map(ask, range(1, asked.people + 1)))
        ends = list[JobState]()
        for quarter in range(4):
            part = jobs[quarter * len(jobs) // 4 : (quarter + 1) * len(jobs) // 4]
            ends += [(await here.end_of(job)).state for job in part]
            sizes.append(memory())
        had = Counter(owners[job_id] for job_id in here.engine.turns[: len(jobs) // 2])
        index = jain([had[person] for person in range(1, asked.people + 1)])
        told = " · ".join(f"{size:.0f}" for size in sizes)
        print(f"{len(jobs)} jobs of {asked.people} people on {asked.slots} slots: {Counter(ends)}")
        print(f"Jain's index after half of the turns: {index:.3f}")
        print(f"memory of the bot without a chat, after each quarter: {told} MiB")


async def growth(running: Cluster, asked: argparse.Namespace) -> None:
    """Print how many pictures of a second are painted a minute with more and more slots."""
    async with site() as here:
        slots, first = 1, 0.0
        while slots <= asked.slots:
            running.join(slots=slots - here.engine.slots)
            await until(here.engine, slots, seconds=_NEVER)
            await paint_all(here, slots, "1 1")
            count = slots * max(2, asked.jobs // 10)
            rate = count / await paint_all(here, count, "10 0.1")
            first = first or rate
            print(
                f"{slots} slots: {60 * rate:.1f} pictures a minute, {rate / first / slots:.2f} of "
                "linear",
                flush=True,
            )
            slots *= 2


async def paint_all(here: Site, count: int, act: str) -> float:
    """Return the seconds that so many pictures take."""
    began = time.monotonic()
    jobs = [await here.submit(number, act) for number in range(count)]
    await asyncio.gather(*map(here.end_of, jobs))
    return time.monotonic() - began


@dataclass(slots=True)
class Toll:
    """What deaths of one kind of process cost.

    Attributes:
        noticed: seconds until the slot was known to be lost or its run to be over, for each.
        done: seconds until the job that was painted there was done.
    """

    noticed: list[float] = field(default_factory=list)
    done: list[float] = field(default_factory=list)
    lost: int = 0
    twice: int = 0
    touched: int = 0

    def __str__(self) -> str:
        """Return it in words."""
        return (
            f"{self.lost} lost, {self.twice} delivered twice, {self.touched} jobs of other hosts "
            f"touched; noticed after {median(self.noticed):.1f} s (worst {max(self.noticed):.1f}), "
            f"done after {median(self.done):.1f} s (worst {max(self.done):.1f})"
        )


async def kills(running: Cluster, asked: argparse.Namespace) -> None:
    """Print what the deaths of workers, actors, raylets and hosts cost; two hosts look on."""
    async with site() as here:
        running.join()
        running.join()
        await until(here.engine, 2, seconds=_NEVER)
        for kind in asked.of or VICTIMS:
            toll = Toll()
            host = running.join()
            for number in range(asked.kills):
                if number and kind in {"node", "halted"}:
                    host = running.join()
                await until(here.engine, 3, seconds=_NEVER)
                await kill_one(here, host, kind, toll)
            await asyncio.to_thread(host.kill)
            await until(here.engine, 2, seconds=_NEVER)
            print(f"{kind} killed {asked.kills} times: {toll}", flush=True)


async def kill_one(here: Site, host: Host, kind: str, toll: Toll) -> None:
    """Let three hosts paint, kill a process on one of them, and see what becomes of the jobs."""
    await paint_all(here, 3, "1 1")  # all are warm
    jobs = [await here.submit(number, "60 0.1") for number in range(3)]
    progress = {job.id: _Progress() for job in jobs}
    watching = [asyncio.create_task(watch(here, job, progress[job.id])) for job in jobs]
    await true(lambda: min(each.fraction for each in progress.values()) > 0.4, _NEVER)
    before = slot_on(here, host)
    at = time.monotonic()
    await asyncio.to_thread(end, host, kind)
    await true(lambda: before not in here.engine.places(), _NEVER)
    toll.noticed.append(time.monotonic() - at)
    states = [await task for task in watching]
    toll.done.append(progress[str(before.job_id)].ended - at)
    others = [job.id for job in jobs if job.id != before.job_id]
    toll.lost += sum(state is not JobState.DONE for state in states)
    toll.twice += sum(here.engine.results[job.id] > 1 for job in jobs)
    toll.touched += sum(here.engine.turns.count(job_id) > 1 for job_id in others)
    if kind == "halted":
        host.signal(signal.SIGCONT)
        await asyncio.to_thread(host.kill)
        await until(here.engine, 2, seconds=_NEVER)


@dataclass(slots=True)
class _Progress:
    fraction: float = 0.0
    ended: float = 0.0


async def watch(here: Site, job: Job, progress: _Progress) -> JobState:
    """Note how far a job is; return its final state."""
    state = job.state
    async for update in here.queue.watch(job.id):
        progress.fraction, state = update.fraction, update.job.state
    progress.ended = time.monotonic()
    return state


def slot_on(here: Site, host: Host) -> EngineSlot:
    """Return the slot of a host that paints."""
    (slot,) = [each for each in here.engine.places() if f"({host.ip})" in each.host]
    return slot


def end(host: Host, kind: str) -> None:
    """Kill processes of a host, or all of it, or let all of it stand still."""
    if kind == "node":
        host.kill()
    else:
        host.signal(signal.SIGSTOP if kind == "halted" else signal.SIGKILL, VICTIMS[kind])
