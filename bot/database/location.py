"""Where a database is: locked for one bot, brought up to date, opened."""

from __future__ import annotations

import asyncio
import fcntl
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, create_engine
from sqlalchemy.exc import DatabaseError

from bot.database.database import Database
from bot.errors import ConfigurationError, DatabaseInUse


class Location(ABC):
    """Where a database is, and how it is opened."""

    @abstractmethod
    def lock(self, data_dir: Path) -> AbstractAsyncContextManager[URL]:
        """Keep other bots away from the database and its files; yield its address for Alembic."""

    @abstractmethod
    def connect(self, *, writable: bool) -> Database:
        """Return the database as it is, with connections still to be made."""

    @abstractmethod
    def __str__(self) -> str:
        """Return its name without a password."""

    @asynccontextmanager
    async def open(self, data_dir: Path) -> AsyncIterator[Database]:
        """Open it for this process alone, made or brought up to the present schema.

        No other bot may use `data_dir`, the folder of the files that its rows name: that raises
        DatabaseInUse, a ConfigurationError as those of a database that cannot be used.
        """
        async with self.lock(data_dir) as url:
            with self.explained():
                await asyncio.to_thread(upgrade, url, data_dir)
            database = self.connect(writable=True)
            try:
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
        except DatabaseError as error:
            reason = str(error.orig).strip().partition("\n")[0]
            raise ConfigurationError(
                f"The job database {self} cannot be used: {reason}."
            ) from error
        except CommandError as error:
            raise ConfigurationError(
                f"The job database {self} was made by a newer version of the bot; install that "
                "version, or let this one begin with an empty database."
            ) from error


def upgrade(url: URL, data_dir: Path | None, revision: str = "head") -> None:
    """Bring a database up to the newest schema, or an earlier one, with Alembic; blocks.

    Files in `data_dir` that no row names are taken for left-overs, unless it is None.
    """
    config = _config()
    engine = create_engine(url, hide_parameters=True)
    try:
        with engine.begin() as connection:
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
    config.set_main_option("script_location", "bot.database:migrations")
    config.set_main_option("path_separator", "os")
    return config


def lock_file(path: Path, kind: str) -> IO[str]:
    """Take the lock of a file: two bots on it would each take the other's jobs for left-overs.

    Args:
        path: of the file; the lock is beside it.
        kind: what to call it when that fails.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f"{path.name}.lock").open("a")
    except OSError as error:
        raise ConfigurationError(f"The {kind} {path} cannot be used: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise DatabaseInUse(
            f"Another bot is using the {kind} {path}. Stop that one first, or give this one a data "
            "folder of its own."
        ) from error
    return lock
