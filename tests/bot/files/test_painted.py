"""What workers make, in stores of both kinds: all of it is kept, or nothing is left."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.database.sqlite import SqliteFile
from bot.database.tables import FILE_USES
from bot.engine.pool import PoolEngine
from bot.engine.protocol import outputs
from bot.files.store import FileStore
from bot.files.uses import job_owner
from bot.jobs.finished import FinishedJobs
from bot.jobs.model import Job, JobState, NewJob
from bot.jobs.queue import JobQueue
from bot.jobs.retention import tidy
from bot.jobs.store import JobStore
from tests.bot.files.conftest import MakeStore
from tests.bot.images import stored_image
from tests.bot.jobs.support import NewJobs, hold
from tests.bot.jobs.test_queue import final

PAINTERS = "tests.contracts.painters"


def painting(files: FileStore, painter: str, **options: Any) -> PoolEngine:
    return PoolEngine(["cpu"], files, painter=f"{PAINTERS}:{painter}", **options)


def several(new: NewJob) -> NewJob:
    return replace(new, spec=replace(new.spec, takes=(1, 2, 3, 4)))


async def pictures(store: JobStore) -> None:
    """Let there be the pictures that jobs are made of."""
    await hold(store)
    for name in ("content", "style"):
        image = stored_image(name)
        for key in image.files:
            await store.files.put(key, name.encode())


async def painted(store: JobStore, engine: PoolEngine, new: NewJob) -> Job:
    """Return a job when it is over."""
    async with engine, JobQueue(store, engine) as queue:
        return (await final(queue, (await queue.submit(new)).id)).job


async def uses(store: JobStore, job: Job) -> int:
    owned = select(FILE_USES.c.key).where(FILE_USES.c.owner == job_owner(job.id))
    return len(await store.database.rows(owned))


async def test_every_version_is_in_the_bucket_until_it_is_deleted_or_expires(
    bucket: MakeStore, tmp_path: Path, new_job: NewJobs
) -> None:
    files = bucket(tmp_path / "1")
    async with JobStore(SqliteFile(tmp_path / "jobs"), tmp_path / "1", files=files) as store:
        await pictures(store)
        new = several(new_job(filename="instant"))
        first, second = [await painted(store, painting(files, "several"), new) for _ in range(2)]
        assert first.result
        assert second.result
        assert len(first.result.parts) == 4
        other_host = bucket(tmp_path / "2")
        assert await other_host.exists(*first.result.files, *second.result.files)
        kept = await store.create(new, result=first.result.parts[1])
        await FinishedJobs(store).delete(first.id)
        there = [await other_host.exists(key) for key in first.result.files]
        assert there == [key in first.result.parts[1].files for key in first.result.files]
        for job in (second, kept):
            await store.mark_delivered(job.id)
        await tidy(store, timedelta())
        left = {*first.result.files, *second.result.files}
        assert not any([await other_host.exists(key) for key in left])


@pytest.mark.parametrize(
    ("painter", "act"), [("busy", ""), ("several", "deaf"), ("several", "gil")]
)
async def test_a_cancelled_picture_leaves_nothing_behind(
    files: FileStore, tmp_path: Path, new_job: NewJobs, painter: str, act: str
) -> None:
    """Its worker may write on for a while, or has to be killed."""
    async with JobStore(SqliteFile(tmp_path / "jobs"), tmp_path, files=files) as store:
        await pictures(store)
        engine = painting(files, painter)
        async with engine, JobQueue(store, engine) as queue:
            job = await queue.submit(several(new_job(filename=act)))
            async with asyncio.timeout(20):
                async for update in queue.watch(job.id):
                    if update.fraction:
                        break
            assert (await queue.cancel(job.id)).state is JobState.CANCELLED
            assert [key for key in outputs(job.id, 4) if await files.exists(key)] == []
            await asyncio.sleep(1)
            assert [key for key in outputs(job.id, 4) if await files.exists(key)] == []
            assert await uses(store, job) == len(job.spec.files)
        assert list((Path(files.address) / "scratch").iterdir()) == []
