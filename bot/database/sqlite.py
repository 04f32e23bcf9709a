"""Jobs in one SQLite file: locked for one bot, brought up to date, opened."""

from __future__ import annotations

import asyncio
import fcntl
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any, Final

from alembic.util import CommandError
from sqlalchemy import URL, event, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.database.migrate import upgrade
from bot.errors import ConfigurationError, DatabaseInUse

_LOCK_SUFFIX: Final = ".lock"
_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",  # readers and the writer do not wait for each other
    "PRAGMA synchronous = NORMAL",  # safe with WAL: a power cut may lose the last moment, no more
    "PRAGMA busy_timeout = 5000",  # milliseconds
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what people have deleted is overwritten
)


@asynccontextmanager
async def open_file(path: Path) -> AsyncIterator[AsyncEngine]:
    """The database in this file, made if there is none, for this process alone.

    Raises:
        DatabaseInUse: another bot uses the file; the text names it.
        ConfigurationError: the file cannot be used, likewise.
    """
    try:
        lock = await asyncio.to_thread(lock_file, path)
    except BlockingIOError as error:
        raise DatabaseInUse(
            f"Another bot is using the job database {path}. Stop that one first, or give this one "
            "a data folder of its own."
        ) from error
    except OSError as error:
        raise ConfigurationError(_unusable(path, error.strerror)) from error
    with lock:
        await _bring_up_to_date(path)
        engine = _open(path)
        try:
            yield engine
        finally:
            await engine.dispose()


@asynccontextmanager
async def read_file(path: Path, *, shared: bool = False) -> AsyncIterator[AsyncEngine]:
    """The database in this file for reading only, also while a bot uses it.

    Args:
        path: the file.
        shared: for changes as well, of what the bot does not hold in memory.

    Raises:
        ConfigurationError: there is none, or it cannot be read; the text names it.
    """
    if not await asyncio.to_thread(path.is_file):
        raise ConfigurationError(f"There is no job database {path}: no bot has used this folder.")
    engine = _open(path) if shared else _open(path, "PRAGMA query_only = ON")
    try:
        yield engine
    except DatabaseError as error:
        raise ConfigurationError(_unusable(path, error.orig)) from error
    finally:
        await engine.dispose()


async def wipe(engine: AsyncEngine) -> None:
    """Empty the log of changes, where deleted rows live on, unless somebody is reading."""
    async with engine.connect() as connection:
        await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


def files(path: Path) -> set[Path]:
    """Every file that belongs to the database."""
    return {path.with_name(path.name + end) for end in ("", "-wal", "-shm", _LOCK_SUFFIX)}


async def _bring_up_to_date(path: Path) -> None:
    try:
        await asyncio.to_thread(_migrate, path)
    except OSError as error:
        raise ConfigurationError(_unusable(path, error.strerror)) from error
    except DatabaseError as error:
        raise ConfigurationError(_unusable(path, error.orig)) from error
    except CommandError as error:
        raise ConfigurationError(
            f"The job database {path} was made by a newer version of the bot; install that "
            "version, or move the file away to start with an empty one."
        ) from error


def _unusable(path: Path, reason: object) -> str:
    return f"The job database {path} cannot be used: {reason}."


def lock_file(path: Path) -> IO[str]:
    """Two bots on one file would each take the other's running jobs for left-overs.

    Raises:
        BlockingIOError: another process, or somebody else in this one, has the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.with_name(path.name + _LOCK_SUFFIX).open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise
    return lock


def _migrate(path: Path) -> None:
    path.touch(mode=0o600)  # it holds interaction tokens
    upgrade(URL.create("sqlite", database=str(path)))


def _open(path: Path, *more_pragmas: str) -> AsyncEngine:
    # Neither the log nor the text of an error may show values: interaction tokens are among them.
    logging.getLogger("aiosqlite").setLevel(logging.INFO)
    url = URL.create("sqlite+aiosqlite", database=str(path))
    engine = create_async_engine(url, hide_parameters=True)

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in (*_PRAGMAS, *more_pragmas):
            cursor.execute(pragma)
        cursor.close()

    return engine
