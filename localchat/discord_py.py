"""discord.py in a local chat: the only module here that imports it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import discord
import yarl
from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route

from localchat.chat import LocalChat


@contextmanager
def connected_to(chat: LocalChat) -> Iterator[None]:
    """Point discord.py at a chat; inside, every client of this process goes there.

    Only the base addresses of REST, gateway and stickers differ from Discord's; afterwards they are
    as before. discord.py has no such address for GIF stickers.
    """
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, Asset.BASE
    use_addresses(chat.api_url, chat.gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, Asset.BASE = before


def use_addresses(api_url: str, gateway_url: str) -> None:
    """Point discord.py at a chat of another process, for as long as this process lives."""
    Route.BASE = api_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
    Asset.BASE = str(yarl.URL(api_url).origin())  # of stickers


@asynccontextmanager
async def running(
    client: discord.Client, chat: LocalChat, *, patience: float = 20.0
) -> AsyncIterator[None]:
    """Run a client inside `connected_to`: it is ready when the block begins, closed at its end.

    Raises:
        TimeoutError: it is not ready after `patience` seconds.
    """
    async with client:
        started = asyncio.create_task(client.start(chat.token))
        ready = asyncio.create_task(client.wait_until_ready())
        try:
            await asyncio.wait({started, ready}, timeout=patience, return_when="FIRST_COMPLETED")
            if started.done():
                started.result()
            if not ready.done():
                raise TimeoutError(f"the client is not ready after {patience:g} s")
            yield
        finally:
            ready.cancel()
            await client.close()
            await asyncio.wait({started})
