"""Which ids decide whether a channel is allowed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.orders.places import places

_CHANNEL = SimpleNamespace(id=2, category_id=1)


def _orphan() -> discord.Thread:
    """Return a thread of a server without the bot."""
    guild: Any = SimpleNamespace(get_channel=lambda _: None)
    state: Any = None
    data: Any = {
        "id": "3",
        "parent_id": "2",
        "owner_id": "9",
        "name": "talk",
        "type": 11,
        "message_count": 0,
        "member_count": 0,
        "thread_metadata": {
            "archived": False,
            "auto_archive_duration": 60,
            "archive_timestamp": "2026-01-01T00:00:00+00:00",
        },
    }
    return discord.Thread(guild=guild, state=state, data=data)


@pytest.mark.parametrize(
    ("channel_id", "channel", "expected"),
    [
        (2, _CHANNEL, {1, 2}),
        (3, SimpleNamespace(id=3, parent_id=2, parent=_CHANNEL), {1, 2, 3}),
        (3, _orphan(), {2, 3}),
        (4, SimpleNamespace(id=4, category_id=None), {4}),
        (5, None, {5}),
        (None, None, set()),
    ],
)
def test_a_thread_belongs_to_its_channel_and_both_to_a_category(
    channel_id: int | None, channel: Any, expected: set[int]
) -> None:
    interaction: Any = SimpleNamespace(channel_id=channel_id, channel=channel)
    assert places(interaction) == expected
