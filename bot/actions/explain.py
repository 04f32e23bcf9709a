"""What comes before and after every answer: in which language, and why something did not work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Final, TypeVar

import aiohttp
import discord
from discord import ui
from discord.utils import MISSING

from backend.preferences import Preferences
from bot.orders.again import ways_out
from bot.ui.explain import explanation
from bot.ui.language import Interaction, note_locales, words_of
from bot.ui.layouts import below

_LOG = logging.getLogger(__name__)
T = TypeVar("T")

_PATIENCE: Final = 1.0


def note_languages(interaction: Interaction, preferences: Preferences) -> None:
    """Note in an interaction in which languages it is answered; before anything else."""
    own = preferences.language(interaction.user.id)
    note_locales(interaction, own, preferences.server(interaction.guild_id).language)


async def explain(
    interaction: Interaction, error: BaseException, view: ui.View | None = None
) -> None:
    """Tell who asked why it did not work; what nobody expected goes to the log."""
    said = explanation(words_of(interaction), error)
    if view is None and (buttons := ways_out(interaction, error)):
        view = below(*buttons)
    try:
        await whisper(interaction, said, view)
    except (discord.HTTPException, aiohttp.ClientError):
        _LOG.warning("The person could not be told that it failed.", exc_info=True)


async def patiently(interaction: Interaction, work: Awaitable[T], *, thinking: bool = True) -> T:
    """Return what comes of work that may wait for others, such as for a database that is locked.

    Discord is told in time that an answer will come: a new one, or with `thinking` left out,
    another state of the message that was pressed.
    """
    working = asyncio.ensure_future(work)
    await asyncio.wait({working}, timeout=_PATIENCE)
    if not working.done() and not interaction.response.is_done():
        await interaction.response.defer(ephemeral=True, thinking=thinking)
    return await working


async def whisper(interaction: Interaction, text: str, view: ui.View | None = None) -> None:
    """Say something to who asked alone, whether that is the first answer or a further one."""
    if interaction.response.is_done():
        await interaction.followup.send(text, view=view or MISSING, ephemeral=True)
    else:
        await interaction.response.send_message(text, view=view or MISSING, ephemeral=True)
