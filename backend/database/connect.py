"""Where the rows are kept: one SQLite file by default, or a PostgreSQL database."""

from __future__ import annotations

from typing import Final

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from backend.database.location import Location
from backend.database.postgres import PostgresServer
from backend.database.sqlite import SqliteFile
from backend.errors import ConfigurationError
from backend.settings import Settings

_SCHEMES: Final = frozenset({"postgres", "postgresql", "postgresql+psycopg"})


def locate_database(settings: Settings) -> Location:
    """Return where rows are kept: in the database that the host names, else in the data folder.

    Raises:
        ConfigurationError: the address is not that of a PostgreSQL database.
    """
    if settings.database_url is None:
        return SqliteFile(settings.data_dir / "jobs.sqlite")
    try:
        parsed = make_url(settings.database_url.get_secret_value())
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.drivername not in _SCHEMES:
        raise ConfigurationError(
            "STYLIZE_DATABASE_URL is wrong: it must look like postgresql://user:password@host/name."
        )
    return PostgresServer(parsed.set(drivername="postgresql+psycopg"))
