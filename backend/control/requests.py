"""From the host's command line to the running bot and back: rows that one asks and one answers.

The bot looks once in a while whether there are any, which costs the same however many jobs it has.
Rows that nobody waits for any more go after a while.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.database.database import Database
from backend.database.ids import new_id
from backend.database.tables import REQUESTS
from backend.errors import BotError

_LOG = logging.getLogger(__name__)
RELOAD: Final = "reload"
CANCEL: Final = "cancel"
RETRY: Final = "retry"
NAMES: Final = "names"
NODES: Final = "nodes"

PURGE: Final = "purge"

_SEEN: Final = "requests were looked for"
"""The name under which is noted when a running bot last did."""
_BEAT_SECONDS: Final = 10.0
_GONE_SECONDS: Final = 40.0
_LOOK_SECONDS: Final = 0.1
_CLOSE_SECONDS: Final = 1.0
_FORGOTTEN_SECONDS: Final = 120.0  # longer than anybody waits
Handlers = Mapping[str, Callable[[Any], Awaitable[Any]]]
"""What the bot does, by what is asked; gets and returns what JSON can say."""


class NobodyAnswers(BotError):
    """No bot is running, or it is busy with something else."""


class RequestRefused(BotError):
    """The bot will not do that; the text says why."""


async def ask(database: Database, what: str, about: Any = None, patience: float = 5.0) -> Any:
    """Have the running bot do something; return what it answers.

    Raises:
        NobodyAnswers: there is no bot, or it takes more than `patience` seconds.
        RequestRefused: it cannot be done.
    """
    async with database.write() as connection:
        request_id = await leave(connection, what, about)
    return await answer_to(database, request_id, patience)


async def leave(connection: AsyncConnection, what: str, about: Any = None) -> str:
    """Write a request; return its id."""
    row = {"id": new_id(), "what": what, "about": json.dumps(about)}
    await connection.execute(insert(REQUESTS).values(**row, asked_at=datetime.now(UTC)))
    return row["id"]


async def answer_to(
    database: Database, request_id: str, patience: float = 5.0, *, stays: bool = False
) -> Any:
    """Wait for the answer to a request (see `ask`); `stays` leaves it for a bot that is late."""
    is_it = REQUESTS.c.id == request_id
    seen = float(await database.fact(_SEEN) or 0)
    is_there = time.time() - seen < _GONE_SECONDS
    answer = None
    try:
        async with asyncio.timeout(patience if is_there else 0):
            while not answer:
                rows = await database.rows(select(REQUESTS.c.answer).where(is_it))
                answer = rows and rows[0]["answer"]
                if not answer:
                    await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        raise NobodyAnswers(
            f"The running bot has not answered for {patience:.0f} seconds; it may still do this."
            if is_there
            else "No running bot answers."
        ) from None
    finally:
        if answer or not stays:
            await database.execute(delete(REQUESTS).where(is_it))
    said = json.loads(answer)
    if "refused" in said:
        raise RequestRefused(said["refused"])
    return said["done"]


@asynccontextmanager
async def attended(database: Database, handlers: Handlers, pause: float) -> AsyncIterator[None]:
    """Do what the host asks of this bot while the block runs, with `pause` seconds between looks.

    What was asked just before is done as well. Ended by an event, not by cancelling: that would
    tear a database connection apart.
    """
    attendant = _Attendant(database, handlers)
    await attendant.beat()
    closed = asyncio.Event()
    attending = asyncio.create_task(attendant.attend(pause, closed))
    try:
        yield
    finally:
        closed.set()
        await asyncio.wait({attending, *attendant.tasks}, timeout=_CLOSE_SECONDS)
        for task in (attending, *attendant.tasks):
            task.cancel()
        with suppress(Exception):
            await database.note_fact(_SEEN, "0")


@dataclass(slots=True, eq=False)
class _Attendant:
    """Sees to requests, each in a task of its own, so that none waits for another."""

    database: Database
    handlers: Handlers
    _tasks: dict[str, asyncio.Task[None]] = field(init=False, default_factory=dict)
    _answers: dict[str, str] = field(init=False, default_factory=dict)  # until they are stored

    @property
    def tasks(self) -> set[asyncio.Task[None]]:
        """Return what is being done."""
        return set(self._tasks.values())

    async def attend(self, pause: float, closed: asyncio.Event) -> None:
        """Look for requests and begin what they ask for, again and again."""
        seen, is_reached = time.time(), True
        while not closed.is_set():
            try:
                if time.time() - seen > _BEAT_SECONDS:
                    seen = await self.beat()
                found = select(REQUESTS).where(REQUESTS.c.answer.is_(None))
                self._begin(await self.database.rows(found))
                is_reached = True
            except Exception:
                if is_reached:  # such as of a database that is gone: health tells of it
                    _LOG.warning("Whether the host asks for something is not known.", exc_info=True)
                is_reached = False
            with suppress(TimeoutError):
                await asyncio.wait_for(closed.wait(), pause)

    async def beat(self) -> float:
        """Note that somebody looks, and forget what nobody waits for any more; return when."""
        before = datetime.now(UTC) - timedelta(seconds=_FORGOTTEN_SECONDS)
        await self.database.execute(delete(REQUESTS).where(REQUESTS.c.asked_at < before))
        await self.database.note_fact(_SEEN, str(now := time.time()))
        return now

    def _begin(self, rows: Sequence[RowMapping]) -> None:
        """Begin what is not begun yet; answers that are not asked for any more are stored."""
        asked = {row["id"] for row in rows}
        for request_id in self._answers.keys() - asked - self._tasks.keys():
            del self._answers[request_id]
        for row in rows:
            if (request_id := row["id"]) not in self._tasks:
                task = asyncio.create_task(self._handle(row), name=f"request {request_id}")
                self._tasks[request_id] = task
                task.add_done_callback(partial(self._forget, request_id))

    def _forget(self, request_id: str, _done: asyncio.Task[None]) -> None:
        del self._tasks[request_id]

    async def _handle(self, row: RowMapping) -> None:
        """Do what is asked, once, however often it takes to write the answer down."""
        request_id = row["id"]
        if request_id not in self._answers:
            self._answers[request_id] = await _answer(self.handlers, row)
        answer = update(REQUESTS).where(REQUESTS.c.id == request_id)
        try:
            await self.database.execute(answer.values(answer=self._answers[request_id]))
        except Exception:
            _LOG.warning("An answer to the host could not be stored yet.", exc_info=True)


async def _answer(handlers: Handlers, row: RowMapping) -> str:
    """Return what the bot says to a request, as JSON."""
    try:
        handler = handlers.get(row["what"], _refuse)
        said = json.dumps({"done": await handler(json.loads(row["about"]))})
    except BotError as error:
        return json.dumps({"refused": str(error)})
    except Exception as error:
        _LOG.exception("What the host asked for (%s) failed.", row["what"])
        words = f"The bot failed ({type(error).__name__}); its log says why."
        return json.dumps({"refused": words})
    _LOG.info("The host asked for: %s.", row["what"])
    return said


async def _refuse(_about: Any) -> Any:
    raise RequestRefused("The running bot is of another version and cannot do that.")
