"""`/help`, `/about`, `/privacy`, `/queue`: for everyone; only who asks sees the answer."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

import discord
from discord import AppCommandType, app_commands, ui
from discord.ext import commands

from backend.examples import example_sheet
from backend.jobs.queue import JobQueue
from backend.settings import Settings
from bot.actions.registry import ActionSpec
from bot.actions.rights import in_all_the_server
from bot.commands.suggestions import everywhere
from bot.ui.about import EXAMPLE, HELP, about_view, help_page, help_view, privacy_view
from bot.ui.board import board
from bot.ui.language import Interaction, words_of
from bot.ui.layouts import announced, with_announcement

_MODERATION: Final = "moderation"
_MODERATORS: Final = {"style pending", "style takedown"}
_VERSION: Final = version("stylize-bot")


@dataclass(eq=False)
class About(commands.Cog):
    """What the bot is and does; `mentions` link to slash commands by their full names in code."""

    tree: app_commands.CommandTree[Any]
    mentions: Mapping[str, str]
    settings: Settings
    announcement: Callable[[], str]

    @property
    def actions(self) -> list[ActionSpec]:
        """Return what the buttons of the help do."""
        return [ActionSpec(f"help-(?P<page>start|{'|'.join(HELP)})", self._turn)]

    @app_commands.command()
    @everywhere
    async def help(self, interaction: Interaction) -> None:
        """See what the bot can do and how to ask for it."""
        view, example = await self._start(interaction)
        await interaction.response.send_message(view=view, file=example, ephemeral=True)

    async def _start(self, interaction: Interaction) -> tuple[ui.LayoutView, discord.File]:
        pages = [page for page in HELP if page != _MODERATION or self._said(interaction, page)]
        view = help_view(words_of(interaction), self._mention("stylize"), pages)
        announced(view, self.announcement())
        data = await asyncio.to_thread(example_sheet)
        return view, discord.File(io.BytesIO(data), filename=EXAMPLE)

    async def _turn(self, interaction: Interaction, page: str) -> None:
        """Show another page of the help in the place of this one."""
        if page == "start":
            view, example = await self._start(interaction)
            await interaction.response.edit_message(view=view, attachments=[example])
            return
        view = help_page(words_of(interaction), page, self._said(interaction, page))
        announced(view, self.announcement())
        await interaction.response.edit_message(view=view, attachments=[])

    def _said(self, interaction: Interaction, page: str) -> dict[str, str]:
        """Return the commands, or menus, of a page with what they do, as far as offered here."""
        words = words_of(interaction)
        if page == "menus":
            return {words(m.name): "" for m in self.tree.walk_commands(type=AppCommandType.message)}
        wanted = page == _MODERATION
        may = in_all_the_server(interaction)
        if wanted and not (may.manage_messages or may.manage_guild):
            return {}
        return {
            self._mention(command.qualified_name): words(command.description)
            for command in self.tree.walk_commands()
            if isinstance(command, app_commands.Command)
            and _is_moderation(command) is wanted
            and _is_offered(command, interaction)
        }

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


def _is_moderation(command: app_commands.Command[Any, ..., Any]) -> bool:
    """Tell whether a command is for those who look after a server."""
    root = command.root_parent or command
    return root.default_permissions is not None or command.qualified_name in _MODERATORS


def _is_offered(command: app_commands.Command[Any, ..., Any], interaction: Interaction) -> bool:
    """Tell whether Discord shows a command to this person in this place."""
    root = command.root_parent or command
    needed, installs = root.default_permissions, root.allowed_installs
    if interaction.guild_id is None:
        return not root.guild_only
    if not interaction.is_guild_integration() and not (installs and installs.user):
        return False
    return needed is None or interaction.permissions >= needed
