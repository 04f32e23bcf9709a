"""`/help`, `/about` and `/privacy`: for everyone; only who asks sees the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.i18n import Words
from bot.settings import Settings
from bot.ui.about import Entry, about_view, help_view, privacy_view
from bot.ui.interaction import Interaction
from bot.ui.language import words_of

_STYLIZE: Final = "stylize"
_VERSION: Final = version("stylize-bot")


@dataclass(eq=False)
class About(commands.Cog):
    """What the bot is and does.

    Attributes:
        tree: the commands as they are in the code.
        mentions: how Discord links to each slash command, by its full name in the code.
        settings: say how long things are kept.
    """

    tree: app_commands.CommandTree[Any]
    mentions: Mapping[str, str]
    settings: Settings

    @app_commands.command()
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def help(self, interaction: Interaction) -> None:
        """See what the bot can do and how to ask for it."""
        words = words_of(interaction)
        entries = self._entries(words, interaction)
        view = help_view(words, self._mention(_STYLIZE), entries)
        await interaction.response.send_message(view=view, ephemeral=True)

    @app_commands.command()
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def about(self, interaction: Interaction) -> None:
        """See what this bot is, and whom to thank for it."""
        view = about_view(words_of(interaction), _VERSION)
        await interaction.response.send_message(view=view, ephemeral=True)

    @app_commands.command()
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def privacy(self, interaction: Interaction) -> None:
        """See what the bot keeps, for how long, and how to delete it."""
        days = self.settings.retention_days, self.settings.history_days
        view = privacy_view(words_of(interaction), *days, self.mentions.get("my delete"))
        await interaction.response.send_message(view=view, ephemeral=True)

    def _entries(self, words: Words, interaction: Interaction) -> Iterator[Entry]:
        for command in self.tree.walk_commands():
            if isinstance(command, app_commands.Command) and _is_offered(command, interaction):
                mention = self._mention(command.qualified_name)
                yield Entry(mention=mention, description=words(command.description))
        for menu in self.tree.walk_commands(type=discord.AppCommandType.message):
            yield Entry(mention=words(menu.name), description="", is_menu=True)

    def _mention(self, name: str) -> str:
        return self.mentions.get(name, f"`/{name}`")


def _is_offered(command: app_commands.Command[Any, ..., Any], interaction: Interaction) -> bool:
    """Tell whether Discord shows a command to this person in this place."""
    root = command.root_parent or command
    needed, installs = root.default_permissions, root.allowed_installs
    if interaction.guild_id is None:
        return not root.guild_only
    if not interaction.is_guild_integration() and not (installs and installs.user):
        return False
    return needed is None or interaction.permissions >= needed
