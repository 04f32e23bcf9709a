"""What somebody is told when a button or a form did not work."""

from __future__ import annotations

import logging
from typing import Any

import aiohttp
import discord

from bot.errors import FAULT, UserError
from bot.ui.language import words_of

_LOG = logging.getLogger(__name__)


async def explain(interaction: discord.Interaction[Any], error: Exception) -> None:
    """Tell who asked why it did not work; what nobody expected goes to the log."""
    words = words_of(interaction)
    if isinstance(error, UserError):
        said = words(error.text)
    else:
        _LOG.error("A button or a form failed.", exc_info=error)
        said = words(FAULT)
    try:
        if interaction.response.is_done():
            await interaction.followup.send(said, ephemeral=True)
        else:
            await interaction.response.send_message(said, ephemeral=True)
    except (discord.HTTPException, aiohttp.ClientError):
        _LOG.warning("The person could not be told that it failed.", exc_info=True)


class Form(discord.ui.Modal):
    """A modal whose failures are told to who filled it in."""

    async def on_error(  # type: ignore[override]  # discord.py's own Modal differs from its base
        self, interaction: discord.Interaction[Any], error: Exception, /
    ) -> None:
        """Say why it did not work."""
        await explain(interaction, error)
