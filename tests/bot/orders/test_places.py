"""Which ids decide whether a channel is allowed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bot.orders.places import places

_CHANNEL = SimpleNamespace(id=2, category_id=1)


@pytest.mark.parametrize(
    ("channel_id", "channel", "expected"),
    [
        (2, _CHANNEL, {1, 2}),
        (3, SimpleNamespace(id=3, parent_id=2, parent=_CHANNEL), {1, 2, 3}),
        (3, SimpleNamespace(id=3, parent_id=2, parent=None), {2, 3}),  # it is not known
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
