"""Rows in a PostgreSQL database, which is one bot's alone for as long as it keeps its lease."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from math import inf
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from backend.database.database import Database
from backend.database.lease import LEASE_SECONDS, Lease, end_process
from backend.database.location import Location, locked_file, until_free
from backend.errors import ConfigurationError

_FOLDER: Final = "spool"  # of the data folder; the lock is beside it
# Who is connected to a host that is gone learns it in seconds, not in hours. What the host says in
# the address wins: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
_LIVELY: Final = {
    "connect_timeout": "3",
    "keepalives_idle": "2",
    "keepalives_interval": "1",
    "keepalives_count": "3",
    "tcp_user_timeout": "4000",
}


_PLACES: Final = frozenset({"host", "hostaddr", "port", "dbname", "user"})


@dataclass(frozen=True, slots=True)
class PostgresServer(Location):
    """A database on a server.

    Attributes:
        lease_seconds: how long after its end a bot that was killed keeps others away.
        on_lost: called when this bot must not go on, with the reason.
    """

    url: URL
    lease_seconds: float = LEASE_SECONDS
    on_lost: Callable[[str], None] = end_process

    def __str__(self) -> str:
        """Return the address without the password, and without the query, which may hold more."""
        return self.url.set(drivername="postgresql", password=None, query={}).render_as_string()

    def without_secrets(self, text: str) -> str:
        """Return a text without the password, and values of the query that do not say where."""
        query = [value for name, value in self.url.normalized_query.items() if name not in _PLACES]
        for secret in filter(None, (self.url.password, *chain.from_iterable(query))):
            text = text.replace(str(secret), "***")
        return text

    @property
    def address(self) -> URL:
        """Return the address for Alembic."""
        return self.url

    @asynccontextmanager
    async def lock(self, data_dir: Path, *, wait: bool) -> AsyncIterator[Database]:
        """Take the lock of the folder, which standbys share, and the lease of the database."""
        folder = partial(locked_file, data_dir / _FOLDER, "folder", shared=wait)
        with await until_free(folder, inf if wait else 0):
            keeper = self.connect(writable=True).engine
            lease = Lease(
                engine=keeper, name=str(self), seconds=self.lease_seconds, on_lost=self.on_lost
            )
            try:
                with self.explained():  # a bot that was killed keeps it for as long as it lasts
                    await until_free(lease.take, inf if wait else 1.5 * self.lease_seconds)
                yield PostgresDatabase(self.connect(writable=True).engine, lease)
            finally:
                await lease.release()
                await keeper.dispose()

    def connect(self, *, writable: bool) -> Database:
        """Return the database as it is, with connections still to be made."""
        lively = {name: value for name, value in _LIVELY.items() if name not in self.url.query}
        try:
            engine = create_async_engine(
                self.url.update_query_dict(lively),
                hide_parameters=True,  # interaction tokens are among them
                pool_pre_ping=True,
                execution_options={} if writable else {"postgresql_readonly": True},
            )
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                "The driver for PostgreSQL is missing: pip install 'stylize-bot[postgres]'."
            ) from error
        return Database(engine)


@dataclass(frozen=True, slots=True)
class PostgresDatabase(Database):
    """An open database of which this process has the lease."""

    lease: Lease

    def prove(self, connection: Connection) -> None:
        """Keep the lease until a transaction ends; DatabaseInUse if another bot leads by now."""
        self.lease.prove(connection)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Return a connection with which the server lets nobody write."""
        async with self.engine.connect() as connection:
            await connection.execution_options(postgresql_readonly=True)
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Return a connection in a transaction; DatabaseInUse if another bot leads by now."""
        async with self.engine.begin() as connection:
            await self.lease.check(connection)
            yield connection
