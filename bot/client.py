"""The discord.py client: what it listens to, and what happens when a command fails."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.cards.updater import CardUpdater
from bot.errors import UserError
from bot.i18n import Text, load_catalogues
from bot.i18n.translator import CatalogueTranslator
from bot.jobs.model import Job
from bot.jobs.queue import JobQueue
from bot.preferences import Preferences
from bot.ui.action_buttons import ActionButton, Studio
from bot.ui.buttons import BUTTONS
from bot.ui.collect import CollectButton
from bot.ui.explain import explain
from bot.ui.forms import FormButton, Forms

_LOG = logging.getLogger(__name__)

# The bot has nothing to say aloud; do not warn that it could not.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False

_ANSWERING: Final = ("CommandTree-invoker", "discord-ui-", "discord.py: on_interaction")
"""How discord.py names the tasks in which commands, buttons and forms are answered."""
_ANSWER_SECONDS: Final = 1.0

_UNKNOWN_CONTROL: Final = Text(
    "This control is of another version of the bot and does nothing any more."
)


class StylizeClient(commands.Bot):
    """The bot as Discord sees it.

    Args:
        jobs: the queue, which buttons reach through `interaction.client`.
        options: discord.py's own, such as `guild_ready_timeout`.

    Attributes:
        mentions: how Discord links to each slash command, by its full name in the code.
        updater: keeps cards up to date; likewise.
        preferences: what people and servers decided; likewise.
        studio: does what the buttons of finished pictures say; set before the client connects.
        forms: every form that can be opened.
    """

    studio: Studio
    updater: CardUpdater
    preferences: Preferences

    def __init__(self, jobs: JobQueue, **options: Any) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            # Commands and buttons arrive without any intent; this one tells where the bot is.
            # None of them is privileged.
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            **options,
        )
        self.jobs = jobs
        self.forms = Forms()
        self._templates: list[re.Pattern[str]] = []
        self.mentions: dict[str, str] = {}
        self.on_connected: Callable[[], Awaitable[None]] | None = None
        self.tree.error(self._on_command_error)

    def language_of(self, user_id: int) -> str | None:
        """The language that somebody chose for this bot; None if they did not."""
        return self.preferences.language(user_id)

    def language_in(self, guild_id: int | None) -> str | None:
        """The language that a server chose for what everybody reads; None if it did not."""
        return self.preferences.server(guild_id).language

    async def setup_hook(self) -> None:
        """Register buttons and commands, then let the composition root go on."""
        self.add_dynamic_items(*BUTTONS, ActionButton, CollectButton, FormButton)
        await asyncio.to_thread(load_catalogues)
        await self.tree.set_translator(CatalogueTranslator())
        self.mentions = _mentions(await self.tree.sync())
        if self.on_connected:
            await self.on_connected()

    async def on_ready(self) -> None:
        """Say in the log that people can come."""
        _LOG.info("Ready as %s in %d servers.", self.user, len(self.guilds))

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """discord.py takes care of all but forms that were filled in and what it does not know."""
        if interaction.type is discord.InteractionType.modal_submit:
            await self.forms.submitted(interaction)
        elif interaction.type is discord.InteractionType.component:
            data: Any = interaction.data
            if not any(each.fullmatch(data["custom_id"]) for each in self._templates):
                await explain(interaction, UserError(_UNKNOWN_CONTROL))

    def add_dynamic_items(self, *items: type[ui.DynamicItem[Any]]) -> None:
        """Every button and menu that the bot knows."""
        super().add_dynamic_items(*items)
        self._templates += [item.__discord_ui_compiled_template__ for item in items]

    async def close(self) -> None:
        """Leave the chat, after a moment for who is just being answered."""
        tasks = [each for each in asyncio.all_tasks() if each.get_name().startswith(_ANSWERING)]
        if tasks and not self.is_closed():
            await asyncio.wait(tasks, timeout=_ANSWER_SECONDS)
        await super().close()

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """A server has removed the bot (one that is merely unreachable is not removed)."""
        await self.updater.leave(guild.id)

    async def collect(self, job: Job, token: str) -> None:
        """Keep a job's card up to date through this fresh interaction token."""
        await self.updater.collect(job, token)

    async def _on_command_error(
        self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError
    ) -> None:
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        await explain(interaction, cause)


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
