"""The discord.py client: what it listens to, and what happens when a command fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import FAULT, UserError
from bot.i18n import load_catalogues, words_for
from bot.i18n.translator import CatalogueTranslator
from bot.jobs.queue import JobQueue
from bot.ui.buttons import BUTTONS

_LOG = logging.getLogger(__name__)

# The bot has nothing to say aloud; do not warn that it could not.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


class StylizeClient(commands.Bot):
    """The bot as Discord sees it.

    Args:
        jobs: the queue, which buttons reach through `interaction.client`.

    Attributes:
        mentions: how Discord links to each slash command, by its full name in the code.
    """

    def __init__(self, jobs: JobQueue) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            # Commands and buttons arrive without any intent; this one tells where the bot is.
            # None of them is privileged.
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.jobs = jobs
        self.mentions: dict[str, str] = {}
        self.on_connected: Callable[[], Awaitable[None]] | None = None
        self.tree.error(self._on_command_error)

    async def setup_hook(self) -> None:
        """Register buttons and commands, then let the composition root go on."""
        self.add_dynamic_items(*BUTTONS)
        await asyncio.to_thread(load_catalogues)
        await self.tree.set_translator(CatalogueTranslator())
        self.mentions = _mentions(await self.tree.sync())
        if self.on_connected:
            await self.on_connected()

    async def on_ready(self) -> None:
        """Say in the log that people can come."""
        _LOG.info("Ready as %s in %d servers.", self.user, len(self.guilds))

    async def _on_command_error(
        self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError
    ) -> None:
        words = words_for(interaction.locale.value)
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        if isinstance(cause, UserError):
            said = words(cause.text)
        else:
            _LOG.error("A command failed.", exc_info=cause)
            said = words(FAULT)
        try:
            if interaction.response.is_done():
                await interaction.followup.send(said, ephemeral=True)
            else:
                await interaction.response.send_message(said, ephemeral=True)
        except discord.HTTPException:
            _LOG.exception("The person could not be told that a command failed.")


def _mentions(registered: list[app_commands.AppCommand]) -> dict[str, str]:
    """How to link to every slash command, subcommands included."""
    found: dict[str, str] = {}
    levels: list[app_commands.AppCommand | app_commands.AppCommandGroup] = [*registered]
    for command in levels:
        if isinstance(command, app_commands.AppCommandGroup):
            found[command.qualified_name] = command.mention
        elif command.type is discord.AppCommandType.chat_input:
            found[command.name] = command.mention
        levels += [o for o in command.options if isinstance(o, app_commands.AppCommandGroup)]
    return found
