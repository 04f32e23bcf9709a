"""Who may change the shelf of a server."""

from __future__ import annotations

from typing import Any

import discord

from bot.errors import NotAllowed, UserError
from bot.shelf import ShelfStyle


def guild_of(interaction: discord.Interaction[Any]) -> int:
    """The server, where there is a shelf: one that the bot is a member of.

    Raises:
        UserError: there is none here.
    """
    if interaction.guild_id is None or not interaction.is_guild_integration():
        raise UserError("This works in servers only.")
    return interaction.guild_id


def is_moderator(interaction: discord.Interaction[Any]) -> bool:
    """Whether somebody may manage others' messages here."""
    return interaction.guild_id is not None and interaction.permissions.manage_messages


def check_moderator(interaction: discord.Interaction[Any]) -> None:
    """Let moderators pass.

    Raises:
        NotAllowed: it is somebody else.
    """
    if not is_moderator(interaction):
        raise NotAllowed("Only moderators (Manage Messages) may do this.")


def check_owner_or_moderator(interaction: discord.Interaction[Any], style: ShelfStyle) -> None:
    """Let pass who brought a style, and moderators.

    Raises:
        NotAllowed: it is somebody else.
    """
    if interaction.user.id != style.contributor_id and not is_moderator(interaction):
        raise NotAllowed("Only who added this style and moderators (Manage Messages) may do this.")
