"""What comes before and after every answer: in which language, and why something did not work."""

from __future__ import annotations

import logging

import aiohttp
import discord
from discord import ui
from discord.utils import MISSING

from backend.preferences import Preferences
from bot.orders.again import ways_out
from bot.ui.explain import explanation
from bot.ui.form import fitting
from bot.ui.language import Interaction, note_locales, words_of
from bot.ui.layouts import MAX_CONTENT, below

_LOG = logging.getLogger(__name__)


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


async def whisper(interaction: Interaction, text: str, view: ui.View | None = None) -> None:
    """Say something to who asked alone, whether that is the first answer or a further one.

    What is longer than a message may be, such as many refusals at once, is cut.
    """
    text = fitting(text, MAX_CONTENT)
    if interaction.response.is_done():
        await interaction.followup.send(text, view=view or MISSING, ephemeral=True)
    else:
        await interaction.response.send_message(text, view=view or MISSING, ephemeral=True)
