"""Commands on their way to become jobs: noted, given their card, changed into jobs or forgotten."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backend.database.ids import new_id
from backend.database.sqlite import SqliteFile
from backend.errors import IllegalTransition, JobNotFound
from backend.files.uses import UPLOADS
from backend.jobs.model import JobState, NewJob
from backend.jobs.queue import JobQueue
from backend.jobs.store import JobStore
from tests.backend.jobs.support import NewJobs, Script


def command_of(new: NewJob) -> NewJob:
    spec = replace(new.spec, content=None, styles=())
    return NewJob(address=replace(new.address, message_id=0), spec=spec)


async def test_a_note_outlives_the_bot(tmp_path: Path, new_job: NewJobs) -> None:
    command, first, second = command_of(new_job(size=300)), new_id(), new_id()
    async with JobStore(SqliteFile(tmp_path / "jobs.sqlite"), tmp_path) as store:
        await store.receive(command, first)
        await store.receive(command, second)
        await store.set_card(second, 7)
    async with JobStore(SqliteFile(tmp_path / "jobs.sqlite"), tmp_path) as store:
        noted = await store.in_states(JobState.RECEIVING)
        assert [(job.id, job.address.message_id) for job in noted] == [(first, 0), (second, 7)]
        assert [job.spec for job in noted] == [command.spec] * 2
        await store.forget(first)
        await store.forget(first)
        assert [job.id for job in await store.in_states()] == [second]


async def test_a_command_is_noted_once(store: JobStore, new_job: NewJobs) -> None:
    """As when the database took the first note, but did not live to say so."""
    command, job_id = command_of(new_job()), new_id()
    await store.receive(command, job_id)
    await store.set_card(job_id, 7)
    await store.receive(command, job_id)
    (noted,) = await store.in_states()
    assert (noted.id, noted.address.message_id) == (job_id, 7)


async def test_a_command_becomes_a_job(store: JobStore, new_job: NewJobs) -> None:
    new, job_id = new_job(), new_id()
    await store.receive(command_of(new), job_id)
    job = await store.create(new, job_id)
    assert (job.id, job.state, job.address, job.spec) == (
        job_id, JobState.QUEUED, new.address, new.spec,
    )  # fmt: skip
    await store.forget(job_id)  # it is no command any more
    assert await store.in_states() == [job]
    with pytest.raises(IllegalTransition):
        await store.create(new, job_id)


async def test_a_command_without_its_files_stays_a_command(
    store: JobStore, new_job: NewJobs
) -> None:
    """As when what it varies was deleted while it came in."""
    new, job_id = new_job(), new_id()
    await store.receive(command_of(new), job_id)
    await store.uses.discard("tests", new.spec.files)
    with pytest.raises(JobNotFound, match="not kept any more"):
        await store.create(new, job_id)
    assert (await store.get(job_id)).state is JobState.RECEIVING


async def test_commands_do_not_count_as_jobs(store: JobStore, new_job: NewJobs) -> None:
    await store.receive(command_of(new_job()), new_id())
    assert await store.last_asked(1) is None
    async with JobQueue(store, Script()) as queue:
        assert queue.overview() == []
        assert await queue.undelivered() == []


async def test_uploads_of_a_former_process_go_at_the_start(
    tmp_path: Path, new_job: NewJobs
) -> None:
    location, spec = SqliteFile(tmp_path / "jobs.sqlite"), new_job().spec
    async with JobStore(location, tmp_path) as store:
        await store.uses.keep(UPLOADS, dict.fromkeys(spec.files, b"picture"))
        job = await store.create(replace(new_job(), spec=replace(spec, styles=())))
    (tmp_path / "scratch" / "half").mkdir()
    (tmp_path / "scratch" / "half" / "raw").touch()
    async with JobStore(location, tmp_path) as store:
        assert await store.files.exists(*job.spec.files)
        assert not await store.files.exists(*spec.styles[0].image.files)
        assert list((tmp_path / "scratch").iterdir()) == []
