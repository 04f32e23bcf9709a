"""What Discord's answer to a request means: the one place that decides it, by code.

| Discord answers                                      | meaning                                  |
|------------------------------------------------------|------------------------------------------|
| 429, 5xx, 401, anything but JSON, 403 without a code | OUTAGE: nothing is decided; try again    |
| nothing: connection errors, timeouts, sockets        | OUTAGE                                   |
| was not asked, as the database did not answer        | OUTAGE                                   |
| 413                                                  | TOO_LARGE: send less                     |
| 10003, 10004, 10008                                  | GONE: nobody is left to see it           |
| 50083                                                | ARCHIVED: a message may open the thread  |
| 401 with 50027, 404 with 10015                       | EXPIRED: the interaction's token is dead |
| any other refusal                                    | REFUSED: final, for this way             |

discord.py gives up on a 429 after five tries, and at once where the answer has no `Via` header:
then this host's address is banned for minutes or hours, which says nothing about the request.
Codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import Final

import aiohttp
import discord
from sqlalchemy.exc import SQLAlchemyError

from backend.errors import TOO_LARGE
from backend.i18n import Text

FAILURES: Final = (
    *(discord.DiscordException, aiohttp.ClientError, TimeoutError, OSError),
    SQLAlchemyError,
)
"""What a request to Discord raises when it does not succeed; and what comes before one: reading a
picture (OSError), asking the database."""

_GONE: Final = frozenset({10003, 10004, 10008})  # unknown channel, server, message
_EXPIRED: Final = frozenset({10015, 50027})  # unknown webhook, invalid webhook token
_ARCHIVED: Final = 50083
NO_HISTORY: Final = 160002
"""A message may not refer to another one here; without the reference it may go."""
BAD_FORM: Final = 50035
"""Such as an edit that keeps attachments which the message has lost meanwhile."""

ANSWERED: Final = 40060
"""An interaction that was answered before."""

NOT_NOW: Final = Text("Discord does not take it now. Please try again in a minute.")
_LOCKED: Final = Text(
    "This thread is closed, and I may not open it. Please ask a moderator to open it again."
)
_AUTOMOD: Final = Text(
    "This server's AutoMod blocked my message with the picture. Please ask a moderator to let me "
    "post here."
)
_WORDS: Final = {
    20009: Text(
        "Discord's filter for explicit pictures does not let this picture through to you here."
    ),
    40005: TOO_LARGE,
    50001: Text(
        "I cannot see this place. If it is a private thread, please add me to this thread (mention "
        "me in it); if not, ask a moderator to give me View Channel."
    ),
    50013: Text(
        "Discord did not let me post the picture here. Please ask a moderator to check my "
        "permissions in this channel (Send Messages, Attach Files, Embed Links)."
    ),
    50083: _LOCKED,
    160005: _LOCKED,
    200000: _AUTOMOD,
    200001: _AUTOMOD,
}


class Meaning(StrEnum):
    """What follows from an answer; see the table above."""

    OUTAGE = "outage"
    TOO_LARGE = "too large"
    GONE = "gone"
    ARCHIVED = "archived"
    EXPIRED = "expired"
    REFUSED = "refused"


def meaning_of(error: BaseException) -> Meaning:
    """Return what an error of a request to Discord means."""
    if not isinstance(error, discord.HTTPException):
        return Meaning.OUTAGE
    if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Meaning.TOO_LARGE
    if error.code in _EXPIRED:
        return Meaning.EXPIRED
    if _is_outage(error):
        return Meaning.OUTAGE
    if error.code in _GONE:
        return Meaning.GONE
    return Meaning.ARCHIVED if error.code == _ARCHIVED else Meaning.REFUSED


def _is_outage(error: discord.HTTPException) -> bool:
    if error.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.UNAUTHORIZED}:
        return True
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR or not is_json(error):
        return True
    return error.status == HTTPStatus.FORBIDDEN and not error.code


def is_json(error: BaseException | None) -> bool:
    """Whether Discord itself has spoken, and not a proxy before it, with a page of HTML."""
    if not isinstance(error, discord.HTTPException):
        return False
    return "json" in error.response.headers.get("Content-Type", "")


def kind_of(error: BaseException) -> str:
    """Return a short name of what went wrong, for the figures."""
    if isinstance(error, discord.HTTPException):
        return _kind_of_answer(error)
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, aiohttp.ClientError | ConnectionError):
        return "connection"
    if isinstance(error, SQLAlchemyError):
        return "database"
    return "system" if isinstance(error, OSError) else "other"


def _kind_of_answer(error: discord.HTTPException) -> str:
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return "rate limited" if error.response.headers.get("Via") else "banned"
    if error.status == HTTPStatus.UNAUTHORIZED:
        return "unauthorized"
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "server error"
    return "refused" if is_json(error) else "no JSON"


def why_refused(error: discord.HTTPException) -> Text:
    """Return why Discord takes no picture here, and what can be done about it."""
    if meaning_of(error) is Meaning.TOO_LARGE:
        return TOO_LARGE
    return _WORDS.get(error.code) or Text(
        "Discord did not take the picture here (error {code}). Please try again later.",
        code=error.code or error.status,
    )
