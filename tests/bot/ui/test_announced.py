"""What the host tells everybody stands below a message, once, unless there is no room."""

from __future__ import annotations

import discord
import pytest
from discord import ui

from bot.ui.layouts import announced, box, layout


def texts(view: ui.LayoutView) -> list[str]:
    return [item.content for item in view.walk_children() if isinstance(item, ui.TextDisplay)]


def test_it_stands_at_the_end_once() -> None:
    view = layout(box(discord.Colour(0), "A card"))
    announced(view, "")
    announced(view, "We move.")
    announced(view, "We move.")
    assert texts(view) == ["A card", "-# 📢 We move."]


@pytest.mark.parametrize("parts", [["x" * 3999], ["x"] * 39])
def test_a_full_message_stays_as_it_is(parts: list[str]) -> None:
    view = layout(box(discord.Colour(0), *parts))
    announced(view, "We move.")
    assert texts(view) == parts
