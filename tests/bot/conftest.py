"""Databases of both kinds, for rooms that keep something in one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from bot.jobs.database import Location
from tests.postgres import database, server


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL | None]:
    """A PostgreSQL server, or None."""
    with server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    """An empty database: each test is run on both kinds."""
    if request.param == "sqlite":
        yield tmp_path / "jobs.sqlite3"
        return
    address = request.getfixturevalue("postgres")
    if address is None:
        pytest.skip("no PostgreSQL: there is no initdb, and TEST_DATABASE_URL names no server")
    with database(address) as url:
        yield url
