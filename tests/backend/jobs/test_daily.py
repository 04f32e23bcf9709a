"""Daily quotas: what counts, until when, and what deleting and restarting change."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import update

from backend.database.tables import JOBS
from backend.errors import JobFailed, QueueRefused
from backend.jobs.estimates import Estimates, work
from backend.jobs.finished import FinishedJobs
from backend.jobs.model import Job, JobState, NewJob
from backend.jobs.queue import JobQueue
from backend.jobs.quota import Quota
from backend.jobs.store import JobStore
from backend.records import StoredFilm
from tests.backend.jobs.support import NewJobs, Script
from tests.backend.jobs.test_queue import final

MADE: Final[dict[str, Any]] = {
    "id": "job",
    "state": JobState.QUEUED,
    "created_at": datetime.now(UTC),
}
OWN = r"You have had as many pictures today .*\(2\)\. They are counted anew in .*, at midnight UTC"
SERVERS = r"This server has had as many pictures today .*\(3\)\. They are counted anew in"


async def quota_of(guild_id: int | None) -> Quota:
    return Quota(per_person=10, daily_per_person=2, daily_per_server=3)


async def test_pictures_of_a_day(store: JobStore, new_job: NewJobs) -> None:
    engine = Script(slots=3)
    async with JobQueue(store, engine, quota_of=quota_of) as queue:
        first, failing = await queue.submit(new_job()), await queue.submit(new_job())
        with pytest.raises(QueueRefused, match=OWN):  # what is being painted counts
            await queue.submit(new_job(server=200))
        await engine.until_started(2)
        engine.fail(failing.id, JobFailed("It went wrong."))
        await final(queue, failing.id)
        second = await queue.submit(new_job())  # what failed does not
        await engine.until_started(3)
        for job in (first, second):
            engine.finish(job.id)
            await final(queue, job.id)
        with pytest.raises(QueueRefused, match=OWN):
            await queue.submit(new_job())
        await FinishedJobs(store).delete(first.id, failing.id)
        with pytest.raises(QueueRefused, match=OWN):  # deleting gives nothing back
            await queue.submit(new_job())
        await queue.submit(new_job(person=2))
        with pytest.raises(QueueRefused, match=SERVERS):
            await queue.submit(new_job(person=3))
        await queue.submit(new_job(person=3, server=None))
    async with JobQueue(store, Script(), quota_of=quota_of) as queue:
        with pytest.raises(QueueRefused, match=SERVERS):
            await queue.submit(new_job(person=3))


async def test_a_day_is_over_at_midnight(store: JobStore, new_job: NewJobs) -> None:
    engine = Script(slots=2)
    async with JobQueue(store, engine, quota_of=quota_of) as queue:
        jobs = [await queue.submit(new_job()) for _ in range(2)]
        await engine.until_started(2)
        for job in jobs:
            engine.finish(job.id)
            await final(queue, job.id)
        with pytest.raises(QueueRefused, match=OWN):
            await queue.submit(new_job())
        yesterday = jobs[0].created_at - timedelta(days=1)
        await store.database.execute(update(JOBS).values(created_at=yesterday))
        await queue.submit(new_job())


async def test_what_never_began_does_not_count(store: JobStore, new_job: NewJobs) -> None:
    async with JobQueue(store, Script(slots=0), quota_of=quota_of) as queue:
        for _ in range(3):
            job = await queue.submit(new_job())
            await queue.cancel(job.id)


async def test_several_versions_are_several_pictures(store: JobStore, new_job: NewJobs) -> None:
    """Each of them is work; what is kept of them is none."""
    engine, one = Script(slots=2), new_job()
    several = replace(one, spec=replace(one.spec, takes=(1, 2)))
    async with JobQueue(store, engine, quota_of=quota_of) as queue:
        job = await queue.submit(several)
        with pytest.raises(QueueRefused, match=OWN):
            await queue.submit(one)
        await engine.until_started(1)
        engine.finish(job.id)
        result = (await final(queue, job.id)).job.result
        assert result
        for _ in range(3):
            kept = await store.create(one, result=result)
            assert kept.state is JobState.DONE
        with pytest.raises(QueueRefused, match=OWN):
            await queue.submit(one)
        await FinishedJobs(store).delete(job.id)
        with pytest.raises(QueueRefused, match=OWN):
            await queue.submit(one)
        await queue.submit(new_job(person=2))
        with pytest.raises(QueueRefused, match=SERVERS):
            await queue.submit(new_job(person=3))


async def test_more_than_is_left_is_refused_with_both_numbers(
    store: JobStore, new_job: NewJobs
) -> None:
    def several(count: int, person: int = 1) -> NewJob:
        one = new_job(person=person)
        return replace(one, spec=replace(one.spec, takes=tuple(range(count))))

    async with JobQueue(store, Script(), quota_of=quota_of) as queue:
        with pytest.raises(QueueRefused, match=r"be 4 pictures, and of the 2 .* you have 2 left"):
            await queue.submit(several(4))
        one = several(1)
        film = StoredFilm(file=one.spec.photo.file, frames=17, seconds=1.0)
        content = replace(one.spec.photo, film=film)
        with pytest.raises(QueueRefused, match=r"be 3 pictures, .* every 8 frames\.$"):
            await queue.submit(replace(one, spec=replace(one.spec, takes=(), content=content)))
        await queue.submit(several(2))  # what was refused did not count
        with pytest.raises(QueueRefused, match=r"be 2 pictures, and of the 3 .* server .* 1 are l"):
            await queue.submit(several(2, person=2))
        await queue.submit(new_job(person=2))


@pytest.mark.parametrize(("frames", "pictures"), [(2, 1), (8, 1), (9, 2), (60, 8)])
async def test_a_film_is_as_many_pictures_as_it_costs(
    store: JobStore, new_job: NewJobs, frames: int, pictures: int
) -> None:
    async def quota_of(guild_id: int | None) -> Quota:
        return Quota(per_person=10, daily_per_person=pictures + 1)

    engine, one = Script(slots=2), new_job()
    film = StoredFilm(file=one.spec.photo.file, frames=frames, seconds=1.0)
    content = replace(one.spec.photo, film=film)
    async with JobQueue(store, engine, quota_of=quota_of) as queue:
        job = await queue.submit(replace(one, spec=replace(one.spec, content=content)))
        await queue.submit(one)
        with pytest.raises(QueueRefused, match=r"at midnight UTC.* every 8 frames\.$"):
            await queue.submit(one)
        await engine.until_started(2)
        engine.finish(job.id)
        await final(queue, job.id)
        with pytest.raises(QueueRefused, match=rf"\({pictures + 1}\)"):
            await queue.submit(one)


def test_several_versions_take_so_many_times_as_long_until_some_were_painted(
    new_job: NewJobs,
) -> None:
    one = new_job()
    single = Job(**{each.name: getattr(one, each.name) for each in fields(one)}, **MADE)
    several = replace(single, spec=replace(single.spec, takes=(1, 2, 3, 4)))
    estimates = Estimates()
    estimates.learn(single, "cpu", 10.0)
    assert estimates.seconds(several) == pytest.approx(40.0)
    estimates.learn(several, "cuda:0", 20.0)  # painted together
    assert estimates.seconds(several) == pytest.approx(20.0)
    assert estimates.seconds(single) == pytest.approx(10.0)
    assert work(several) == pytest.approx(4 * work(single))
