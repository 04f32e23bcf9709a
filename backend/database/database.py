"""An open database, whatever its kind."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from sqlalchemy import Connection, Executable, RowMapping, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from backend.database.tables import FACTS


@dataclass(frozen=True, slots=True)
class Database:
    """A database that is brought up to date; its owner closes it."""

    engine: AsyncEngine

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Return a connection to read with."""
        return self.engine.connect()

    def write(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Return a connection in a transaction, which is committed unless the block raises.

        Never begin a second one inside: where one writer at a time is allowed, it would wait for
        ever.
        """
        return self.engine.begin()

    def prove(self, connection: Connection) -> None:
        """Raise DatabaseInUse unless this process may write until a transaction ends."""

    async def rows(self, query: Executable) -> Sequence[RowMapping]:
        """Return the rows that a query finds."""
        async with self.read() as connection:
            found = await connection.execute(query)
        return found.mappings().all()

    async def execute(self, change: Executable) -> int:
        """Make one change in a transaction of its own; return how many rows it met."""
        async with self.write() as connection:
            return (await connection.execute(change)).rowcount

    async def fact(self, name: str) -> str | None:
        """Return what the bot noted about itself under a name."""
        found = await self.rows(select(FACTS.c.value).where(FACTS.c.name == name))
        return found[0]["value"] if found else None

    async def note_fact(self, name: str, value: str) -> None:
        """Note something under a name, in place of what was there."""
        async with self.write() as connection:
            await connection.execute(delete(FACTS).where(FACTS.c.name == name))
            await connection.execute(insert(FACTS).values(name=name, value=value))

    async def check(self) -> None:
        """Raise what keeps the database from being read."""
        await self.fact("")

    async def wipe(self) -> None:
        """Leave nothing of deleted rows in files of ours; a server's are its owner's matter."""
