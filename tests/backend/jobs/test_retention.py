"""What is forgotten and when, and that nothing looks through all jobs for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from backend.database.sqlite import SqliteFile
from backend.engine.protocol import RAW, output
from backend.errors import JobNotFound
from backend.files.store import FileKey
from backend.files.uses import UPLOADS
from backend.jobs.finished import FinishedJobs
from backend.jobs.model import Job, JobState
from backend.jobs.recovery import recover
from backend.jobs.retention import tidy
from backend.jobs.store import JobStore
from backend.records import EncodedImage, JobStyle, ResultFile
from nst.options import Colours, Options
from tests.backend.images import stored_image
from tests.backend.jobs.support import NewJobs

NOW, DAY, LATER = timedelta(0), timedelta(days=1), timedelta(days=90)


async def upload(store: JobStore, *keys: FileKey) -> None:
    await store.uses.keep(UPLOADS, dict.fromkeys(keys, b"picture"))


async def painted(
    store: JobStore, new_job: NewJobs, name: str = "mine", *, member: bool = True
) -> Job:
    """Return a job that is done, with pictures of its own."""
    new, photo = new_job(), stored_image(name)
    style = JobStyle(image=stored_image(f"{name}-style"))
    spec = replace(new.spec, content=photo, styles=(style,))
    await upload(store, *spec.files)
    address = replace(new.address, bot_is_member=member)
    job = await store.create(replace(new, spec=spec, address=address))
    await store.uses.discard(UPLOADS, spec.files)
    await store.transition(job.id, JobState.RUNNING)
    file, raw = output(job.id, ".png"), output(job.id, RAW)
    for key in (file, raw):
        await store.files.put(key, b"painting")
    result = ResultFile(
        file=file, raw=raw, width=8, height=6, seconds=1, steps=9, stopped_early=False
    )
    return await store.transition(job.id, JobState.DONE, result=result)


async def test_files_go_first_and_rows_later(store: JobStore, new_job: NewJobs) -> None:
    job = await painted(store, new_job)
    assert job.result
    await store.mark_delivered(job.id)
    assert await tidy(store, DAY, LATER) == (0, 0)
    assert await tidy(store, NOW, LATER) == (0, 6)
    for key in (*job.spec.files, *job.result.files):
        assert not await store.files.exists(key)
    assert (await store.get(job.id)).state is JobState.DONE
    assert await tidy(store, NOW, LATER) == (0, 0)
    assert await tidy(store, NOW) == (1, 0)
    with pytest.raises(JobNotFound):
        await store.get(job.id)


async def test_who_was_not_shown_the_outcome_keeps_it(store: JobStore, new_job: NewJobs) -> None:
    waiting = await painted(store, new_job, "waiting")
    queued = await store.create(new_job())
    assert await tidy(store, NOW) == (0, 0)
    assert await store.files.exists(*waiting.spec.files)
    assert [job.id for job in await store.in_states()] == [waiting.id, queued.id]
    uncollected = await painted(store, new_job, "uncollected", member=False)
    assert await tidy(store, NOW) == (1, 6)
    assert not await store.files.exists(uncollected.spec.photo.file)


@pytest.mark.slow
async def test_many_are_forgotten_in_batches(store: JobStore, new_job: NewJobs) -> None:
    for _ in range(230):
        job = await store.create(new_job())
        await store.transition(job.id, JobState.CANCELLED)
        await store.mark_delivered(job.id)
    assert await tidy(store, NOW) == (230, 0)


async def test_what_another_job_uses_stays(store: JobStore, new_job: NewJobs) -> None:
    parent = await painted(store, new_job)
    assert parent.result
    child = await store.create(
        replace(new_job(), spec=replace(parent.spec, start_from=parent.result.raw))
    )
    await FinishedJobs(store).delete(parent.id)
    assert not await store.files.exists(parent.result.file)
    assert await store.files.exists(*child.spec.files, output(parent.id, RAW))
    await store.transition(child.id, JobState.CANCELLED)
    assert await store.files.exists(*child.spec.files)
    assert not await store.files.exists(output(parent.id, RAW))  # nobody starts from it any more
    await FinishedJobs(store).delete(child.id)
    assert not await store.files.exists(child.spec.photo.file)


async def test_of_a_run_that_comes_to_nothing_no_file_is_left(
    store: JobStore, new_job: NewJobs
) -> None:
    job = await store.create(new_job())
    await store.transition(job.id, JobState.RUNNING)
    for ending in (".jpg", RAW, "-checkpoint", "-checkpoint.new"):
        await store.files.put(output(job.id, ending), b"half")
    await recover(store)
    assert await store.files.exists(output(job.id, "-checkpoint"))
    await store.transition(job.id, JobState.CANCELLED)
    for ending in (".jpg", RAW, "-checkpoint", "-checkpoint.new"):
        assert not await store.files.exists(output(job.id, ending))


async def test_other_colours_take_the_place_of_the_former(
    store: JobStore, new_job: NewJobs
) -> None:
    job = await painted(store, new_job)
    assert job.result
    finished = FinishedJobs(store)
    image = EncodedImage(data=b"new", suffix=".jpg", width=4, height=3)
    changed = await finished.recolour(job.id, Options(colours=Colours.PHOTO), image)
    assert changed == await store.get(job.id)
    assert changed.spec.options.colours is Colours.PHOTO
    assert changed.result
    assert (changed.result.width, changed.result.raw) == (4, job.result.raw)
    assert changed.result.file.endswith(".jpg")
    assert await store.files.get(changed.result.file) == b"new"
    assert not await store.files.exists(job.result.file)
    await finished.delete(job.id)
    with pytest.raises(JobNotFound):
        await finished.recolour(job.id, Options(), image)
    spool = [key async for key in _keys(store)]
    assert not [key for key in spool if job.id in key]


async def test_no_new_colours_are_kept_of_a_picture_whose_files_have_gone(
    store: JobStore, new_job: NewJobs
) -> None:
    job = await painted(store, new_job)
    await store.mark_delivered(job.id)
    await tidy(store, NOW, LATER)
    image = EncodedImage(data=b"new", suffix=".png", width=8, height=6)
    with pytest.raises(JobNotFound):
        await FinishedJobs(store).recolour(job.id, Options(), image)
    assert not [key async for key in _keys(store) if job.id in key]


async def _keys(store: JobStore) -> Any:
    async with store.database.read() as connection:
        for key in (await connection.execute(text("SELECT key FROM file_uses"))).scalars():
            yield key


async def test_nothing_looks_through_all_jobs(tmp_path: Path, new_job: NewJobs) -> None:
    """As SQLite itself says of each statement: none scans the jobs or the uses."""
    async with JobStore(SqliteFile(tmp_path / "jobs.sqlite"), tmp_path) as store:
        finished, delivered = FinishedJobs(store), await painted(store, new_job, "delivered")
        await store.mark_delivered(delivered.id)
        kept, running = await painted(store, new_job, "kept"), await painted(store, new_job, "run")
        with statements(store) as issued:
            await tidy(store, NOW, LATER)
            await tidy(store, NOW)
            await finished.delete(kept.id)
            await finished.delete_of(running.address.requester_id)
            await store.last_asked(1)
            await store.undelivered()
            await recover(store)
            await store.uses.clear()
        assert len(issued) > 30
        async with store.database.read() as connection:
            for statement, parameters in issued:
                plan = await connection.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {statement}", parameters
                )
                scans = [row for *_, row in plan if row.startswith(("SCAN jobs", "SCAN file_uses"))]
                assert not scans, (statement, scans)


@contextmanager
def statements(store: JobStore) -> Iterator[list[tuple[str, Any]]]:
    """Every statement but those that begin or end something."""
    issued: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            issued.append((statement, parameters))

    engine = store.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield issued
    finally:
        event.remove(engine, "before_cursor_execute", note)
