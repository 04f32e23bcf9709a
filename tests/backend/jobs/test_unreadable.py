"""A row that cannot be read fails alone, with a clear end for whoever waits for it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from backend.database.ids import new_id
from backend.database.tables import ESTIMATES, JOBS
from backend.engine.protocol import output
from backend.errors import JobNotFound
from backend.i18n import words_for
from backend.jobs.estimates import load_estimates
from backend.jobs.finished import FinishedJobs
from backend.jobs.model import Job, JobState
from backend.jobs.progress import JobUpdate
from backend.jobs.queue import JobQueue
from backend.jobs.recovery import recover
from backend.jobs.store import JobStore
from backend.records import ResultFile
from bot.ui.cards import job_card
from bot.ui.media import input_files
from tests.backend.jobs.support import NewJobs, Script

DAMAGES: dict[str, Any] = {
    "an unknown preset": {"options": {"preset": "impressionist"}},
    "an unknown option": {"options": {"preset": "draft", "sparkle": 7}},
    "an unknown field": {"urgency": "high"},
    "a field of another kind": {"max_result_bytes": "many"},
}


async def spoil(store: JobStore, job_id: str, damage: dict[str, Any] | str) -> None:
    async with store.database.write() as connection:
        row = (await connection.execute(select(JOBS.c.spec).where(JOBS.c.id == job_id))).one()
        spec = damage if isinstance(damage, str) else json.dumps({**json.loads(row.spec), **damage})
        await connection.execute(update(JOBS).where(JOBS.c.id == job_id).values(spec=spec))


async def in_state(store: JobStore, new_job: NewJobs, state: JobState, person: int = 1) -> Job:
    new = new_job(person=person)
    new = replace(new, spec=replace(new.spec, locale="de", private=True))
    if state is JobState.RECEIVING:
        await store.receive(replace(new, spec=replace(new.spec, content=None)), job_id := new_id())
        return await store.get(job_id)
    job = await store.create(new)
    if state is JobState.QUEUED:
        return job
    job = await store.transition(job.id, JobState.RUNNING)
    if state is JobState.RUNNING:
        return job
    file = output(job.id, ".png")
    await store.files.put(file, b"picture")
    result = ResultFile(file=file, width=8, height=6, seconds=1, steps=9, stopped_early=False)
    return await store.transition(job.id, JobState.DONE, result=result)


@pytest.mark.parametrize("damage", [*DAMAGES.values(), "[]", "no JSON"], ids=[*DAMAGES, "[]", "-"])
async def test_the_others_go_on(
    store: JobStore, new_job: NewJobs, caplog: pytest.LogCaptureFixture, damage: Any
) -> None:
    spoilt, good = [await in_state(store, new_job, JobState.QUEUED) for _ in range(2)]
    done = await in_state(store, new_job, JobState.DONE)
    await spoil(store, spoilt.id, damage)
    assert [job.id for job in await store.in_states()] == [good.id, done.id]
    assert [job.id for job in await store.of_person(1, *JobState)] == [good.id, done.id]
    assert [job.id for job in await store.undelivered()] == [done.id]
    with pytest.raises(JobNotFound, match="another version of the bot"):
        await store.get(spoilt.id)
    assert spoilt.id in caplog.text
    engine = Script()
    async with JobQueue(store, engine):
        assert await engine.until_started(1) == [good.id]


@pytest.mark.slow
@pytest.mark.parametrize(
    "state", [JobState.RECEIVING, JobState.QUEUED, JobState.RUNNING, JobState.DONE]
)
async def test_whoever_waits_for_it_is_told(
    store: JobStore, new_job: NewJobs, state: JobState
) -> None:
    job = await in_state(store, new_job, state)
    await spoil(store, job.id, DAMAGES["an unknown preset"])
    assert await recover(store) == []
    (told,) = await store.undelivered()
    assert (told.id, told.state, told.address) == (job.id, JobState.FAILED, job.address)
    assert (told.spec.locale, told.spec.private) == ("de", True)
    assert told.error
    assert told.error.startswith("Dieses Bild wurde bei einer anderen Version")
    assert input_files(told) == {}
    assert job_card(JobUpdate(job=told), words_for("de")).files == ()
    assert not await store.files.exists(output(job.id, ".png"))
    await FinishedJobs(store).delete(job.id)
    assert await store.in_states() == []


async def test_what_was_delivered_is_left_as_it_is(store: JobStore, new_job: NewJobs) -> None:
    """A newer version that comes back can read it."""
    job = await in_state(store, new_job, JobState.DONE)
    await store.mark_delivered(job.id)
    await spoil(store, job.id, DAMAGES["an unknown preset"])
    assert await recover(store) == []
    with pytest.raises(JobNotFound):
        await store.get(job.id)
    assert await store.files.exists(output(job.id, ".png"))
    assert await FinishedJobs(store).delete_of(1) == 1
    assert not await store.files.exists(output(job.id, ".png"))


async def test_a_result_that_cannot_be_read(store: JobStore, new_job: NewJobs) -> None:
    job = await in_state(store, new_job, JobState.DONE)
    async with store.database.write() as connection:
        await connection.execute(update(JOBS).where(JOBS.c.id == job.id).values(result="{}"))
    await recover(store)
    assert [told.state for told in await store.undelivered()] == [JobState.FAILED]


async def test_what_was_learned_and_cannot_be_read_is_learned_anew(store: JobStore) -> None:
    rows: list[dict[str, Any]] = [
        {"key": "cpu/draft", "sums": [1.0, 2.0, 3.0, 5.0, 6.0]},
        {"key": "start-up", "sums": [9.0]},
        {"key": "cpu/fine", "sums": {"x": 1}},
        {"key": "cpu/standard", "sums": [1.0, 2.0]},
        {"key": "cuda/draft", "sums": [0.0] * 5},
    ]
    async with store.database.write() as connection:
        await connection.execute(insert(ESTIMATES), rows)
    known = {str(row["key"]): row["sums"] for row in rows[:2]}
    assert (await load_estimates(store.database)).sums == known
