"""Jobs in one SQLite file: locked for one bot, brought up to date, opened."""

from __future__ import annotations

import asyncio
import fcntl
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from alembic.util import CommandError
from sqlalchemy import URL, event, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.database.database import Database
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


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """A database in one file; see `bot.database.connect.Location`."""

    path: Path

    @asynccontextmanager
    async def open(self, data_dir: Path) -> AsyncIterator[Database]:
        """Open it for this process alone, made or brought up to the present schema."""
        path = self.path
        try:
            lock = await asyncio.to_thread(lock_file, path)
        except BlockingIOError as error:
            raise DatabaseInUse(
                f"Another bot is using the job database {path}. Stop that one first, or give this "
                "one a data folder of its own."
            ) from error
        except OSError as error:
            raise ConfigurationError(_unusable(path, error.strerror)) from error
        with lock:
            await _bring_up_to_date(path, data_dir)
            engine = _engine(path)
            try:
                yield SqliteDatabase(engine)
            finally:
                await engine.dispose()

    @asynccontextmanager
    async def beside(self, *, writable: bool = False) -> AsyncIterator[Database]:
        """Open it as it is, also while a bot uses it."""
        path = self.path
        if not await asyncio.to_thread(path.is_file):
            raise ConfigurationError(
                f"There is no job database {path}: no bot has used this folder."
            )
        engine = _engine(path) if writable else _engine(path, "PRAGMA query_only = ON")
        try:
            yield SqliteDatabase(engine)
        except DatabaseError as error:
            raise ConfigurationError(_unusable(path, error.orig)) from error
        finally:
            await engine.dispose()


class SqliteDatabase(Database):
    """An open SQLite file."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine)
        # SQLite lets writers wait in naps of many milliseconds; twenty commands at once would each
        # be acknowledged only after several of them.
        self._writing = asyncio.Lock()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Return a connection in a transaction; writers of this process wait for each other."""
        async with self._writing, self.engine.begin() as connection:
            # At once, so that nobody else writes between what is read here and what is written.
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    async def wipe(self) -> None:
        """Empty the log of changes, where deleted rows live on, unless somebody is reading."""
        async with self.engine.connect() as connection:
            await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


async def _bring_up_to_date(path: Path, data_dir: Path) -> None:
    try:
        await asyncio.to_thread(_migrate, path, data_dir)
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
    """Take the lock of a file: two bots on it would each take the other's jobs for left-overs.

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


def _migrate(path: Path, data_dir: Path) -> None:
    path.touch(mode=0o600)  # it holds interaction tokens
    upgrade(URL.create("sqlite", database=str(path)), data_dir)


def _engine(path: Path, *more_pragmas: str) -> AsyncEngine:
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
