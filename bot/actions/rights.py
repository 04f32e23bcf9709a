"""Who may do what, where."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import discord

from backend.errors import NotAllowed, UserError
from backend.jobs.model import Job, JobState
from backend.shelf import ShelfStyle
from bot.ui.language import Interaction

Right = Callable[[Interaction, Any], None]
"""Raises UserError for people who may not; is given the job that it is about, if any."""


def anyone(interaction: Interaction, job: Job | None) -> None:
    """Let everybody pass."""


def guild_of(interaction: Interaction) -> int:
    """Return the server, where there is a shelf: one that the bot is a member of."""
    if interaction.guild_id is None or not interaction.is_guild_integration():
        raise UserError("This works in servers only.")
    return interaction.guild_id


def in_all_the_server(interaction: Interaction) -> discord.Permissions:
    """Return what somebody may do in all of the server, not what its channel alone lets them do.

    Where the bot is no member it does not know roles, and that is nothing.
    """
    if isinstance(interaction.user, discord.Member):
        return interaction.user.guild_permissions
    return discord.Permissions.none()


def is_moderator(interaction: Interaction) -> bool:
    """Tell whether somebody may manage others' messages in all of the server."""
    return in_all_the_server(interaction).manage_messages


def may_change(interaction: Interaction, job: Job) -> bool:
    """Tell whether somebody may stop, change or delete a job: its requester and its moderators.

    Those are the ones of its channel, and of the server.
    """
    at = job.address
    is_here = at.guild_id is not None and interaction.channel_id == at.channel_id
    moderates = (is_here and interaction.permissions.manage_messages) or (
        is_moderator(interaction) and interaction.guild_id == at.guild_id
    )
    return moderates or interaction.user.id == at.requester_id


def check_moderator(interaction: Interaction, _job: None = None) -> None:
    """Let moderators of the server pass."""
    if not is_moderator(interaction):
        raise NotAllowed("Only moderators of the whole server (Manage Messages) may do this.")


def check_moderator_of(interaction: Interaction, job: Job) -> None:
    """Let moderators pass of the server that a picture was painted in."""
    check_moderator(interaction)
    if interaction.guild_id != job.address.guild_id:
        raise NotAllowed("This picture is of another server.")


def check_manager(interaction: Interaction, _job: None = None) -> None:
    """Let pass who may manage the server.

    Discord shows the commands to managers only, but servers may decide otherwise.
    """
    if not in_all_the_server(interaction).manage_guild:
        raise NotAllowed("Only people who may manage this server (Manage Server) may do this.")


def check_contributor(interaction: Interaction, style: ShelfStyle) -> None:
    """Let pass who brought a style, and moderators."""
    if interaction.user.id != style.contributor_id and not is_moderator(interaction):
        raise NotAllowed("Only who added this style and moderators (Manage Messages) may do this.")


def check_may_stop(interaction: Interaction, job: Job) -> None:
    """Let pass who asked for a picture, and moderators."""
    if not may_change(interaction, job):
        raise NotAllowed(
            "Only {person} and moderators (Manage Messages) may do this.", person=_requester(job)
        )


def check_may_change(interaction: Interaction, job: Job) -> None:
    """Let pass who asked for a finished picture, and moderators; others may go on from it."""
    if not may_change(interaction, job):
        raise NotAllowed(
            "Only {person} and moderators (Manage Messages) may do this. “Change…” makes a picture "
            "of your own from it.",
            person=_requester(job),
        )


def check_may_repeat(interaction: Interaction, job: Job) -> None:
    """Let everybody go on from a picture, but from what was cancelled only who asked for it."""
    if job.state is JobState.CANCELLED and interaction.user.id != job.address.requester_id:
        raise NotAllowed("Only {person} may do this.", person=_requester(job))


def check_requester(interaction: Interaction, job: Job) -> None:
    """Let pass who asked for a picture."""
    if interaction.user.id != job.address.requester_id:
        raise NotAllowed("Only {person} may collect this picture.", person=_requester(job))


def check_state(interaction: Interaction, job: Job, states: Collection[JobState]) -> None:
    """Let pass where the job is in one of these states; nobody learns of others' private ones."""
    hidden = job.spec.private and interaction.user.id != job.address.requester_id
    if hidden or job.state not in states:
        raise UserError("There is no finished picture here.")


def _requester(job: Job) -> str:
    return f"<@{job.address.requester_id}>"
