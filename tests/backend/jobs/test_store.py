"""The store: what goes in comes out, and states change only along the allowed ways."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from backend.database.ids import new_id
from backend.database.lease import LEAD
from backend.database.sqlite import SqliteFile
from backend.database.tables import METADATA
from backend.engine.protocol import output
from backend.errors import ConfigurationError, IllegalTransition, JobNotFound
from backend.jobs.model import Job, JobState
from backend.jobs.store import JobStore
from backend.records import ResultFile
from tests.backend.jobs.support import TOKEN, NewJobs, hold

LEGAL = {
    (JobState.QUEUED, JobState.RUNNING),
    (JobState.QUEUED, JobState.FAILED),
    (JobState.QUEUED, JobState.CANCELLED),
    (JobState.RUNNING, JobState.QUEUED),
    (JobState.RUNNING, JobState.DONE),
    (JobState.RUNNING, JobState.FAILED),
    (JobState.RUNNING, JobState.CANCELLED),
}


def result(job_id: str) -> ResultFile:
    return ResultFile(
        file=output(job_id, ".png"), width=8, height=6, seconds=2.5, steps=90, stopped_early=False
    )


async def change(store: JobStore, job_id: str, state: JobState) -> Job:
    return await store.transition(
        job_id,
        state,
        result=result(job_id) if state is JobState.DONE else None,
        error="It went wrong." if state is JobState.FAILED else None,
    )


async def test_everything_comes_back(store: JobStore, new_job: NewJobs) -> None:
    before = datetime.now(UTC)
    new = new_job(size=2048, strength=3, seed=2**32 - 1, colours="photo", preset="fine")
    job = await store.create(new)
    assert (job.address, job.spec) == (new.address, new.spec)
    assert job.address.interaction_token == TOKEN
    assert before <= job.created_at <= datetime.now(UTC)
    await change(store, job.id, JobState.RUNNING)
    done = await change(store, job.id, JobState.DONE)
    assert done.result == result(job.id)
    assert done == await store.get(job.id)
    for moment in (done.created_at, done.started_at, done.finished_at):
        assert moment is not None
        assert moment.tzinfo is UTC


@pytest.mark.slow
@pytest.mark.parametrize(
    "filename",
    ["'; DROP TABLE jobs; --", "../../etc/passwd", 'a"b\\c', "photo\x00.jpg", "фото🖼.png", "%s{0}"],
)
async def test_file_names_are_only_data(store: JobStore, new_job: NewJobs, filename: str) -> None:
    job = await store.create(new_job(filename=filename))
    assert (await store.get(job.id)).spec.photo.filename == filename
    with pytest.raises(JobNotFound):
        await store.get(filename)
    await store.mark_delivered(filename)
    assert await store.in_states() == [job]


@pytest.mark.slow
@given(states=st.lists(st.sampled_from(JobState), max_size=8))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_states_change_only_along_the_allowed_ways(
    store: JobStore, new_job: NewJobs, states: list[JobState]
) -> None:
    job = await store.create(new_job())
    for state in states:
        if (job.state, state) in LEGAL:
            job = await change(store, job.id, state)
            assert job.state is state
            assert (job.finished_at is not None) == state.is_final
        else:
            with pytest.raises(IllegalTransition):
                await change(store, job.id, state)
        assert await store.get(job.id) == job


async def test_of_many_who_claim_a_job_one_gets_it(store: JobStore, new_job: NewJobs) -> None:
    job = await store.create(new_job())
    outcomes = await asyncio.gather(
        *(store.transition(job.id, JobState.RUNNING) for _ in range(10)), return_exceptions=True
    )
    assert sum(isinstance(outcome, Job) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, IllegalTransition) for outcome in outcomes) == 9


async def test_an_unknown_job_cannot_change(store: JobStore) -> None:
    with pytest.raises(IllegalTransition):
        await store.transition("nobody", JobState.RUNNING)


@pytest.mark.parametrize("state", list(JobState))
async def test_results_and_errors_go_with_their_states_only(
    store: JobStore, new_job: NewJobs, state: JobState
) -> None:
    job = await store.create(new_job())
    await store.transition(job.id, JobState.RUNNING)
    with pytest.raises(ValueError, match="does not go with"):
        await store.transition(job.id, state, result=result(job.id), error="Both.")
    if state in {JobState.DONE, JobState.FAILED}:
        with pytest.raises(ValueError, match="does not go with"):
            await store.transition(job.id, state)


async def test_undelivered_jobs_are_final_and_unseen(store: JobStore, new_job: NewJobs) -> None:
    jobs = [await store.create(new_job()) for _ in range(4)]
    for job in jobs[:3]:
        await store.transition(job.id, JobState.CANCELLED)
    await store.mark_delivered(jobs[1].id)
    assert [job.id for job in await store.undelivered()] == [jobs[0].id, jobs[2].id]


async def test_a_fresh_token(store: JobStore, new_job: NewJobs) -> None:
    job = await store.create(new_job())
    renewed = await store.renew_token(job.id, "fresh")
    assert renewed.address.interaction_token == "fresh"
    assert renewed.token_dies_at > job.token_dies_at
    assert await store.get(job.id) == renewed
    with pytest.raises(JobNotFound):
        await store.renew_token("nobody", "fresh")


async def test_the_migrations_make_the_table_that_the_code_uses(
    store: JobStore,
) -> None:
    def differences(connection: Connection) -> list[Any]:
        ours = {"compare_type": True, "include_name": lambda name, *_: name != LEAD.name}
        context = MigrationContext.configure(connection, opts=ours)
        return list(compare_metadata(context, METADATA))

    async with store.database.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_file_is_private_and_writes_ahead(tmp_path: Path) -> None:
    database = tmp_path / "jobs.sqlite3"
    async with JobStore(SqliteFile(database), tmp_path) as store:
        mode = (await asyncio.to_thread(database.stat)).st_mode
        await store.in_states()
    assert stat.S_IMODE(mode) == 0o600
    connection = sqlite3.connect(database)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


async def test_entering_twice_keeps_the_jobs(tmp_path: Path, new_job: NewJobs) -> None:
    database = tmp_path / "new" / "folder" / "jobs.sqlite3"
    async with JobStore(SqliteFile(database), tmp_path) as store:
        await hold(store)
        job = await store.create(new_job())
    async with JobStore(SqliteFile(database), tmp_path) as store:
        assert await store.in_states() == [job]


async def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    database = tmp_path / "jobs.sqlite3"
    await asyncio.to_thread(database.write_bytes, b"not a database" * 100)
    with pytest.raises(ConfigurationError, match=r"jobs\.sqlite3 cannot be used: .*not a database"):
        async with JobStore(SqliteFile(database), tmp_path):
            pass


async def test_a_folder_in_the_way_is_one_clear_line(tmp_path: Path) -> None:
    await asyncio.to_thread((tmp_path / "data").write_text, "a file")
    with pytest.raises(ConfigurationError, match="cannot be used"):
        async with JobStore(SqliteFile(tmp_path / "data" / "jobs.sqlite3"), tmp_path):
            pass


async def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path, new_job: NewJobs) -> None:
    database = tmp_path / "jobs.sqlite3"
    async with JobStore(SqliteFile(database), tmp_path) as store:
        await hold(store)
        await store.create(new_job())
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(ConfigurationError, match="newer version"):
        async with JobStore(SqliteFile(database), tmp_path):
            pass


def test_ids_sort_by_age_and_fit_everywhere() -> None:
    ids = [new_id() for _ in range(5_000)]
    assert ids == sorted(set(ids))
    assert all(len(job_id) == 16 and job_id.isalnum() and job_id.islower() for job_id in ids)
