"""What somebody is told when a command, a button or a form did not work."""

from __future__ import annotations

import logging
from typing import Any, Final

import aiohttp
import discord
from discord import ui
from discord.utils import MISSING

from bot.errors import FAULT, TOO_LARGE, UserError
from bot.ui.language import words_of
from nst.errors import OptionsError

_LOG = logging.getLogger(__name__)

_TOO_LARGE_STATUS: Final = 413


def can_be_mended(error: BaseException) -> bool:
    """Whether it is something that who asked can act on."""
    return isinstance(error, UserError | OptionsError)


async def explain(
    interaction: discord.Interaction[Any], error: BaseException, view: ui.View | None = None
) -> None:
    """Tell who asked why it did not work; what nobody expected goes to the log.

    Args:
        interaction: to be answered, or answered already.
        error: what went wrong.
        view: buttons below the answer.
    """
    words = words_of(interaction)
    if isinstance(error, UserError | OptionsError):
        said = words(error.text)
    elif isinstance(error, discord.HTTPException) and error.status == _TOO_LARGE_STATUS:
        said = words(TOO_LARGE)
    else:
        _LOG.error("Somebody could not be answered as they should.", exc_info=error)
        said = words(FAULT)
    try:
        if interaction.response.is_done():
            await interaction.followup.send(said, view=view or MISSING, ephemeral=True)
        else:
            await interaction.response.send_message(said, view=view or MISSING, ephemeral=True)
    except (discord.HTTPException, aiohttp.ClientError):
        _LOG.warning("The person could not be told that it failed.", exc_info=True)
