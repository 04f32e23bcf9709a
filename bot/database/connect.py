"""Where the rows are kept: one SQLite file by default, or a PostgreSQL database."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from bot.database.database import Database
from bot.database.postgres import PostgresServer
from bot.database.sqlite import SqliteFile
from bot.errors import ConfigurationError

_SCHEMES: Final = frozenset({"postgres", "postgresql", "postgresql+psycopg"})


class Location(Protocol):
    """Where a database is, and how it is opened."""

    def open(self, data_dir: Path) -> AbstractAsyncContextManager[Database]:
        """Open it for this process alone, made or brought up to the present schema.

        Args:
            data_dir: the folder of the files that its rows name; no other bot may use it.

        Raises:
            DatabaseInUse: another bot uses the database or the folder; the text names it.
            ConfigurationError: the database cannot be used; likewise.
        """
        ...

    def beside(self, *, writable: bool = False) -> AbstractAsyncContextManager[Database]:
        """Open it as it is, also while a bot uses it.

        Args:
            writable: to change what that bot does not hold in memory.

        Raises:
            ConfigurationError: there is none, or it cannot be used; the text names it.
        """
        ...


def locate(data_dir: Path, url: str | None) -> Location:
    """Return where rows are kept: in the database that the host names, else in the data folder.

    Raises:
        ConfigurationError: the address is not that of a PostgreSQL database.
    """
    if url is None:
        return SqliteFile(data_dir / "jobs.sqlite")
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.drivername not in _SCHEMES:
        raise ConfigurationError(
            "STYLIZE_DATABASE_URL is wrong: it must look like postgresql://user:password@host/name."
        )
    return PostgresServer(parsed.set(drivername="postgresql+psycopg"))
