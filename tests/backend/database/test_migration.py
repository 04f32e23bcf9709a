"""From release 0.1.0 to files by key: on both kinds of databases, and with damaged rows."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Engine, MetaData, create_engine, insert, select, text

from backend.database.location import Location, upgrade
from backend.database.postgres import PostgresServer
from backend.database.sqlite import SqliteFile
from backend.database.tables import FILE_USES
from backend.errors import JobNotFound
from backend.jobs.model import Job, JobState
from backend.jobs.store import JobStore
from backend.shelf import Shelf
from tests.backend.images import stored_image
from tests.backend.jobs.support import hold
from tests.postgres import database

HERE = Path(__file__).parents[2] / "upgrade"
RELEASE = "0007"
DAMAGED = "1k1awvc0dm9rm6w5"  # a queued job


@pytest.fixture
def data(tmp_path: Path) -> Path:
    shutil.copytree(HERE / "data", tmp_path / "data")
    return tmp_path / "data"


def copied(data: Path, url: URL) -> None:
    """Bring a database on a server to where the one in the folder is."""
    config = Config()
    config.set_main_option("script_location", "backend.database:migrations")
    config.set_main_option("path_separator", "os")
    old, new = create_engine(f"sqlite:///{data / 'jobs.sqlite'}"), create_engine(url)
    with new.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, RELEASE)
    _copy_rows(old, new)
    old.dispose()
    new.dispose()


def _copy_rows(old: Engine, new: Engine) -> None:
    source, target = MetaData(), MetaData()
    source.reflect(old)
    target.reflect(new)
    with old.connect() as reader, new.begin() as writer:
        for name, table in source.tables.items():
            rows = [dict(row) for row in reader.execute(select(table)).mappings()]
            if rows and name != "alembic_version":
                writer.execute(insert(target.tables[name]), rows)


async def read(location: Location, data: Path) -> tuple[list[Job], set[tuple[str, str]]]:
    """All jobs but those that were commands, and who uses which file."""
    async with JobStore(location, data) as store:
        jobs = [job for job in await store.in_states() if job.state is not JobState.RECEIVING]
        commands = await store.in_states(JobState.RECEIVING)
        async with store.database.read() as connection:
            found = await connection.execute(select(FILE_USES.c.key, FILE_USES.c.owner))
            uses = {(row.key, row.owner) for row in found}
        assert len(commands) == 2
    return jobs, uses


@pytest.mark.slow
async def test_on_a_server_it_comes_out_as_in_a_file(
    data: Path, tmp_path: Path, postgres: URL | None
) -> None:
    if postgres is None:
        pytest.skip("no PostgreSQL")
    with database(postgres) as url:
        await asyncio.to_thread(copied, data, url)
        on_server = await read(PostgresServer(url), data)
    shutil.rmtree(data)
    shutil.copytree(HERE / "data", data)
    assert await read(SqliteFile(data / "jobs.sqlite"), data) == on_server


@pytest.mark.slow
async def test_on_a_server_of_an_earlier_version_names_may_be_long(
    data: Path, postgres: URL | None
) -> None:
    if postgres is None:
        pytest.skip("no PostgreSQL")
    with database(postgres) as url:
        await asyncio.to_thread(upgrade, url, data, "0011")
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE styles ALTER name_key TYPE varchar(160)"))
        engine.dispose()
        name, image = "\ufdfa" * 40, stored_image("style")
        async with JobStore(PostgresServer(url), data) as store:
            await hold(store, "style")
            style = await Shelf(store.uses, limit=1).add(5, name, image, contributor_id=3)
            assert style.name == name


async def test_a_row_that_cannot_be_read_does_not_stop_it(data: Path) -> None:
    connection = sqlite3.connect(data / "jobs.sqlite")
    with connection:
        for column, value in (("content", "no JSON"), ("options", "[1]")):
            connection.execute(f"UPDATE jobs SET {column} = ? WHERE id = ?", [value, DAMAGED])
        connection.execute("UPDATE person_settings SET settings = 'no JSON either'")
        connection.execute("UPDATE arrivals SET options = '{' WHERE message_id = 0")
    connection.close()
    async with JobStore(SqliteFile(data / "jobs.sqlite"), data) as store:
        jobs = await store.in_states()
        assert DAMAGED not in [job.id for job in jobs]
        assert len(jobs) == 18  # of twenty
        with pytest.raises(JobNotFound, match="cannot read the order"):
            await store.get(DAMAGED)


@pytest.mark.slow
async def test_a_large_history_is_moved_in_batches(data: Path) -> None:
    connection = sqlite3.connect(data / "jobs.sqlite")
    columns = [row[1] for row in connection.execute("PRAGMA table_info(jobs)")]
    others = ", ".join(name for name in columns if name != "id")
    with connection:
        for number in range(1203):
            connection.execute(
                f"INSERT INTO jobs (id, {others}) SELECT ?, {others} FROM jobs WHERE id = ?",
                [f"2{number:015}", DAMAGED],
            )
    connection.close()
    upgrade(URL.create("sqlite", database=str(data / "jobs.sqlite")), data)
    engine = create_engine(f"sqlite:///{data / 'jobs.sqlite'}")
    with engine.connect() as reader:
        moved: Any = text('SELECT count(*) FROM jobs WHERE spec LIKE \'%"file": "spool/%\'')
        assert reader.execute(moved).scalar() == 18 + 1203
    engine.dispose()
