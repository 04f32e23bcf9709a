"""What workers make, in stores of both kinds: all of it is kept, or nothing is left."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from backend.database.sqlite import SqliteFile
from backend.database.tables import FILE_USES
from backend.engine.pool import PoolEngine
from backend.engine.protocol import outputs
from backend.errors import JobCancelled, JobFailed
from backend.files.local import LocalFiles
from backend.files.store import FileKey, FileStore
from backend.files.uses import job_owner
from backend.jobs.finished import FinishedJobs
from backend.jobs.model import Job, JobState, NewJob
from backend.jobs.queue import JobQueue
from backend.jobs.retention import tidy
from backend.jobs.store import JobStore
from tests.backend.files.conftest import MakeStore
from tests.backend.images import stored_image
from tests.backend.jobs.support import NewJobs, hold
from tests.backend.jobs.test_queue import final
from tests.contracts.conftest import nothing
from tests.contracts.requests import files_in, request_for

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


@pytest.mark.slow
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


async def test_a_store_that_refuses_is_said_so(
    bucket: MakeStore, s3: Mapping[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Both when files are brought and when they are kept."""
    wrong = {**s3, "aws_secret_access_key": "SECRET"}
    files, request = bucket(tmp_path, options=wrong), request_for("instant")
    async with painting(files, "load") as engine:
        with pytest.raises(JobFailed, match="file store does not work now"):
            await engine.run(request, nothing)
        for name in ("content", "style"):
            await LocalFiles(Path(files.address)).put(stored_image(name).file, name.encode())
        with pytest.raises(JobFailed, match="file store does not work now"):
            await engine.run(request, nothing)
    assert "is begun anew" in caplog.text
    assert "Traceback" in caplog.text
    assert "SECRET" not in caplog.text


class Slow(LocalFiles):
    """A store that never answers, or has no room."""

    answers = False

    @asynccontextmanager
    async def shared(self, *_: Collection[FileKey]) -> AsyncIterator[None]:
        if not self.answers:
            await asyncio.Event().wait()
        yield
        raise OSError(errno.ENOSPC, "full")


async def test_a_picture_whose_files_do_not_come_can_be_cancelled(tmp_path: Path) -> None:
    files = Slow((await files_in(tmp_path)).folder)
    async with painting(files, "load") as engine, asyncio.timeout(60):
        run = asyncio.create_task(engine.run(request_for("instant"), nothing))
        await asyncio.sleep(0.1)
        engine.kill("job")
        with pytest.raises(JobCancelled):
            await run
        files.answers = True
        with pytest.raises(JobFailed, match="no room is left"):
            await engine.run(request_for("instant"), nothing)


@pytest.mark.slow
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
