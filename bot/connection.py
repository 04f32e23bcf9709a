"""To the chat server and away from it: logging in, the gateway, and taking leave."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import discord

from bot.cards.updater import CardUpdater
from bot.client import StylizeClient
from bot.errors import StartupError
from bot.settings import variable

_LOG = logging.getLogger(__name__)

_LEAVE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatServer:
    """Where the bot is to be: its token there, and from which hosts attachments come."""

    token: str
    attachment_hosts: frozenset[str]

    def __repr__(self) -> str:
        """Leave the token out, so that no log can carry it."""
        return f"ChatServer(attachment_hosts={sorted(self.attachment_hosts)})"


async def connect(
    client: StylizeClient, updater: CardUpdater, token: str, *, seconds: float
) -> asyncio.Task[None]:
    """Log in, take up what the last run left, and wait until the client is ready.

    The gateway may take so many seconds to answer. Returns the task that keeps the connection.
    """
    try:
        await client.login(token)
    except discord.LoginFailure as error:
        await client.close()
        raise StartupError(
            f"Discord refused the token: copy it again from the developer portal into "
            f"{variable('discord_token')}."
        ) from error
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        await client.close()
        raise StartupError(f"Discord cannot be reached ({error}).") from error
    await updater.resume()
    connection = asyncio.create_task(client.connect(), name="gateway")
    try:
        await _unless_ended(connection, client.wait_for("connect", timeout=seconds))
        await _unless_ended(connection, client.wait_until_ready())
    except Exception as error:
        connection.cancel()
        await client.close()
        # discord.py stumbles over itself (AttributeError) when its first connection fails.
        known = isinstance(error, discord.DiscordException)
        reason = str(error) if known else "it does not answer."
        raise StartupError(f"Discord's gateway cannot be used: {reason}") from error
    except asyncio.CancelledError:  # the bot was told to end while it connected
        connection.cancel()
        raise
    return connection


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
