"""Collect: for cards that the bot can no longer change by itself.

Where the bot is not a member, it changes a card through the interaction's token, which dies after
15 minutes. A press of a button brings a fresh one:
https://discord.com/developers/docs/interactions/receiving-and-responding#followup-messages
"""

from __future__ import annotations

import re
from typing import Any, Protocol, Self, cast

import discord
from discord import ui

from bot.errors import JobNotFound
from bot.i18n import Words
from bot.jobs.model import Job
from bot.jobs.queue import JobQueue
from bot.ui.language import words_of


class Collects(Protocol):
    """A client that can show a job's card anew."""

    @property
    def jobs(self) -> JobQueue:
        """The queue."""
        ...

    async def collect(self, job: Job, token: str) -> None:
        """Bring the card up to date through this fresh interaction token, and keep it so."""
        ...


class CollectButton(ui.DynamicItem[ui.Button[Any]], template=r"collect:(?P<job>[0-9a-z]+)"):
    """Shows how far the job is, or its outcome, on the card that the button is on."""

    def __init__(self, job_id: str, words: Words) -> None:
        super().__init__(
            ui.Button(
                label=words("Collect"),
                style=discord.ButtonStyle.primary,
                custom_id=f"collect:{job_id}",
            )
        )
        self.job_id = job_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """The button of a pressed `custom_id`."""
        return cls(match["job"], words_of(interaction))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Take the press as leave to change the card again."""
        words = words_of(interaction)
        try:
            job = await cast("Collects", interaction.client).jobs.get(self.job_id)
        except JobNotFound as error:
            await interaction.response.send_message(words(error.text), ephemeral=True)
            return
        if interaction.user.id != job.address.requester_id:
            said = words(
                "Only {person} may collect this picture.", person=f"<@{job.address.requester_id}>"
            )
            await interaction.response.send_message(said, ephemeral=True)
            return
        await collect(interaction, job)


def is_behind_token(interaction: discord.Interaction[Any], job: Job) -> bool:
    """Whether a press was on the job's card, and only interactions' tokens reach that."""
    on = interaction.message
    return not job.address.bot_is_member and on is not None and on.id == job.address.message_id


async def collect(interaction: discord.Interaction[Any], job: Job) -> None:
    """Acknowledge a press on a card, and take it as leave to change that again."""
    await interaction.response.defer()
    await cast("Collects", interaction.client).collect(job, interaction.token)
