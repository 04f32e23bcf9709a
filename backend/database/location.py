"""Where a database is: locked for one bot, brought up to date, opened."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from math import inf
from pathlib import Path
from typing import IO, Final, TypeVar

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, create_engine
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError

from backend.database.database import Database
from backend.errors import ConfigurationError, DatabaseInUse

_LOG = logging.getLogger(__name__)
_POLL_SECONDS: Final = 0.5
UNFINISHED: Final = "restoring"
"""A file in the data folder while a backup is restored into it, and if that was cut off."""
_UNMADE: Final = ("no such table", "no such column", "does not exist")
"""How the drivers say that a table, a column or the whole database is missing."""
T = TypeVar("T")


class Location(ABC):
    """Where a database is, and how it is opened."""

    @property
    @abstractmethod
    def address(self) -> URL:
        """Return its address for Alembic."""

    @abstractmethod
    def lock(self, data_dir: Path, *, wait: bool) -> AbstractAsyncContextManager[Database]:
        """Keep other bots away from the database and its files; yield it, to be brought up to date.

        With `wait`, it waits for a bot that has it, however long; else DatabaseInUse is raised.
        """

    @abstractmethod
    def connect(self, *, writable: bool) -> Database:
        """Return the database as it is, with connections still to be made."""

    @abstractmethod
    def __str__(self) -> str:
        """Return its name, without anything that is secret."""

    def without_secrets(self, text: str) -> str:
        """Return what a driver says without what its address may hide."""
        return text

    @asynccontextmanager
    async def open(
        self, data_dir: Path, *, wait: bool = False, existing: bool = False
    ) -> AsyncIterator[Database]:
        """Open it for this process alone, brought up to the present schema.

        It is made where there is none, unless with `existing`: that raises ConfigurationError.

        No other bot may use `data_dir`, the folder of the files that its rows name: that raises
        DatabaseInUse, or is waited for, as a database that does not answer then is. One that cannot
        be used raises ConfigurationError.
        """
        if existing:
            async with self.beside() as database:
                await database.check()
        if await asyncio.to_thread((data_dir / UNFINISHED).exists):
            raise ConfigurationError(
                f"A backup was not restored to its end into {data_dir}: restore the same one "
                f"again, or empty the folder, and the database {self}."
            )
        async with self.lock(data_dir, wait=wait) as database:
            try:
                with self.explained():
                    await asyncio.to_thread(upgrade, self.address, data_dir, prove=database.prove)
                yield database
            finally:
                await database.engine.dispose()

    @asynccontextmanager
    async def beside(self, *, writable: bool = False) -> AsyncIterator[Database]:
        """Open it as it is, also while a bot uses it; `writable` for what no bot has in memory."""
        with self.explained():
            database = self.connect(writable=writable)
            try:
                yield database
            finally:
                await database.engine.dispose()

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what a database complains about into one line."""
        try:
            yield
        except (DBAPIError, UnicodeError) as error:  # the latter for names that no host can have
            reason = str(getattr(error, "orig", error)).strip().partition("\n")[0]
            reason = self.without_secrets(reason).rstrip(".")
            if any(word in reason for word in _UNMADE):
                reason = f"this version of the bot has not used it yet, start it once ({reason})"
            raise ConfigurationError(
                f"The job database {self} cannot be used: {reason}."
            ) from error
        except CommandError as error:
            raise ConfigurationError(
                f"The job database {self} was made by a newer version of the bot; install that "
                "version, or let this one begin with an empty database."
            ) from error


def upgrade(
    url: URL,
    data_dir: Path | None,
    revision: str = "head",
    prove: Callable[[Connection], None] = lambda _: None,
) -> None:
    """Bring a database up to the newest schema, or an earlier one, with Alembic; blocks.

    Files in `data_dir` that no row names are taken for left-overs, unless it is None. `prove`
    raises where this process may not write any more.
    """
    config = _config()
    engine = create_engine(url, hide_parameters=True)
    try:
        with engine.begin() as connection:
            prove(connection)
            config.attributes["connection"] = connection
            config.attributes["data_dir"] = data_dir
            command.upgrade(config, revision)
    finally:
        engine.dispose()


def knows(revision: str) -> bool:
    """Tell whether this version of the bot knows a schema."""
    try:
        return ScriptDirectory.from_config(_config()).get_revision(revision) is not None
    except CommandError:
        return False


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "backend.database:migrations")
    config.set_main_option("path_separator", "os")
    return config


async def until_free(attempt: Callable[[], Awaitable[T]], seconds: float) -> T:
    """Repeat an attempt while another bot has what it is for, for so many seconds at most.

    Who waits for ever also waits for a database that does not answer, or that nobody may write to:
    a replica until it is promoted.
    """
    deadline, said = time.monotonic() + seconds, ""
    while True:
        try:
            return await attempt()
        except (DatabaseInUse, OperationalError, InternalError) as error:
            is_mute = not isinstance(error, DatabaseInUse)
            if time.monotonic() >= deadline or (is_mute and seconds < inf):
                raise
            if said != (reason := str(error).partition("\n")[0]):
                _LOG.info("Waiting: %s", reason)
                said = reason
        await asyncio.sleep(_POLL_SECONDS)


async def locked_file(path: Path, kind: str, *, shared: bool = False) -> IO[str]:
    """Take the lock of a file: two bots on it would each take the other's jobs for left-overs.

    Args:
        path: of the file; the lock is beside it.
        kind: what to call it when that fails.
        shared: others who share it may have it, too.
    """
    how = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    return await asyncio.to_thread(_lock_file, path, kind, how)


def _lock_file(path: Path, kind: str, how: int) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f"{path.name}.lock").open("a+")  # to share it, NFS wants to read it
    except OSError as error:
        raise ConfigurationError(f"The {kind} {path} cannot be used: {error.strerror}.") from error
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise DatabaseInUse(
            f"Another bot is using the {kind} {path}. Stop that one first, or give this one a data "
            "folder of its own."
        ) from error
    except OSError as error:
        lock.close()
        raise ConfigurationError(f"The {kind} {path} cannot be used: {error.strerror}.") from error
    return lock
