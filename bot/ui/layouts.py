"""Message layouts from their parts. Presses find their way by `custom_id` (`bot.actions.registry`).

So the views are stopped: discord.py need not remember any that was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import discord
from discord import ButtonStyle, ui

from bot.files.store import FileKey


@dataclass(frozen=True, slots=True)
class Layout:
    """A message layout, and the attachments that it refers to, by name."""

    view: ui.LayoutView
    files: Mapping[str, FileKey]


def layout(*items: ui.Item[Any]) -> ui.LayoutView:
    """Return a message of these components, from top to bottom."""
    view = ui.LayoutView(timeout=None)
    for item in items:
        view.add_item(item)
    view.stop()
    return view


def box(colour: discord.Colour, *items: ui.Item[Any] | str) -> ui.Container[Any]:
    """Return a box with an edge of this colour; texts are Markdown."""
    container: ui.Container[Any] = ui.Container(accent_colour=colour)
    for item in items:
        container.add_item(ui.TextDisplay(item) if isinstance(item, str) else item)
    return container


def button(
    label: str, custom_id: str, style: ButtonStyle = ButtonStyle.secondary, *, off: bool = False
) -> ui.Button[Any]:
    """Return a button; `off` shows it disabled."""
    return ui.Button(label=label, custom_id=custom_id, style=style, disabled=off)


def below(button: ui.Button[Any]) -> ui.View:
    """Return a button to stand below a message of plain text."""
    view = ui.View(timeout=None)
    view.add_item(button)
    view.stop()
    return view
