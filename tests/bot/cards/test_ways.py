"""What the rate limits count together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import discord

from backend.jobs.model import Address
from bot.cards.ways import ChannelWay


def way(age: timedelta, channel_id: int = 7) -> ChannelWay:
    """Return the way through the channel to a card of this age."""
    address = Address(
        requester_id=1,
        guild_id=2,
        channel_id=channel_id,
        message_id=discord.utils.time_snowflake(datetime.now(UTC) - age),
        bot_is_member=True,
        interaction_token="",
        application_id=3,
    )
    return ChannelWay(Mock(), address)


def test_the_cards_of_a_channel_share_a_bucket() -> None:
    young = timedelta(minutes=59)
    assert way(young).bucket == way(timedelta()).bucket
    assert way(young).bucket != way(young, channel_id=8).bucket


def test_old_cards_have_a_narrower_one() -> None:
    old = way(timedelta(minutes=61)).bucket
    assert old != way(timedelta()).bucket
    assert (old.edits, old.seconds) == (3, 6.0)
