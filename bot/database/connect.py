"""The database under the store: locked for one bot, brought up to date, opened.

One SQLite file by default (`.sqlite`), or a PostgreSQL database (`.postgres`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.database import postgres, sqlite
from bot.errors import ConfigurationError

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
    async with _beside_the_bot(location, shared=False) as engine:
        yield engine


@asynccontextmanager
async def share_database(location: Location) -> AsyncIterator[AsyncEngine]:
    """The database beside a running bot, to change what that bot does not hold in memory.

    Raises:
        ConfigurationError: there is none, or it cannot be used; the text names it.
    """
    async with _beside_the_bot(location, shared=True) as engine:
        yield engine


def _beside_the_bot(
    location: Location, *, shared: bool
) -> AbstractAsyncContextManager[AsyncEngine]:
    if isinstance(location, Path):
        return sqlite.read_file(location, shared=shared)
    return postgres.read_server(location, shared=shared)


def database_files(location: Location) -> set[Path]:
    """Every file that belongs to the database."""
    return sqlite.files(location) if isinstance(location, Path) else set()


async def wipe(location: Location, engine: AsyncEngine) -> None:
    """Leave nothing of deleted rows in the database's files; a server's are its owner's matter."""
    if isinstance(location, Path):
        await sqlite.wipe(engine)
