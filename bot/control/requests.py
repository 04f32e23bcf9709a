"""From the host's command line to the running bot and back: rows that one asks and one answers.

The bot looks once in a while whether there are any, which costs the same however many jobs it has.
Rows that nobody waits for any more go when it starts.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database.database import Database
from bot.database.ids import new_id
from bot.database.tables import REQUESTS
from bot.errors import BotError

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


async def answer_to(database: Database, request_id: str, patience: float = 5.0) -> Any:
    """Wait for the answer to a request; see `ask`."""
    is_it = REQUESTS.c.id == request_id
    seen = float(await database.fact(_SEEN) or 0)
    try:
        async with asyncio.timeout(patience if time.time() - seen < _GONE_SECONDS else 0):
            while True:
                rows = await database.rows(select(REQUESTS.c.answer).where(is_it))
                if answer := rows and rows[0]["answer"]:
                    break
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        raise NobodyAnswers("No running bot answers.") from None
    finally:
        await database.execute(delete(REQUESTS).where(is_it))
    said = json.loads(answer)
    if "refused" in said:
        raise RequestRefused(said["refused"])
    return said["done"]


@asynccontextmanager
async def attended(database: Database, handlers: Handlers, pause: float) -> AsyncIterator[None]:
    """Do what the host asks of this bot while the block runs, with `pause` seconds between looks.

    Ended by an event, not by cancelling: that would tear a database connection apart.
    """
    await database.execute(delete(REQUESTS))
    await _note_seen(database)
    closed = asyncio.Event()
    attending = asyncio.create_task(_attend(database, handlers, pause, closed))
    try:
        yield
    finally:
        closed.set()
        await asyncio.wait({attending}, timeout=_CLOSE_SECONDS)
        attending.cancel()
        with suppress(Exception):
            await database.note_fact(_SEEN, "0")


async def _attend(
    database: Database, handlers: Handlers, pause: float, closed: asyncio.Event
) -> None:
    seen, is_reached = time.time(), True
    answers: dict[str, str] = {}  # that could not be written down yet
    while not closed.is_set():
        try:
            if time.time() - seen > _BEAT_SECONDS:
                seen = await _note_seen(database)
            rows = await database.rows(select(REQUESTS).where(REQUESTS.c.answer.is_(None)))
            await asyncio.gather(*(_handle(database, handlers, row, answers) for row in rows))
            is_reached = True
        except Exception:
            if is_reached:  # such as of a database that is gone: health tells of it
                _LOG.warning("Whether the host asks for something is not known.", exc_info=True)
            is_reached = False
        with suppress(TimeoutError):
            await asyncio.wait_for(closed.wait(), pause)


async def _note_seen(database: Database) -> float:
    """Note that somebody looks for requests; return when."""
    await database.note_fact(_SEEN, str(now := time.time()))
    return now


async def _handle(
    database: Database, handlers: Handlers, row: RowMapping, answers: dict[str, str]
) -> None:
    """Do what is asked, once, however often it takes to write the answer down."""
    request_id = row["id"]
    if request_id not in answers:
        answers[request_id] = json.dumps(await _answer(handlers, row))
    answer = update(REQUESTS).where(REQUESTS.c.id == request_id)
    await database.execute(answer.values(answer=answers[request_id]))
    del answers[request_id]


async def _answer(handlers: Handlers, row: RowMapping) -> dict[str, Any]:
    try:
        handler = handlers.get(row["what"], _refuse)
        said = {"done": await handler(json.loads(row["about"]))}
    except BotError as error:
        said = {"refused": str(error)}
    except Exception as error:
        _LOG.exception("What the host asked for (%s) failed.", row["what"])
        said = {"refused": f"The bot failed ({type(error).__name__}); its log says why."}
    else:
        _LOG.info("The host asked for: %s.", row["what"])
    return said


async def _refuse(_about: Any) -> Any:
    raise RequestRefused("The running bot is of another version and cannot do that.")
