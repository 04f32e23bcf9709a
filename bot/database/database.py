"""An open database, whatever its kind."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


class Database:
    """An open database; its owner closes it.

    Args:
        engine: open, brought up to the present schema.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Return a connection to read with."""
        return self.engine.connect()

    def write(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Return a connection in a transaction, which is committed unless the block raises.

        Never begin a second one inside: where one writer at a time is allowed, it would wait for
        ever.
        """
        return self.engine.begin()

    async def wipe(self) -> None:
        """Leave nothing of deleted rows in files of ours; a server's are its owner's matter."""
