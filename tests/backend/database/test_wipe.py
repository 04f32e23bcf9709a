"""What was deleted is wiped out of SQLite's files, without anybody waiting for that."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path

import pytest

from backend.database.sqlite import SqliteFile
from backend.jobs.retention import sweep
from backend.jobs.store import JobStore

SECRET = "what nobody may find any more"


@pytest.fixture
def location(tmp_path: Path) -> SqliteFile:
    return SqliteFile(tmp_path / "jobs.sqlite")


@pytest.fixture
async def store(location: SqliteFile, tmp_path: Path) -> AsyncIterator[JobStore]:
    async with JobStore(location, tmp_path) as store:
        yield store


@asynccontextmanager
async def deleted_while_read(location: SqliteFile, store: JobStore) -> AsyncIterator[None]:
    """Delete something; until the block ends, somebody reads what was before."""
    await store.database.note_fact("a", SECRET)
    async with location.beside() as beside, beside.read() as reading:
        await reading.exec_driver_sql("BEGIN")
        await reading.exec_driver_sql("SELECT * FROM facts")
        await store.database.note_fact("a", "b")
        yield


def is_found(location: SqliteFile) -> bool:
    files = location.path.parent.glob(f"{location.path.name}*")
    return any(SECRET.encode() in path.read_bytes() for path in files)


async def test_nobody_waits_for_it_while_somebody_reads(
    location: SqliteFile, store: JobStore
) -> None:
    def write() -> None:
        with closing(sqlite3.connect(location.path, timeout=1.0)) as another, another:
            another.execute("INSERT INTO facts VALUES ('c', 'd')")
            another.execute("DELETE FROM facts WHERE name = 'c'")

    async with deleted_while_read(location, store):
        wiping = asyncio.create_task(store.database.wipe())
        for _ in range(10):
            await asyncio.to_thread(write)
            await store.database.note_fact("e", "f")
    await wiping
    assert not is_found(location), "it was tried again"


@pytest.mark.slow
async def test_what_is_left_because_somebody_reads_goes_with_the_next_sweep(
    location: SqliteFile, store: JobStore
) -> None:
    async with deleted_while_read(location, store):
        await store.database.wipe()
        assert is_found(location)
    closed = asyncio.Event()
    sweeping = asyncio.create_task(sweep(store, closed, timedelta(days=1), None))
    async with asyncio.timeout(10):
        while await asyncio.to_thread(is_found, location):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    closed.set()
    await sweeping
