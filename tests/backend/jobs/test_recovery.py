"""What is left of jobs when the bot ends, kindly or not, and starts again."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from backend.database.location import Location
from backend.database.sqlite import SqliteFile
from backend.errors import ConfigurationError
from backend.jobs.model import JobState
from backend.jobs.queue import JobQueue
from backend.jobs.recovery import MAX_STARTS, recover
from backend.jobs.store import JobStore
from tests.backend.jobs.support import NewJobs, Script, lenient

BOT = """
import asyncio, os, sys
from pathlib import Path
from backend.database.sqlite import SqliteFile
from backend.jobs.model import Address, NewJob
from backend.jobs.queue import JobQueue
from backend.jobs.store import JobStore
from backend.records import JobSpec, JobStyle
from nst.options import Options
from tests.backend.images import stored_image
from tests.backend.jobs.support import Script, hold

async def main():
    folder = Path(sys.argv[1])
    image = stored_image("content")
    engine = Script()
    location = SqliteFile(folder / "jobs.sqlite")
    async with JobStore(location, folder) as store, JobQueue(store, engine) as queue:
        await hold(store)
        for person in range(3):
            address = Address(requester_id=person, guild_id=1, channel_id=1, message_id=1,
                              bot_is_member=True, interaction_token="", application_id=1)
            await queue.submit(NewJob(address=address, spec=JobSpec(
                options=Options(), content=image, styles=(JobStyle(image=image),),
                max_result_bytes=1)))
        await engine.until_started(1)
        engine.finish(engine.started[0])
        await engine.until_started(2)
        os.kill(os.getpid(), 9)

asyncio.run(main())
"""


@pytest.mark.slow
async def test_a_killed_bot_takes_up_where_it_was(tmp_path: Path) -> None:
    command = [sys.executable, "-c", BOT, str(tmp_path)]
    assert (await asyncio.to_thread(subprocess.run, command, check=False)).returncode == -9

    engine = Script()
    async with JobStore(SqliteFile(tmp_path / "jobs.sqlite"), tmp_path) as store:
        done, running, queued = await store.in_states()
        assert [done.state, running.state, queued.state] == [
            JobState.DONE, JobState.RUNNING, JobState.QUEUED,
        ]  # fmt: skip
        async with JobQueue(store, engine) as queue:
            waiting = await queue.undelivered()
            assert [job.id for job in waiting] == [done.id, running.id, queued.id]
            assert waiting[0] == done
            assert await engine.until_started(1) == [running.id]
            engine.finish(running.id)
            assert await engine.until_started(2) == [running.id, queued.id]
            engine.finish(queued.id)
            states = [update.job.state async for update in queue.watch(queued.id)]
            assert states[-1] is JobState.DONE


async def test_closing_keeps_what_was_running_and_waiting(
    store: JobStore, new_job: NewJobs
) -> None:
    engine = Script()
    async with JobQueue(store, engine) as queue:
        running = await queue.submit(new_job())
        waiting = await queue.submit(new_job())
        await engine.until_started(1)
        watcher = asyncio.create_task(collect(queue, running.id))
        await asyncio.sleep(0)
    assert JobState.FAILED not in await watcher
    assert JobState.CANCELLED not in await watcher
    assert (await store.get(running.id)).state is JobState.RUNNING
    assert (await store.get(waiting.id)).state is JobState.QUEUED


async def collect(queue: JobQueue, job_id: str) -> list[JobState]:
    return [update.job.state async for update in queue.watch(job_id)]


async def test_cancelling_wins_over_closing(store: JobStore, new_job: NewJobs) -> None:
    engine = Script()
    async with JobQueue(store, engine) as queue:
        job = await queue.submit(new_job())
        await engine.until_started(1)
        cancelling = asyncio.create_task(queue.cancel(job.id))
        await asyncio.sleep(0)
    assert (await cancelling).state is JobState.CANCELLED
    assert (await store.get(job.id)).state is JobState.CANCELLED


class Deaf(Script):
    """An engine that ends nothing."""

    def kill(self, job_id: str) -> None:
        pass


async def test_an_engine_that_does_not_let_go_does_not_stop_the_shutdown(
    store: JobStore, new_job: NewJobs
) -> None:
    engine = Deaf()
    async with asyncio.timeout(10):
        async with JobQueue(store, engine) as queue:
            job = await queue.submit(new_job())
            await engine.until_started(1)
    assert (await store.get(job.id)).state is JobState.RUNNING


async def test_jobs_that_ran_go_first_even_after_several_restarts(
    store: JobStore, new_job: NewJobs
) -> None:
    engine = Script(slots=2)
    async with JobQueue(store, engine, quota_of=lenient) as queue:
        jobs = [await queue.submit(new_job()) for _ in range(4)]
        await engine.until_started(2)
        await queue.cancel(jobs[0].id)
        await engine.until_started(3)
    await recover(store)  # a bot that ended before it started anything
    narrow = Script(slots=1)
    async with JobQueue(store, narrow) as queue:
        for count in (1, 2, 3):
            started = await narrow.until_started(count)
            narrow.finish(started[-1])
            await collect(queue, started[-1])
    assert narrow.started == [job.id for job in jobs[1:]]


async def test_a_job_that_ends_the_bot_is_given_up(store: JobStore, new_job: NewJobs) -> None:
    job = await store.create(new_job())
    for _ in range(MAX_STARTS):
        assert [left.id for left in await recover(store)] == [job.id]
        await store.transition(job.id, JobState.RUNNING)
    assert await recover(store) == []
    failed = await store.get(job.id)
    assert failed.state is JobState.FAILED
    assert failed.error is not None
    assert f"restarted {MAX_STARTS} times" in failed.error


async def test_two_bots_never_run_the_same_jobs(
    store: JobStore, location: Location, tmp_path: Path, new_job: NewJobs
) -> None:
    engine = Script()
    async with JobQueue(store, engine) as queue:
        job = await queue.submit(new_job())
        await engine.until_started(1)
        with pytest.raises(ConfigurationError, match="Another bot is using the job database"):
            async with JobStore(location, tmp_path / "other"):
                pass
        engine.finish(job.id)
        assert (await collect(queue, job.id))[-1] is JobState.DONE


async def test_the_data_folder_can_be_moved(tmp_path: Path, new_job: NewJobs) -> None:
    former, new = tmp_path / "former", tmp_path / "new"
    spec = new_job().spec
    async with JobStore(SqliteFile(former / "jobs.sqlite"), former) as store:
        await store.uses.keep("tests", {key: key.encode() for key in spec.files})
        job = await store.create(new_job())
    await asyncio.to_thread(former.rename, new)
    async with JobStore(SqliteFile(new / "jobs.sqlite"), new) as store:
        assert await store.get(job.id) == job
        for key in job.spec.files:
            assert await store.files.get(key) == key.encode()
