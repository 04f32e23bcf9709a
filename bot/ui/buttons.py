"""Buttons of a card. Each keeps its job's id in the `custom_id`, so it outlives restarts.

discord.py routes a press by the pattern of the `custom_id` to `DynamicItem` classes that the
client was given once: https://discordpy.readthedocs.io/en/stable/interactions/api.html#dynamicitem
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, Protocol, Self, cast

import discord
from discord import ui

from bot.errors import JobNotFound
from bot.i18n import Text, Words
from bot.jobs.model import Job
from bot.jobs.queue import JobQueue
from bot.ui.collect import collect, is_behind_token
from bot.ui.language import words_of


class HasJobs(Protocol):
    """A client that knows the queue."""

    @property
    def jobs(self) -> JobQueue:
        """The queue."""
        ...


class _JobButton(ui.DynamicItem[ui.Button[Any]], template=r"never:(?P<job>[0-9a-z]+)"):
    """A button for one job that its requester and moderators may press."""

    action: ClassVar[str]
    label: ClassVar[Text]
    style: ClassVar[discord.ButtonStyle]

    def __init__(self, job_id: str, words: Words, *, disabled: bool = False) -> None:
        super().__init__(
            ui.Button(
                label=words(self.label),
                style=self.style,
                custom_id=f"{self.action}:{job_id}",
                disabled=disabled,
            )
        )
        self.job_id = job_id

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],
        item: ui.Item[Any],  # noqa: ARG003 - discord.py's signature
        match: re.Match[str],
    ) -> Self:
        """Build the button from what was pressed."""
        return cls(match["job"], words_of(interaction))

    async def callback(self, interaction: discord.Interaction[Any]) -> Any:
        """Check who presses and that there is something to do, act, and say what happens."""
        words = words_of(interaction)
        jobs = cast("HasJobs", interaction.client).jobs
        try:
            job = await jobs.get(self.job_id)
        except JobNotFound as error:
            await _whisper(interaction, words(error.text))
            return
        if not may_change(interaction, job):
            await _whisper(
                interaction,
                words(
                    "Only {person} and moderators (Manage Messages) may do this.",
                    person=f"<@{job.address.requester_id}>",
                ),
            )
            return
        if is_behind_token(interaction, job) and not job.delivered:
            await collect(interaction, job)  # maybe the bot was away when its token died
        if job.state.is_final:
            await _whisper(interaction, words("This picture is finished already."))
        else:
            await _whisper(interaction, words(await self.act(jobs)))

    async def act(self, jobs: JobQueue) -> Text:
        """Do it; returns the answer for who pressed."""
        raise NotImplementedError


class StopButton(_JobButton, template=r"stop:(?P<job>[0-9a-z]+)"):
    """Stop and keep: the picture as it is becomes the result."""

    action = "stop"
    label = Text("Stop and keep")
    style = discord.ButtonStyle.primary

    async def act(self, jobs: JobQueue) -> Text:
        """Ask the engine to finish with the current image."""
        await jobs.stop(self.job_id)
        return Text("Stopping. The picture as it is now will be here in a moment.")


class CancelButton(_JobButton, template=r"cancel:(?P<job>[0-9a-z]+)"):
    """Cancel: no result."""

    action = "cancel"
    label = Text("Cancel")
    style = discord.ButtonStyle.secondary

    async def act(self, jobs: JobQueue) -> Text:
        """End the job."""
        await jobs.cancel(self.job_id)
        return Text("Cancelled. Nothing was kept.")


BUTTONS = (StopButton, CancelButton)


def may_change(interaction: discord.Interaction[Any], job: Job) -> bool:
    """Whether somebody may stop, change or delete a job: its requester and its moderators."""
    at = job.address
    is_moderator = (
        interaction.guild_id is not None
        and interaction.guild_id == at.guild_id
        and interaction.permissions.manage_messages
    )
    return is_moderator or interaction.user.id == at.requester_id


async def _whisper(interaction: discord.Interaction[Any], text: str) -> None:
    if interaction.response.is_done():
        await interaction.followup.send(text, ephemeral=True)
    else:
        await interaction.response.send_message(text, ephemeral=True)
