"""Slots that come and go: jobs begin, wait, are told why, and run again when a host is lost."""

from __future__ import annotations

import asyncio

import pytest

from backend.errors import HostLost
from backend.i18n import Text
from backend.jobs.model import JobState
from backend.jobs.queue import JobQueue
from backend.jobs.recovery import MAX_STARTS
from backend.jobs.store import JobStore
from backend.metrics import REGISTRY
from tests.backend.jobs.support import NewJobs, Script, lenient

NOBODY = Text("No host can be reached.")


async def test_jobs_wait_for_a_slot_and_are_told_why(store: JobStore, new_job: NewJobs) -> None:
    engine = Script(slots=0)
    engine.resize(0, NOBODY)
    async with JobQueue(store, engine, quota_of=lenient) as queue:
        jobs = [await queue.submit(new_job()) for _ in range(3)]
        for update in queue.overview():
            assert (update.held, update.job.state) == (NOBODY, JobState.QUEUED)
            assert update.seconds_left is None
        engine.resize(2)
        assert set(await engine.until_started(2)) == {job.id for job in jobs[:2]}
        assert [update.held for update in queue.overview()] == [None] * 3
        assert REGISTRY.get_sample_value("stylize_slots") == 2


async def test_what_lost_hosts_painted_runs_again_as_long_as_it_gets_further(
    store: JobStore, new_job: NewJobs
) -> None:
    engine = Script()
    async with JobQueue(store, engine) as queue, asyncio.timeout(20):
        job = await queue.submit(new_job())
        for count in range(1, 2 * MAX_STARTS):
            await engine.until_started(count)
            engine.progress(job.id, count / 100)
            engine.fail(job.id, HostLost("The host is gone."))
        await engine.until_started(2 * MAX_STARTS)
        engine.finish(job.id)
        updates = [update async for update in queue.watch(job.id)]
        assert updates[-1].job.state is JobState.DONE


@pytest.mark.parametrize("fractions", [[], [0.5, 0.4, 0.3, 0.5, 0.2]])
async def test_a_picture_that_takes_down_hosts_without_getting_any_further_is_given_up(
    store: JobStore, new_job: NewJobs, fractions: list[float]
) -> None:
    """It got somewhere once at most, and never beyond that."""
    engine = Script()
    async with JobQueue(store, engine) as queue, asyncio.timeout(20):
        job = await queue.submit(new_job())
        for count in range(1, MAX_STARTS + 1):
            await engine.until_started(count)
            for fraction in fractions[count - 1 : count]:
                engine.progress(job.id, fraction)
            engine.fail(job.id, HostLost("The host is gone."))
        updates = [update async for update in queue.watch(job.id)]
        assert updates[-1].job.state is JobState.FAILED
        assert "lost 5 times" in str(updates[-1].job.error)
        assert len(engine.started) == MAX_STARTS


async def test_of_jobs_on_lost_slots_none_is_told_a_time(store: JobStore, new_job: NewJobs) -> None:
    engine = Script(slots=2)
    async with JobQueue(store, engine, quota_of=lenient) as queue:
        jobs = [await queue.submit(new_job()) for _ in range(3)]
        await engine.until_started(2)
        for job in jobs[:2]:
            engine.progress(job.id, 0.5, left=10.0)
        engine.resize(0, NOBODY)
        assert queue.overview()[-1].seconds_left is None
        assert [update.held for update in queue.overview()] == [NOBODY] * 3
        engine.resize(1)
        assert [update.held for update in queue.overview()] == [None] * 3
        assert queue.overview()[-1].place == 1
