"""What a host should know of the servers that the bot is in, and may leave as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import discord

from backend.settings import Settings
from bot.cards.answers import FAILURES
from bot.connection import log_in
from bot.orders.places import NEEDED

_PAGE: Final = 200
_MOST_NAMED: Final = 10


async def notes_of_servers(settings: Settings) -> list[str]:
    """Return notes about servers, each in one line; none without a token or without an answer."""
    if not settings.discord_token:
        return []
    async with discord.Client(intents=discord.Intents.none()) as client:
        try:
            await log_in(client, settings.discord_token.get_secret_value())
            lacking = {guild["name"]: _lacking(guild) async for guild in _guilds(client)}
        except FAILURES:
            return []
    if not lacking:
        return ["The bot is in no server yet: invite it as the README says."]
    said = [f"{name} ({', '.join(needed)})" for name, needed in lacking.items() if needed]
    more = f" and {len(said) - _MOST_NAMED} more" if len(said) > _MOST_NAMED else ""
    named = ", ".join(said[:_MOST_NAMED])
    return [f"The bot lacks permissions in these servers: {named}{more}."] if said else []


async def _guilds(client: discord.Client) -> AsyncIterator[Any]:
    """Yield the servers as Discord lists them, with what the bot may do."""
    last: str | int | None = None
    while True:
        page = await client.http.get_guilds(_PAGE, after=last, with_counts=False)
        for guild in page:
            yield guild
        if len(page) < _PAGE:
            return
        last = page[-1]["id"]


def _lacking(guild: Any) -> list[str]:
    """Return names of the permissions that the bot lacks in all of a server."""
    have = discord.Permissions(int(guild["permissions"]))
    if have.administrator:
        return []
    return [str(text) for name, text in NEEDED.items() if not getattr(have, name)]
