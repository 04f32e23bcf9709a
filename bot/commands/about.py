"""`/help`, `/about` and `/privacy`: for everyone; only who asks sees the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.i18n import Words
from bot.ui.about import Entry, about_view, help_view, privacy_view
from bot.ui.interaction import Interaction
from bot.ui.language import words_of

_STYLIZE: Final = "stylize"
# The command that deletes what is kept of a person.
_DELETE: Final = "my delete"


class About(commands.Cog):
    """What the bot is and does.

    Args:
        tree: the commands as they are in the code.
        mentions: how Discord links to each slash command, by its full name in the code.
        version: of the program.
        retention_days: how long the pictures of finished jobs are kept.
        history_days: how long it is kept that there was such a job.
    """

    def __init__(
        self,
        tree: app_commands.CommandTree[Any],
        mentions: Mapping[str, str],
        *,
        version: str,
        retention_days: int,
        history_days: int,
    ) -> None:
        self._tree = tree
        self._mentions = mentions
        self._version = version
        self._days = retention_days, history_days

    @app_commands.command()
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def help(self, interaction: Interaction) -> None:
        """See what the bot can do and how to ask for it."""
        words = words_of(interaction)
        entries = self._entries(words, interaction)
        await _whisper(interaction, help_view(words, self._mention(_STYLIZE), entries))

    @app_commands.command()
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def about(self, interaction: Interaction) -> None:
        """See what this bot is, and whom to thank for it."""
        await _whisper(interaction, about_view(words_of(interaction), self._version))

    @app_commands.command()
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def privacy(self, interaction: Interaction) -> None:
        """See what the bot keeps, for how long, and how to delete it."""
        words = words_of(interaction)
        delete = self._mentions.get(_DELETE)
        await _whisper(interaction, privacy_view(words, *self._days, delete))

    def _entries(self, words: Words, interaction: Interaction) -> Iterator[Entry]:
        for command in self._tree.walk_commands():
            if isinstance(command, app_commands.Command) and _is_offered(command, interaction):
                yield Entry(
                    mention=self._mention(command.qualified_name),
                    description=words(command.description),
                )
        for menu in self._tree.walk_commands(type=discord.AppCommandType.message):
            yield Entry(mention=words(menu.name), description="", is_menu=True)

    def _mention(self, name: str) -> str:
        return self._mentions.get(name, f"`/{name}`")


def _is_offered(command: app_commands.Command[Any, ..., Any], interaction: Interaction) -> bool:
    """Tell whether Discord shows a command to this person in this place."""
    root = command.root_parent or command
    needed, installs = root.default_permissions, root.allowed_installs
    if interaction.guild_id is None:
        return not root.guild_only
    if not interaction.is_guild_integration() and not (installs and installs.user):
        return False
    return needed is None or interaction.permissions >= needed


async def _whisper(interaction: Interaction, view: ui.LayoutView) -> None:
    await interaction.response.send_message(view=view, ephemeral=True)
