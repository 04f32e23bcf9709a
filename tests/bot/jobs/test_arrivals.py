"""Commands on their way to become jobs: noted, given their card, gone when there is a job."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from bot.database.sqlite import SqliteFile
from bot.jobs.arrivals import Arrival
from bot.jobs.queue import JobQueue
from bot.jobs.store import JobStore
from tests.bot.jobs.support import TOKEN, NewJobs, Script


def arrival(new_job: NewJobs, token: str = TOKEN) -> Arrival:
    new = new_job(size=300, strength=7)
    address = replace(new.address, message_id=0, interaction_token=token)
    return Arrival(address=address, options=new.spec.options)


async def test_a_note_outlives_the_bot(tmp_path: Path, spool: Path, new_job: NewJobs) -> None:
    noted, other = arrival(new_job), arrival(new_job, "another")
    async with JobStore(SqliteFile(tmp_path / "jobs.sqlite"), tmp_path) as store:
        await store.arrivals.add(noted)
        await store.arrivals.add(other)
        await store.arrivals.set_card(replace(noted.address, message_id=7))
    async with JobStore(SqliteFile(tmp_path / "jobs.sqlite"), tmp_path) as store:
        carded = replace(noted, address=replace(noted.address, message_id=7))
        assert sorted(await store.arrivals.all(), key=lambda a: a.address.message_id) == [
            other,
            carded,
        ]
        await store.arrivals.remove(other.address)
        await store.arrivals.remove(other.address)
        assert await store.arrivals.all() == [carded]


async def test_a_job_takes_the_place_of_its_own_note(store: JobStore, new_job: NewJobs) -> None:
    other = arrival(new_job, "another")
    await store.arrivals.add(arrival(new_job))
    await store.arrivals.add(other)
    await store.create(new_job())
    assert await store.arrivals.all() == [other]


async def test_half_written_files_go_when_the_queue_starts(
    store: JobStore, spool: Path, new_job: NewJobs
) -> None:
    new = new_job()
    await store.create(new)
    kept = {path for image in new.spec.images for path in (image.path, image.thumbnail)}
    for path in (*kept, spool / "0f.raw", spool / "0f.png", spool / "someone-result.png"):
        await asyncio.to_thread(path.touch)
    async with JobQueue(store, Script()):
        assert set(await asyncio.to_thread(lambda: list(spool.iterdir()))) == kept


async def test_the_first_schema_is_brought_up_to_date(
    tmp_path: Path, spool: Path, new_job: NewJobs
) -> None:
    database = tmp_path / "jobs.sqlite"
    async with JobStore(SqliteFile(database), tmp_path) as store:
        job = await store.create(new_job())
    await asyncio.to_thread(_downgrade, database, "0001")
    with closing(sqlite3.connect(database)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert "arrivals" not in tables
    async with JobStore(SqliteFile(database), tmp_path) as store:
        assert await store.in_states() == [job]
        await store.arrivals.add(arrival(new_job))
        assert len(await store.arrivals.all()) == 1


def _downgrade(database: Path, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "bot.database:migrations")
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{database}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
    engine.dispose()
