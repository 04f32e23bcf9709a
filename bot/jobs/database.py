"""The database under the store: locked for one bot, brought up to date, opened.

One SQLite file by default (`bot.jobs.sqlite`), or a PostgreSQL database (`bot.jobs.postgres`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.errors import ConfigurationError
from bot.jobs import postgres, sqlite

Location = Path | URL
"""An SQLite file, or the address of a PostgreSQL database."""

_SCHEMES: Final = frozenset({"postgres", "postgresql", "postgresql+psycopg"})


def locate(data_dir: Path, url: str | None) -> Location:
    """Where the jobs are kept: in the database that the host names, else in the data folder.

    Raises:
        ConfigurationError: the address is not that of a PostgreSQL database.
    """
    if url is None:
        return data_dir / "jobs.sqlite"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.drivername not in _SCHEMES:
        raise ConfigurationError(
            "STYLIZE_DATABASE_URL is wrong: it must look like postgresql://user:password@host/name."
        )
    return parsed.set(drivername="postgresql+psycopg")


@asynccontextmanager
async def open_database(location: Location, spool: Path) -> AsyncIterator[AsyncEngine]:
    """The database, made or brought up to the present schema, for this process alone.

    Raises:
        DatabaseInUse: another bot uses the database or the spool; the text names it.
        ConfigurationError: the database cannot be used, likewise.
    """
    if isinstance(location, Path):
        opened = sqlite.open_file(location)
    else:
        opened = postgres.open_server(location, spool)
    async with opened as engine:
        yield engine


@asynccontextmanager
async def read_database(location: Location, _spool: Path) -> AsyncIterator[AsyncEngine]:
    """The database for reading only, also while a bot uses it.

    Raises:
        ConfigurationError: there is none, or it cannot be read; the text names it.
    """
    if isinstance(location, Path):
        opened = sqlite.read_file(location)
    else:
        opened = postgres.read_server(location)
    async with opened as engine:
        yield engine


def database_files(location: Location) -> set[Path]:
    """Every file that belongs to the database."""
    return sqlite.files(location) if isinstance(location, Path) else set()
