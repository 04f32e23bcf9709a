"""Message layouts from their parts. Presses find their way by `custom_id` (`bot.actions.registry`).

So the views are stopped: discord.py need not remember any that was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord import ButtonStyle, ui

from backend.files.store import FileKey

MAX_TEXT: Final = 4000
"""How long all texts of a message together may be."""
MAX_CONTENT: Final = 2000
"""How long the text of a message without a layout may be."""
MAX_PARTS: Final = 40
"""How many components a message may have, with those inside others."""
_SIGN: Final = "-# 📢"


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


def announced(view: ui.LayoutView, announcement: str) -> None:
    """Let what the host tells everybody stand at the end of a message, once, if there is room."""
    texts = [item.content for item in view.walk_children() if isinstance(item, ui.TextDisplay)]
    line = f"{_SIGN} {announcement}"
    is_there = any(text.startswith(_SIGN) for text in texts)
    fits = sum(map(len, (line, *texts))) <= MAX_TEXT and view.total_children_count < MAX_PARTS
    if announcement and fits and not is_there:
        view.add_item(ui.TextDisplay(line))


def with_announcement(text: str, announcement: str) -> str:
    """Return a text with what the host tells everybody at its end."""
    return f"{text}\n{_SIGN} {announcement}" if announcement else text


def below(*buttons: ui.Button[Any]) -> ui.View:
    """Return buttons to stand below a message of plain text."""
    view = ui.View(timeout=None)
    for each in buttons:
        view.add_item(each)
    view.stop()
    return view
