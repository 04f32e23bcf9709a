"""The discord.py client: its commands in every language, and what is said when one fails."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Location
from discord.ext import commands

from bot.actions.explain import explain, note_languages
from bot.i18n import load_catalogues
from bot.i18n.words import COMMAND, OPTION, words_for
from bot.preferences import Preferences

_LOG = logging.getLogger(__name__)

# The bot has nothing to say aloud; do not warn that it could not.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False

_ANSWERING: Final = ("CommandTree-invoker", "discord.py: on_interaction")
"""How discord.py names the tasks in which commands, buttons and forms are answered."""
_ANSWER_SECONDS: Final = 1.0


_NAMES = {
    Location.command_name: COMMAND,
    Location.group_name: COMMAND,
    Location.parameter_name: OPTION,
}


class _Translator(app_commands.Translator):
    """Looks names and descriptions of commands up in the catalogues; what they lack is English."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContext[Any, Any],
    ) -> str | None:
        """Return the text in the language of `locale`, or None where it would be the same."""
        words = words_for(locale.value)
        kind = _NAMES.get(context.location)
        if isinstance(context.data, app_commands.ContextMenu):
            kind = None  # its name is a phrase with capitals and spaces
        said = words(string.message) if kind is None else words.named(kind, string.message)
        return None if said == string.message else said


class _CommandTree(app_commands.CommandTree["StylizeClient"]):
    """The slash commands and menus."""

    async def interaction_check(self, interaction: discord.Interaction[StylizeClient], /) -> bool:
        """Note the language of whoever gives or types a command; let everybody pass."""
        note_languages(interaction, self.client.preferences)
        return True

    async def on_error(
        self,
        interaction: discord.Interaction[StylizeClient],
        error: app_commands.AppCommandError,
        /,
    ) -> None:
        """Tell who gave a command why it failed."""
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        await explain(interaction, cause)


class StylizeClient(commands.Bot):
    """The bot as Discord sees it; commands and listeners are added before it connects.

    Attributes:
        preferences: know who is answered in which language.
        mentions: how Discord links to each slash command, by its full name in the code.
    """

    def __init__(self, preferences: Preferences, **options: Any) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=_CommandTree,
            # Commands and buttons arrive without any intent; this one tells where the bot is.
            # None of them is privileged.
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            **options,
        )
        self.preferences = preferences
        self.mentions: dict[str, str] = {}

    async def setup_hook(self) -> None:
        """Register the commands in every language."""
        await asyncio.to_thread(load_catalogues)
        await self.tree.set_translator(_Translator())
        self.mentions.update(_mentions(await self.tree.sync()))

    async def on_ready(self) -> None:
        """Say in the log that people can come."""
        _LOG.info("Ready as %s in %d servers.", self.user, len(self.guilds))

    async def close(self) -> None:
        """Leave the chat, after a moment for who is just being answered."""
        tasks = [each for each in asyncio.all_tasks() if each.get_name().startswith(_ANSWERING)]
        if tasks and not self.is_closed():
            await asyncio.wait(tasks, timeout=_ANSWER_SECONDS)
        await super().close()


def _mentions(registered: list[app_commands.AppCommand]) -> dict[str, str]:
    """Return how to link to every slash command, subcommands included."""
    found: dict[str, str] = {}
    levels: list[app_commands.AppCommand | app_commands.AppCommandGroup] = [*registered]
    for command in levels:
        if isinstance(command, app_commands.AppCommandGroup):
            found[command.qualified_name] = command.mention
        elif command.type is discord.AppCommandType.chat_input:
            found[command.name] = command.mention
        levels += [o for o in command.options if isinstance(o, app_commands.AppCommandGroup)]
    return found
