"""Databases of both kinds, a store in a temporary folder, and jobs to put into it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL

from backend.database.location import Location
from backend.database.postgres import PostgresServer
from backend.database.sqlite import SqliteFile
from backend.jobs.model import Address, NewJob
from backend.jobs.store import JobStore
from backend.records import JobSpec, JobStyle
from nst.options import Options
from tests.backend.images import stored_image
from tests.backend.jobs.support import TOKEN, NewJobs, hold
from tests.postgres import database, server


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[URL | None]:
    """Yield a PostgreSQL server, or None."""
    own = tmp_path_factory.getbasetemp()
    with server(own if worker_id == "master" else own.parent) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    """Yield an empty database: each test is run on both kinds, `make check` on SQLite alone."""
    if request.param == "sqlite":
        yield SqliteFile(tmp_path / "jobs.sqlite3")
        return
    address = request.getfixturevalue("postgres")
    if address is None:
        pytest.skip("no PostgreSQL: there is no initdb, and TEST_DATABASE_URL names no server")
    with database(address) as url:
        yield PostgresServer(url, on_lost=pytest.fail)


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    spool = tmp_path / "spool"
    spool.mkdir()
    return spool


@pytest.fixture
def new_job() -> NewJobs:
    def make(
        *,
        person: int = 1,
        server: int | None = 100,
        filename: str = "photo.jpg",
        **options: Any,
    ) -> NewJob:
        content, style = (stored_image(name, filename=filename) for name in ("content", "style"))
        address = Address(
            requester_id=person,
            guild_id=server,
            channel_id=2**63 - 1,
            message_id=7,
            bot_is_member=True,
            interaction_token=TOKEN,
            application_id=9,
        )
        return NewJob(
            address=address,
            spec=JobSpec(
                options=Options(**options),
                content=content,
                styles=(JobStyle(image=style),),
                max_result_bytes=10_000_000,
            ),
        )

    return make


@pytest.fixture
async def store(location: Location, tmp_path: Path) -> AsyncIterator[JobStore]:
    async with JobStore(location, tmp_path) as store:
        await hold(store)
        yield store
