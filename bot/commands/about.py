"""`/help`, `/about`, `/privacy`, `/queue`: for everyone; only who asks sees the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

from discord import AppCommandType, app_commands
from discord.ext import commands

from bot.commands.suggestions import everywhere
from bot.jobs.queue import JobQueue
from bot.settings import Settings
from bot.ui.about import about_view, help_view, privacy_view
from bot.ui.board import board
from bot.ui.language import Interaction, words_of
from bot.ui.layouts import announced, with_announcement

_VERSION: Final = version("stylize-bot")


@dataclass(eq=False)
class About(commands.Cog):
    """What the bot is and does; `mentions` link to slash commands by their full names in code."""

    tree: app_commands.CommandTree[Any]
    mentions: Mapping[str, str]
    settings: Settings
    announcement: Callable[[], str]

    @app_commands.command()
    @everywhere
    async def help(self, interaction: Interaction) -> None:
        """See what the bot can do and how to ask for it."""
        words = words_of(interaction)
        commands = {
            self._mention(command.qualified_name): words(command.description)
            for command in self.tree.walk_commands()
            if isinstance(command, app_commands.Command) and _is_offered(command, interaction)
        }
        menus = [words(m.name) for m in self.tree.walk_commands(type=AppCommandType.message)]
        view = help_view(words, self._mention("stylize"), commands, menus)
        announced(view, self.announcement())
        await interaction.response.send_message(view=view, ephemeral=True)

    @app_commands.command()
    @everywhere
    async def about(self, interaction: Interaction) -> None:
        """See what this bot is, and whom to thank for it."""
        view = about_view(words_of(interaction), _VERSION)
        await interaction.response.send_message(view=view, ephemeral=True)

    @app_commands.command()
    @everywhere
    async def privacy(self, interaction: Interaction) -> None:
        """See what the bot keeps, for how long, and how to delete it."""
        days = self.settings.retention_days, self.settings.history_days
        screened = bool(self.settings.check_command or self.settings.check_url)
        delete = self.mentions.get("my delete")
        view = privacy_view(words_of(interaction), *days, delete, is_screened=screened)
        await interaction.response.send_message(view=view, ephemeral=True)

    def _mention(self, name: str) -> str:
        return self.mentions.get(name, f"`/{name}`")


@dataclass(eq=False)
class Queue(commands.Cog):
    """How the pictures are doing that are waiting or being painted."""

    jobs: JobQueue
    announcement: Callable[[], str]

    @app_commands.command()
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    async def queue(self, interaction: Interaction) -> None:
        """See what is being painted, how many wait, and where your own pictures are."""
        text = board(self.jobs.overview(), interaction.user.id, words_of(interaction))
        await interaction.response.send_message(
            with_announcement(text, self.announcement()), ephemeral=True
        )


def _is_offered(command: app_commands.Command[Any, ..., Any], interaction: Interaction) -> bool:
    """Tell whether Discord shows a command to this person in this place."""
    root = command.root_parent or command
    needed, installs = root.default_permissions, root.allowed_installs
    if interaction.guild_id is None:
        return not root.guild_only
    if not interaction.is_guild_integration() and not (installs and installs.user):
        return False
    return needed is None or interaction.permissions >= needed
