"""Store and queue under any sequence of events: Hypothesis looks for one that breaks a promise.

The promises: states change along the allowed ways only, a final state stays, no job is on the
engine twice or after its end, as many run as there are devices, and the places in the queue are
1, 2, 3 … without a gap; all that across restarts, on both kinds of databases.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import URL

from backend.database.location import Location
from backend.database.postgres import PostgresServer
from backend.database.sqlite import SqliteFile
from backend.errors import JobFailed, QueueRefused, WorkerDied
from backend.jobs.model import Address, Job, JobState, NewJob
from backend.jobs.queue import JobQueue
from backend.jobs.quota import Quota
from backend.jobs.recovery import MAX_STARTS
from backend.jobs.store import JobStore
from backend.records import JobSpec, JobStyle
from nst.options import Options
from tests.backend.images import stored_image
from tests.backend.jobs.support import Script, hold
from tests.postgres import database

T = TypeVar("T")

SLOTS = 2
PER_PERSON = 4
PER_SERVER = 6
AFTER = {
    JobState.QUEUED: set(JobState) - {JobState.DONE},
    JobState.RUNNING: set(JobState),
}


class Watched(Script):
    """Knows which jobs were started, and that none is started while it runs."""

    async def run(self, request: Any, on_progress: Any) -> Any:
        assert request.job_id not in self.running, "dispatched twice"
        return await super().run(request, on_progress)

    @property
    def running(self) -> list[str]:
        return list(self._runs)


class Life(RuleBasedStateMachine):
    """People, workers and the host do what they like.

    Args:
        open_location: gives the database of this example.
    """

    jobs: Bundle[str] = Bundle("jobs")

    def __init__(self, open_location: Callable[[Path, ExitStack], Location]) -> None:
        super().__init__()
        self.exits = ExitStack()
        self.runner = self.exits.enter_context(asyncio.Runner())
        self.folder = Path(self.exits.enter_context(tempfile.TemporaryDirectory()))
        self.location = open_location(self.folder, self.exits)
        self.seen: dict[str, JobState] = {}
        self.deaths: dict[str, int] = {}
        self.starts: dict[str, int] = {}
        self.bot = AsyncExitStack()
        self.do(self.start())

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(asyncio.wait_for(work, 30))

    async def start(self) -> None:
        self.engine = Watched(SLOTS)
        self.store = await self.bot.enter_async_context(JobStore(self.location, self.folder))
        self.queue = await self.bot.enter_async_context(
            JobQueue(self.store, self.engine, quota_of=quota_of)
        )
        await self.rest()

    async def rest(self) -> None:
        """Until every device that could be busy is."""
        while True:
            active = [update.job for update in self.queue.overview()]
            running = {job.id for job in active if job.state is JobState.RUNNING}
            if len(running) == min(SLOTS, len(active)) and running == set(self.engine.running):
                return
            await asyncio.sleep(0.002)

    async def until_final(self, job_id: str) -> Job:
        return [update.job async for update in self.queue.watch(job_id)][-1]

    @rule(target=jobs, person=st.integers(1, 3), server=st.sampled_from([1, 2, None]))
    def submit(self, person: int, server: int | None) -> Any:
        async def work() -> Any:
            active = [update.job.address for update in self.queue.overview()]
            own = sum(address.requester_id == person for address in active)
            here = sum(server is not None and address.guild_id == server for address in active)
            full = own >= PER_PERSON or here >= PER_SERVER
            await hold(self.store, "content")
            try:
                job = await self.queue.submit(new(person, server))
            except QueueRefused:
                assert full
                return multiple()
            assert not full
            self.seen[job.id] = JobState.QUEUED
            await self.rest()
            return job.id

        return self.do(work())

    @rule(pick=st.integers(0, SLOTS - 1), how=st.sampled_from(["finish", "fail", "bug"]))
    def end_a_run(self, pick: int, how: str) -> None:
        async def work() -> None:
            job_id = self.pick(pick)
            if job_id is None:
                return
            ending = asyncio.create_task(self.until_final(job_id))
            await asyncio.sleep(0)
            if how == "finish":
                self.engine.finish(job_id)
            else:
                error = JobFailed("Too small.") if how == "fail" else RuntimeError("a bug")
                self.engine.fail(job_id, error)
            assert (await ending).state is (JobState.DONE if how == "finish" else JobState.FAILED)
            await self.rest()

        self.do(work())

    @rule(pick=st.integers(0, SLOTS - 1))
    def kill_a_worker(self, pick: int) -> None:
        async def work() -> None:
            job_id = self.pick(pick)
            if job_id is None:
                return
            before = len(self.engine.started)
            self.deaths[job_id] = self.deaths.get(job_id, 0) + 1
            self.engine.fail(job_id, WorkerDied("dead"))
            if self.deaths[job_id] == 1:
                await self.engine.until_started(before + 1)
                assert job_id in self.engine.running
            else:
                assert (await self.until_final(job_id)).state is JobState.FAILED
            await self.rest()

        self.do(work())

    @rule(job_id=jobs)
    def cancel(self, job_id: str) -> None:
        async def work() -> None:
            before = self.seen[job_id]
            job = await self.queue.cancel(job_id)
            assert job.state is (before if before.is_final else JobState.CANCELLED)
            await self.rest()

        self.do(work())

    @rule(job_id=jobs)
    def stop(self, job_id: str) -> None:
        async def work() -> None:
            runs = job_id in self.engine.running
            await self.queue.stop(job_id)
            if runs:
                assert (await self.until_final(job_id)).state is JobState.DONE
            await self.rest()

        self.do(work())

    @rule(job_id=jobs, quick=st.booleans())
    def cancel_while_it_finishes(self, job_id: str, quick: bool) -> None:
        async def work() -> None:
            if job_id not in self.engine.running:
                return
            cancelling = asyncio.create_task(self.queue.cancel(job_id))
            if quick:
                await asyncio.sleep(0)
            if job_id in self.engine.running and not self.engine.is_over(job_id):
                self.engine.finish(job_id)
            assert (await cancelling).state in {JobState.DONE, JobState.CANCELLED}
            await self.rest()

        self.do(work())

    @rule(job_id=consumes(jobs))
    def deliver(self, job_id: str) -> None:
        async def work() -> None:
            if self.seen[job_id].is_final:
                await self.queue.mark_delivered(job_id)

        self.do(work())

    @rule()
    def restart(self) -> None:
        async def work() -> None:
            order = [u.job.id for u in self.queue.overview() if u.job.state is JobState.QUEUED]
            running = set(self.engine.running)
            for job_id in running:
                self.starts[job_id] = self.starts.get(job_id, 0) + 1
            self.deaths.clear()  # a new bot does not hold them against a job
            await self.bot.aclose()
            await self.start()
            lost = {job for job in running if self.starts[job] >= MAX_STARTS}
            after = [u.job.id for u in self.queue.overview()]
            assert set(after) == set(order) | (running - lost)
            waiting = [u.job.id for u in self.queue.overview() if u.job.state is JobState.QUEUED]
            assert [job for job in waiting if job not in running] == [
                job for job in order if job in waiting
            ] or len({self.place(job) for job in order}) > 1, "people and servers may take turns"

        self.do(work())

    def place(self, job_id: str) -> tuple[int | None, int]:
        update = next(u for u in self.queue.overview() if u.job.id == job_id)
        return update.job.address.guild_id, update.job.address.requester_id

    def pick(self, number: int) -> str | None:
        running = sorted(self.engine.running)
        return running[number % len(running)] if running else None

    @invariant()
    def states_go_along_the_allowed_ways(self) -> None:
        for job in self.do(self.store.in_states()):
            before = self.seen[job.id]
            assert job.state is before or job.state in AFTER.get(before, set())
            self.seen[job.id] = job.state
            assert (job.finished_at is not None) == job.state.is_final
            assert (job.result is not None) == (job.state is JobState.DONE)
            assert (job.error is not None) == (job.state is JobState.FAILED)
        running = {job for job, state in self.seen.items() if state is JobState.RUNNING}
        assert set(self.engine.running) == running

    @invariant()
    def places_have_no_gaps(self) -> None:
        updates = self.queue.overview()
        places = [u.place for u in updates if u.job.state is JobState.QUEUED]
        assert places == list(range(1, len(places) + 1))

    def teardown(self) -> None:
        self.do(self.bot.aclose())
        self.exits.close()


async def quota_of(guild_id: int | None) -> Quota:
    return Quota(per_person=PER_PERSON, per_server=PER_SERVER)


def new(person: int, server: int | None) -> NewJob:
    image = stored_image("content")
    address = Address(
        requester_id=person,
        guild_id=server,
        channel_id=1,
        message_id=1,
        bot_is_member=True,
        interaction_token="",
        application_id=1,
    )
    return NewJob(
        address=address,
        spec=JobSpec(
            options=Options(),
            content=image,
            styles=(JobStyle(image=image),),
            max_result_bytes=1,
        ),
    )


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def open_location(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "sqlite":
        yield lambda folder, exits: SqliteFile(folder / "jobs.sqlite")
        return
    address: URL | None = request.getfixturevalue("postgres")
    if address is None:
        pytest.skip("no PostgreSQL here")
    yield lambda folder, exits: PostgresServer(
        exits.enter_context(database(address)), on_lost=print
    )


@pytest.mark.slow
def test_promises_are_kept_whatever_happens(open_location: Any) -> None:
    run_state_machine_as_test(
        lambda: Life(open_location),  # type: ignore[arg-type]  # any factory will do
        settings=settings(
            max_examples=6,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
