"""Jobs in a PostgreSQL database: locked for one bot, brought up to date, opened.

The lock is a session-level advisory lock, held by a connection of its own for as long as the bot
has the database, so that it ends with the bot however that ends:
https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from alembic.util import CommandError
from sqlalchemy import URL, func, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.database.database import Database
from bot.database.migrate import upgrade
from bot.database.sqlite import lock_file
from bot.errors import ConfigurationError, DatabaseInUse

# The server needs a moment to notice that a bot which was killed is gone.
_PATIENCE: Final = (0.05, 0.2, 0.5, 1.0, 1.0)
_FOLDER: Final = "spool"  # of the data folder; the lock is beside it
_LOCK: Final = 0x5374796C697A65  # "Stylize": any number that nobody else takes


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A database on a server; see `bot.database.connect.Location`."""

    url: URL

    @asynccontextmanager
    async def open(self, data_dir: Path) -> AsyncIterator[Database]:
        """Open it for this process alone, made or brought up to the present schema."""
        url = self.url
        with await _lock_folder(data_dir / _FOLDER):
            engine = _engine(url)
            try:
                async with AsyncExitStack() as stack:
                    with _explained(url):
                        guard = await stack.enter_async_context(engine.connect())
                        await _lock(guard, url)
                        stack.push_async_callback(_unlock, guard)
                        await asyncio.to_thread(upgrade, url, data_dir)
                    yield Database(engine)
            finally:
                await engine.dispose()

    @asynccontextmanager
    async def beside(self, *, writable: bool = False) -> AsyncIterator[Database]:
        """Open it as it is, also while a bot uses it."""
        engine = _engine(self.url, read_only=not writable)
        try:
            with _explained(self.url):
                yield Database(engine)
        finally:
            await engine.dispose()


async def _lock(guard: AsyncConnection, url: URL) -> None:
    await guard.execution_options(isolation_level="AUTOCOMMIT")  # no transaction open for weeks
    for pause in (*_PATIENCE, None):
        if await guard.scalar(select(func.pg_try_advisory_lock(_LOCK))):
            return
        if pause is None:
            raise DatabaseInUse(
                f"Another bot is using the job database {_name(url)}. Stop that one first, or give "
                "this one a database of its own."
            )
        await asyncio.sleep(pause)


async def _unlock(guard: AsyncConnection) -> None:
    await guard.scalar(select(func.pg_advisory_unlock(_LOCK)))


async def _lock_folder(folder: Path) -> IO[str]:
    try:
        return await asyncio.to_thread(lock_file, folder)
    except BlockingIOError as error:
        raise DatabaseInUse(
            f"Another bot is using the folder {folder}. Stop that one first, or give this one a "
            "data folder of its own."
        ) from error
    except OSError as error:
        raise ConfigurationError(
            f"The folder {folder} cannot be used: {error.strerror}."
        ) from error


@contextmanager
def _explained(url: URL) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        raise ConfigurationError(
            f"The job database {_name(url)} cannot be used: {reason}."
        ) from error
    except CommandError as error:
        raise ConfigurationError(
            f"The job database {_name(url)} was made by a newer version of the bot; install that "
            "version, or name another database."
        ) from error


def _engine(url: URL, *, read_only: bool = False) -> AsyncEngine:
    # The text of an error may not show values: interaction tokens are among them.
    options = {"postgresql_readonly": True} if read_only else {}
    try:
        return create_async_engine(
            url, hide_parameters=True, pool_pre_ping=True, execution_options=options
        )
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "The driver for PostgreSQL is missing: pip install 'stylize-bot[postgres]'."
        ) from error


def _name(url: URL) -> str:
    """Return the address without the password."""
    return url.set(drivername="postgresql", password=None).render_as_string()
