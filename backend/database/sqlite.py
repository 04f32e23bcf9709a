"""Rows in one SQLite file."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from math import inf
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, event
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from backend.database.database import Database
from backend.database.location import Location, locked_file, until_free
from backend.errors import ConfigurationError

_PATIENCE: Final = "PRAGMA busy_timeout = 5000"  # milliseconds
_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",  # readers and the writer do not wait for each other
    "PRAGMA synchronous = NORMAL",  # safe with WAL: a power cut may lose the last moment, no more
    _PATIENCE,
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what people have deleted is overwritten
)
_WIPES: Final = 10
_WIPE_PAUSE: Final = 0.2


@dataclass(frozen=True, slots=True)
class SqliteFile(Location):
    """A database in one file."""

    path: Path

    def __str__(self) -> str:
        """Return its path."""
        return str(self.path)

    @property
    def address(self) -> URL:
        """Return its address for Alembic."""
        return URL.create("sqlite", database=str(self.path))

    @asynccontextmanager
    async def lock(self, _data_dir: Path, *, wait: bool) -> AsyncIterator[Database]:
        """Take the lock of the file, which is that of the folder, too."""
        attempt = partial(locked_file, self.path, "job database")
        with await until_free(attempt, inf if wait else 0):
            try:
                self.path.touch(mode=0o600)  # it holds interaction tokens
            except OSError as error:
                raise ConfigurationError(
                    f"The job database {self} cannot be used: {error.strerror}."
                ) from error
            yield self.connect(writable=True)

    def connect(self, *, writable: bool) -> Database:
        """Return the database as it is, with connections still to be made."""
        try:
            is_there = self.path.is_file()
        except OSError as error:
            raise ConfigurationError(
                f"The job database {self} cannot be used: {error.strerror}."
            ) from error
        if not is_there:
            raise ConfigurationError(
                f"There is no job database {self}: no bot has used this folder."
            )
        # Neither the log nor the text of an error may show values: interaction tokens are there.
        logging.getLogger("aiosqlite").setLevel(logging.INFO)
        # Never a new file: where the disk has gone, a new one would be hidden when it comes back.
        existing = {"uri": "true", "mode": "rw"}
        place = self.path.absolute().as_uri()
        url = URL.create("sqlite+aiosqlite", database=place, query=existing)
        engine = create_async_engine(url, hide_parameters=True)
        pragmas = _PRAGMAS if writable else (*_PRAGMAS, "PRAGMA query_only = ON")

        @event.listens_for(engine.sync_engine, "connect")
        def configure(connection: Any, _record: object) -> None:
            cursor = connection.cursor()
            for pragma in pragmas:
                cursor.execute(pragma)
            cursor.close()

        return SqliteDatabase(engine, self.path)


@dataclass(frozen=True, slots=True)
class SqliteDatabase(Database):
    """An open SQLite file."""

    path: Path
    # SQLite lets writers wait in naps of many milliseconds; twenty commands at once would each be
    # acknowledged only after several of them.
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Return a connection in a transaction; writers of this process wait for each other."""
        async with self._writing, self.engine.begin() as connection:
            # At once, so that nobody else writes between what is read here and what is written.
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    async def check(self) -> None:
        """Raise also where the file is gone: what is written now would be lost."""
        await asyncio.to_thread(self.path.stat)
        await Database.check(self)

    async def wipe(self) -> None:
        """Empty the log of changes, where deleted rows live on, unless somebody reads for long.

        What is left then goes with the next wipe.
        """
        for _ in range(_WIPES):
            if await self._is_emptied():
                return
            await asyncio.sleep(_WIPE_PAUSE)

    async def _is_emptied(self) -> bool:
        """Empty the log, if nobody reads now: who waits for readers keeps writers waiting."""
        async with self._writing, self.engine.connect() as connection:
            await connection.exec_driver_sql("PRAGMA busy_timeout = 0")
            try:
                done = await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                return not done.one()[0]  # whether it was kept from it
            finally:
                await connection.exec_driver_sql(_PATIENCE)
