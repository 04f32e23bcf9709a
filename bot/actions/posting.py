"""Messages for everybody: to channels that a server's moderators chose, and of old pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import discord
from discord import ui
from discord.utils import MISSING

from backend.errors import UserError
from backend.jobs.model import Job
from bot.cards.answers import FAILURES, NOT_NOW, Meaning, meaning_of, why_refused
from bot.orders.submit import Orders
from bot.ui.language import Interaction


async def check_post(orders: Orders, interaction: Interaction, job: Job) -> None:
    """Refuse a picture that is there where none may be posted, and where it was taken down.

    It may be of another place, or of another day.
    """
    orders.check_place(interaction)
    await orders.blocks.check_spec(job.spec, interaction.guild_id)


@contextmanager
def pictures_to_post() -> Iterator[None]:
    """Say why Discord takes no picture here, in place of what it answered; raises UserError."""
    try:
        yield
    except discord.HTTPException as error:
        is_outage = meaning_of(error) is Meaning.OUTAGE
        raise UserError(NOT_NOW if is_outage else why_refused(error)) from error


async def post(
    interaction: Interaction, channel_id: int, text: str, view: ui.View | None = None
) -> None:
    """Say something in a channel of the server, without waking anybody; UserError if I cannot."""
    channel = interaction.client.get_partial_messageable(channel_id, guild_id=interaction.guild_id)
    nobody = discord.AllowedMentions.none()
    try:
        await channel.send(text, view=view or MISSING, allowed_mentions=nobody)
    except FAILURES as error:
        if meaning_of(error) is Meaning.OUTAGE:
            raise UserError(NOT_NOW) from error
        raise UserError(
            "I cannot write in {channel}. It has to be a channel for text, in which I may see and "
            "send messages.",
            channel=f"<#{channel_id}>",
        ) from error
