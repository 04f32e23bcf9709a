"""To the chat server and away from it: logging in, the gateway, and taking leave."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import discord

from backend.errors import StartupError
from backend.settings import variable
from bot.cards.answers import is_json
from bot.cards.updater import CardUpdater
from bot.client import StylizeClient
from bot.sessions import SessionStarts
from bot.timings import Timings

_LOG = logging.getLogger(__name__)

_LEAVE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatServer:
    """Where the bot is to be: its token there, and from which hosts attachments come."""

    token: str = field(repr=False)  # so that no log can carry it
    attachment_hosts: frozenset[str]


@dataclass(slots=True, eq=False)
class Shards:
    """Since when each shard has been without its connection, as far as `trouble` is asked."""

    client: StylizeClient
    patience: float  # seconds; discord.py connects anew after a hiccup
    _connected: dict[int, float] = field(init=False, default_factory=dict)  # the last time

    async def trouble(self) -> str | None:
        """Return what is wrong with the connection to Discord; None if nothing is."""
        if not self.client.is_ready():
            return "The bot is not connected to Discord yet."
        now = asyncio.get_running_loop().time()
        lost = 0
        for number, shard in self.client.shards.items():
            if shard.is_closed():
                lost += now - self._connected.setdefault(number, now) >= self.patience
            else:
                self._connected[number] = now
        if not lost:
            return None
        all_of_them = len(self.client.shards)
        return f"The connection to Discord is lost (shards: {lost} of {all_of_them})."


async def connect(
    client: StylizeClient, updater: CardUpdater, token: str, timings: Timings
) -> asyncio.Task[None]:
    """Log in, take up what the last run left, and wait until the client is ready.

    Where Discord cannot be reached it is tried again, for as long as it takes. Returns the task
    that keeps the connection.
    """
    answered = updater.retries.until_answered
    try:
        await answered(partial(log_in, client, token), "Logging in")
        await updater.resume()
        starts = SessionStarts(
            partial(answered, client.fetch_session_start_limits, "Asking for sessions"),
            spacing=timings.identify,
            longest_pause=timings.longest_retry,
        )
        shards, *_ = await answered(client.http.get_bot_gateway, "Asking for the gateway")
        await client.plan_shards(starts, shards)
    except discord.HTTPException as error:
        raise StartupError(f"Discord does not let the bot in: {error}.") from error
    _LOG.info("Connecting %d shards.", shards)
    connection = asyncio.create_task(client.connect(), name="gateway")
    try:
        await _unless_ended(connection, client.wait_until_ready())
    except discord.DiscordException as error:
        raise StartupError(f"Discord's gateway cannot be used: {error}") from error
    except asyncio.CancelledError:  # the bot was told to end while it connected
        connection.cancel()
        raise
    return connection


async def log_in(client: discord.Client, token: str) -> None:
    """Log in; raises StartupError for a wrong token, and what else went wrong as it came."""
    try:
        await client.login(token)
    except Exception as error:
        await client.http.close()  # discord.py opens another session at the next try
        client.http.connector = discord.utils.MISSING
        if isinstance(error, discord.LoginFailure) and is_json(error.__cause__):
            raise StartupError(
                f"Discord refused the token: copy it again from the developer portal into "
                f"{variable('discord_token')}."
            ) from error
        raise


async def _unless_ended(connection: asyncio.Task[None], event: Coroutine[Any, Any, Any]) -> None:
    """Wait for `event`; raises what ended the connection if that comes first."""
    waiting = asyncio.create_task(event)
    try:
        await asyncio.wait([connection, waiting], return_when=asyncio.FIRST_COMPLETED)
        await (waiting if waiting.done() else connection)
    finally:
        waiting.cancel()


async def disconnect(
    client: StylizeClient, updater: CardUpdater, connection: asyncio.Task[None]
) -> None:
    """Say on the cards that the bot restarts, then leave."""
    await updater.close()
    try:
        async with asyncio.timeout(_LEAVE_SECONDS):
            await client.close()
    except TimeoutError:
        _LOG.warning("Discord did not take leave of the bot; the connection is cut.")
    connection.cancel()
    with contextlib.suppress(Exception, asyncio.CancelledError):  # reported where it was awaited
        await connection
