"""One frame of a film in place of it, and what is cancelled that nobody asked for."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from backend.database.location import Location
from backend.errors import JobCancelled
from backend.files.store import FileKey
from backend.jobs.model import JobState, NewJob
from backend.jobs.queue import JobQueue
from backend.jobs.store import JobStore
from backend.records import JobSpec, StoredFilm
from tests.backend.jobs.support import NewJobs, Script, hold
from tests.backend.jobs.test_queue import final

FILM = StoredFilm(file=FileKey("spool/film.tar"), frames=10, seconds=1.0)


class Busy(JobStore):
    """Lets every later change of an order wait until the still of the first one is painted."""

    engine: ClassVar[Script]
    changes = 0

    async def change_spec(self, job_id: str, spec: JobSpec) -> None:
        self.changes += 1
        if self.changes > 1:
            await self.engine.until_started(2)
        await super().change_spec(job_id, spec)


async def of_film(store: JobStore, new: NewJob) -> NewJob:
    """Return the same order for a film."""
    assert new.spec.content
    await hold(store)
    async with store.uses.change() as change:
        await change.add("test", [FILM.file])
    return replace(new, spec=replace(new.spec, content=replace(new.spec.content, film=FILM)))


async def test_of_two_presses_at_once_the_still_is_painted(
    location: Location, tmp_path: Path, new_job: NewJobs
) -> None:
    Busy.engine = engine = Script()
    async with Busy(location, tmp_path) as store, JobQueue(store, engine) as queue:
        job = await queue.submit(await of_film(store, new_job()))
        await engine.until_started(1)
        await asyncio.gather(queue.take_still(job.id), queue.take_still(job.id))
        assert engine.started == [job.id, job.id]
        assert not engine.requests[job.id].spec.film
        engine.finish(job.id)
        assert (await final(queue, job.id)).job.state is JobState.DONE


async def test_what_is_cancelled_though_nobody_asked_for_it_runs_again_once(
    store: JobStore, new_job: NewJobs
) -> None:
    engine = Script()
    async with JobQueue(store, engine) as queue:
        saved, lost = [await queue.submit(new_job(person=person)) for person in (1, 2)]
        await engine.until_started(1)
        engine.kill(saved.id)
        await engine.until_started(2)
        engine.finish(saved.id)
        assert (await final(queue, saved.id)).job.state is JobState.DONE
        for count in (3, 4):
            await engine.until_started(count)
            engine.fail(lost.id, JobCancelled("by nobody"))
        failed = (await final(queue, lost.id)).job
        assert failed.state is JobState.FAILED
        assert await store.get(lost.id) == failed
