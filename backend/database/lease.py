"""The lease of the one bot that may write to a PostgreSQL database: the lead.

```
 lead: (epoch 7, holder, expires_at)    the lead renews it every second, by the server's clock
   │ renewed too late, or gone ──▶ the lead ends at once, before anybody else can have it
   │ expired ──▶ whoever waits takes it: epoch 8
   └ each transaction that writes holds the row of its epoch, and fails where there is none
```
A lock of a session would be lost with the session: at each restart of the server, with no moment
between the loss and the next holder's start. A lease outlives a restart that is shorter than it is,
and a host or a network that is gone keeps it no longer. Time alone promises nothing, though: a
process may stand still for any time and then go on. Therefore the epoch is the row's key. To take
the lease changes it, for which PostgreSQL waits until all transactions of the former epoch are over
(`FOR KEY SHARE`), while renewing changes another column and waits for nobody:
https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    MetaData,
    Table,
    Text,
    Update,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.exc import InternalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from backend.errors import DatabaseInUse

_LOG = logging.getLogger(__name__)

EXIT_DEPOSED: Final = 4
LEASE_SECONDS: Final = 4.0
_RENEWALS: Final = 4  # in the time of a lease
_OLD_LOCK: Final = 0x5374796C697A65  # held by bots before there was a lease, as long as they run

LEAD: Final = Table(
    "lead",
    MetaData(),  # it is there before the migrations, which need the lease
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("holder", Text, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)
_NEVER = func.to_timestamp(0)
_FIRST = insert(LEAD).from_select(
    list(LEAD.columns.keys()),
    select(literal(0), literal("nobody"), _NEVER).where(~exists(select(LEAD.c.epoch))),
)


def end_process(reason: str) -> None:
    """End this process as SIGKILL would: it must not do one thing more in the lead's name."""
    _LOG.critical("%s This bot ends at once.", reason)
    logging.shutdown()
    os._exit(EXIT_DEPOSED)


@dataclass(slots=True, eq=False, kw_only=True)
class Lease:
    """The right to write, of one process at a time.

    Attributes:
        engine: of its own, so that renewing waits for nobody.
        seconds: how long it lasts unless it is renewed.
        on_lost: called once, with the reason, as soon as somebody else may have it.
    """

    engine: AsyncEngine
    name: str
    seconds: float = LEASE_SECONDS
    on_lost: Callable[[str], None] = end_process
    _holder: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}")
    _epoch: int | None = field(init=False, default=None)
    _end: asyncio.TimerHandle | None = field(init=False, default=None)
    _keeping: asyncio.Task[None] | None = field(init=False, default=None)

    async def take(self) -> None:
        """Take the lease and keep it from now on; DatabaseInUse while somebody else has it."""
        began = _now()
        try:
            epoch = await self._claim()
        except InternalError:  # a replica's: the address may lead to another server next time
            await self.engine.dispose()
            raise
        if epoch is None:
            raise DatabaseInUse(
                f"Another bot is using the job database {self.name}. Stop that one first, or give "
                "this one a database of its own."
            )
        self._epoch = epoch  # now that it is committed
        _LOG.info("%s leads, epoch %d.", self._holder, epoch)
        self._last_until(began + self.seconds)
        self._keeping = asyncio.create_task(self._keep(), name="keeper of the lease")

    async def _claim(self) -> int | None:
        """Return the epoch of this process, None while somebody else has the lease."""
        async with self.engine.begin() as connection:
            await connection.execute(select(self._no_pause))
            if not await connection.scalar(select(func.pg_try_advisory_xact_lock(_OLD_LOCK))):
                return None
            await connection.run_sync(LEAD.create, checkfirst=True)
            await connection.execute(_FIRST)
            claim = (
                update(LEAD)
                .where(LEAD.c.expires_at < func.clock_timestamp())
                .values(epoch=LEAD.c.epoch + 1, holder=self._holder, expires_at=self._expiry)
            )
            epoch: int | None = await connection.scalar(claim.returning(LEAD.c.epoch))
        return epoch

    async def check(self, connection: AsyncConnection) -> None:
        """Hold the lease until the transaction ends; DatabaseInUse if somebody else took it."""
        hold = select(self._no_pause).select_from(LEAD).where(self._is_mine)
        if not await connection.scalar(hold.with_for_update(read=True, key_share=True)):
            self._lose()
            raise DatabaseInUse(f"Another bot has taken the job database {self.name}.")

    def prove(self, connection: Connection) -> None:
        """Do the same in another thread; a bot that lost the lease is ended by its own."""
        mine = select(LEAD.c.epoch).where(self._is_mine)
        if connection.scalar(mine.with_for_update(read=True, key_share=True)) is None:
            raise DatabaseInUse(f"Another bot has taken the job database {self.name}.")

    async def release(self) -> None:
        """Let others have it at once."""
        if self._keeping:
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping
        if self._stop_clock():
            try:
                await self._change(update(LEAD).where(self._is_mine).values(expires_at=_NEVER))
            except (SQLAlchemyError, OSError) as error:
                _LOG.warning("The lease could not be given back, it expires: %s", _said(error))

    @property
    def _is_mine(self) -> ColumnElement[bool]:
        return (LEAD.c.epoch == self._epoch) & (LEAD.c.holder == self._holder)

    @property
    def _no_pause(self) -> ColumnElement[str]:
        """Have the server end a transaction that nobody goes on with: its host may be gone."""
        milliseconds = str(round(self.seconds * 1000))
        return func.set_config("idle_in_transaction_session_timeout", milliseconds, True)

    @property
    def _expiry(self) -> ColumnElement[Any]:
        return func.clock_timestamp() + timedelta(seconds=self.seconds)

    @property
    def _renewal(self) -> Update:
        # Who waits may be told meanwhile that it has expired. What has expired is not renewed, even
        # by a request that was under way for long: whoever sent it has ended, or will.
        holds = self._is_mine & (LEAD.c.expires_at > func.clock_timestamp())
        return update(LEAD).where(holds).values(expires_at=self._expiry)

    async def _keep(self) -> None:
        pause = self.seconds / _RENEWALS
        while True:
            await asyncio.sleep(pause)
            began = _now()
            try:
                is_mine = await self._change(self._renewal)
            except (SQLAlchemyError, OSError) as error:
                _LOG.warning("The lease could not be renewed: %s", _said(error))
                continue
            if not is_mine:
                return self._lose()
            if self._end is None:  # lost while the database was silent: for good
                return None
            self._last_until(began + self.seconds)

    async def _change(self, row: Update) -> int:
        """Change the row if it is still there to be changed; return how many there are.

        Without a transaction that could stay open: its lock would outlive the lease for as long as
        this process stands still.
        """
        async with self.engine.connect() as connection:
            alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
            return (await alone.execute(row)).rowcount

    def _last_until(self, when: float) -> None:
        """Set the clock that ends this bot; one that stood still ends before it does anything."""
        self._stop_clock()
        late = (
            f"The job database {self.name} did not answer for {self.seconds:.0f} seconds, or this "
            "process stood still."
        )
        self._end = asyncio.get_running_loop().call_at(when, self._lose, late)

    def _lose(self, reason: str | None = None) -> None:
        if self._stop_clock():
            self.on_lost(reason or f"Another bot has taken the job database {self.name}.")

    def _stop_clock(self) -> bool:
        end, self._end = self._end, None
        if end:
            end.cancel()
        return end is not None


def _now() -> float:
    return asyncio.get_running_loop().time()


def _said(error: Exception) -> str:
    """Return the first line of what went wrong; the rest may have addresses."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
