"""Rows in a PostgreSQL database.

The lock is a session-level advisory lock, held by a connection of its own for as long as the bot
has the database, so that it ends with the bot however that ends:
https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import URL, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bot.database.database import Database
from bot.database.location import Location, lock_file
from bot.errors import ConfigurationError, DatabaseInUse

# The server needs a moment to notice that a bot which was killed is gone.
_PATIENCE: Final = (0.05, 0.2, 0.5, 1.0, 1.0)
_FOLDER: Final = "spool"  # of the data folder; the lock is beside it
_LOCK: Final = 0x5374796C697A65  # "Stylize": any number that nobody else takes


@dataclass(frozen=True, slots=True)
class PostgresServer(Location):
    """A database on a server."""

    url: URL

    def __str__(self) -> str:
        """Return the address without the password."""
        return self.url.set(drivername="postgresql", password=None).render_as_string()

    @asynccontextmanager
    async def lock(self, data_dir: Path) -> AsyncIterator[URL]:
        """Take the lock of the database, and that of the folder."""
        with await asyncio.to_thread(lock_file, data_dir / _FOLDER, "folder"):
            engine = self.connect(writable=True).engine
            try:
                async with AsyncExitStack() as stack:
                    with self.explained():
                        guard = await stack.enter_async_context(engine.connect())
                        await self._lock(guard)
                        stack.push_async_callback(
                            guard.scalar, select(func.pg_advisory_unlock(_LOCK))
                        )
                    yield self.url
            finally:
                await engine.dispose()

    def connect(self, *, writable: bool) -> Database:
        """Return the database as it is, with connections still to be made."""
        try:
            engine = create_async_engine(
                self.url,
                hide_parameters=True,  # interaction tokens are among them
                pool_pre_ping=True,
                execution_options={} if writable else {"postgresql_readonly": True},
            )
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                "The driver for PostgreSQL is missing: pip install 'stylize-bot[postgres]'."
            ) from error
        return Database(engine)

    async def _lock(self, guard: AsyncConnection) -> None:
        await guard.execution_options(isolation_level="AUTOCOMMIT")  # no transaction for weeks
        for pause in (*_PATIENCE, None):
            if await guard.scalar(select(func.pg_try_advisory_lock(_LOCK))):
                return
            if pause is None:
                raise DatabaseInUse(
                    f"Another bot is using the job database {self}. Stop that one first, or give "
                    "this one a database of its own."
                )
            await asyncio.sleep(pause)
