"""What the style shelf shows: pure functions from styles to message layouts (Components V2).

Names and credits are strangers' words: they are shown escaped, and nothing here pings anybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol, Self, cast

import discord
from discord import ui

from bot.i18n import Words
from bot.shelf import ShelfPage, ShelfStyle
from bot.ui.language import words_of
from bot.ui.words import shown

PAGE_SIZE: Final = 9
PENDING_SIZE: Final = 5
_VIOLET: Final = discord.Colour(0x8E6CEF)


class Layout:
    """A message layout with the files that it refers to.

    Attributes:
        view: what the message shows.
        files: attachments by name.
    """

    def __init__(self, view: ui.LayoutView, files: Mapping[str, Path]) -> None:
        self.view = view
        self.files = files
        # The buttons are dynamic items: the client need not remember each view it has sent.
        view.stop()


class ShelfActions(Protocol):
    """The cog behind the buttons."""

    async def turn_to(
        self, interaction: discord.Interaction[Any], number: int, *, pending: bool
    ) -> None:
        """Show another page of the list in place of the present one."""
        ...

    async def decide(
        self, interaction: discord.Interaction[Any], style_id: str, *, approve: bool
    ) -> None:
        """Approve or refuse a style."""
        ...

    async def lift(self, interaction: discord.Interaction[Any], sha256: str) -> None:
        """Undo a takedown."""
        ...


COG: Final = "Shelf of styles"
"""The name under which the client knows the cog."""


def _actions(interaction: discord.Interaction[Any]) -> ShelfActions:
    return cast("ShelfActions", interaction.client.get_cog(COG))


class PageButton(
    ui.DynamicItem[ui.Button[Any]], template=r"shelf-(?P<list>all|pending):(?P<page>\d{1,9})"
):
    """Turns a list to another page."""

    def __init__(
        self, number: int, label: str, *, pending: bool = False, disabled: bool = False
    ) -> None:
        kind = "pending" if pending else "all"
        super().__init__(
            ui.Button(label=label, custom_id=f"shelf-{kind}:{number}", disabled=disabled)
        )
        self._number = number
        self._pending = pending

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],  # noqa: ARG003 - discord.py's signature
        item: ui.Item[Any],  # noqa: ARG003
        match: re.Match[str],
    ) -> Self:
        """Build the button from what was pressed."""
        return cls(int(match["page"]), "…", pending=match["list"] == "pending")

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Turn the page."""
        await _actions(interaction).turn_to(interaction, self._number, pending=self._pending)


class DecideButton(
    ui.DynamicItem[ui.Button[Any]],
    template=r"shelf-(?P<what>approve|refuse):(?P<style>[0-9a-z]{1,16})",
):
    """Approves or refuses a style that waits."""

    def __init__(self, style_id: str, words: Words, *, approve: bool) -> None:
        what = "approve" if approve else "refuse"
        super().__init__(
            ui.Button(
                label=words("Approve") if approve else words("Refuse"),
                style=discord.ButtonStyle.success if approve else discord.ButtonStyle.secondary,
                custom_id=f"shelf-{what}:{style_id}",
            )
        )
        self._style_id = style_id
        self._approve = approve

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],
        item: ui.Item[Any],  # noqa: ARG003 - discord.py's signature
        match: re.Match[str],
    ) -> Self:
        """Build the button from what was pressed."""
        words = words_of(interaction)
        return cls(match["style"], words, approve=match["what"] == "approve")

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Decide."""
        await _actions(interaction).decide(interaction, self._style_id, approve=self._approve)


class LiftButton(ui.DynamicItem[ui.Button[Any]], template=r"shelf-lift:(?P<file>[0-9a-f]{64})"):
    """Undoes a takedown."""

    def __init__(self, sha256: str, words: Words) -> None:
        label, custom_id = words("Undo"), f"shelf-lift:{sha256}"
        super().__init__(ui.Button(label=label, custom_id=custom_id))
        self._sha256 = sha256

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],
        item: ui.Item[Any],  # noqa: ARG003 - discord.py's signature
        match: re.Match[str],
    ) -> Self:
        """Build the button from what was pressed."""
        return cls(match["file"], words_of(interaction))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Undo it."""
        await _actions(interaction).lift(interaction, self._sha256)


SHELF_BUTTONS: Final = (PageButton, DecideButton, LiftButton)


def undo_view(words: Words, sha256: str) -> ui.View:
    """The button below the answer to a takedown."""
    view = ui.View(timeout=None)
    view.add_item(LiftButton(sha256, words))
    view.stop()  # the button is a dynamic item
    return view


def list_layout(words: Words, page: ShelfPage) -> Layout:
    """The styles that can be used, a page of them with thumbnails."""
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=_VIOLET)
    count = words.plural("{n} style", "{n} styles", page.total)
    container.add_item(ui.TextDisplay(f"### {words('Style shelf')} · {count}"))
    files: dict[str, Path] = {}
    gallery: ui.MediaGallery[ui.LayoutView] = ui.MediaGallery()
    for number, style in enumerate(page.styles):
        files |= _add_thumbnail(gallery, number, style, words)
    if files:
        container.add_item(gallery)
    first = page.number * PAGE_SIZE + 1
    lines = [f"{first + n}. {_line(words, style)}" for n, style in enumerate(page.styles)]
    container.add_item(ui.TextDisplay("\n".join(lines) or words("Nothing here yet.")))
    return _layout(container, files, words, page, pending=False)


def pending_layout(words: Words, page: ShelfPage) -> Layout:
    """The styles that wait for a moderator's decision."""
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=_VIOLET)
    container.add_item(ui.TextDisplay(f"### {words('Styles that wait for approval')}"))
    files: dict[str, Path] = {}
    for number, style in enumerate(page.styles):
        name = f"style-{number}.jpg"
        files[name] = style.image.thumbnail
        thumbnail: ui.Thumbnail[ui.LayoutView] = ui.Thumbnail(
            f"attachment://{name}", description=_alt(words, style)
        )
        container.add_item(ui.Section(_line(words, style), accessory=thumbnail))
        container.add_item(
            ui.ActionRow(
                DecideButton(style.id, words, approve=True),
                DecideButton(style.id, words, approve=False),
            )
        )
    if not page.styles:
        container.add_item(ui.TextDisplay(words("Nothing is waiting.")))
    return _layout(container, files, words, page, pending=True)


def style_layout(words: Words, style: ShelfStyle, title: str) -> Layout:
    """One style with all that is known of it."""
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=_VIOLET)
    container.add_item(ui.TextDisplay(f"### {title}\n{_line(words, style)}"))
    gallery: ui.MediaGallery[ui.LayoutView] = ui.MediaGallery()
    files = _add_thumbnail(gallery, 0, style, words)
    container.add_item(gallery)
    size = f"{style.image.width}×{style.image.height} px"
    facts = [size, words("starter style")] if style.is_starter else [size]
    if style.created_at:
        facts.append(discord.utils.format_dt(style.created_at, "d"))
    if not style.approved:
        facts.append(words("waits for a moderator's approval"))
    container.add_item(ui.TextDisplay(f"-# {' · '.join(facts)}"))
    return _layout(container, files, words)


def _layout(
    container: ui.Container[ui.LayoutView],
    files: Mapping[str, Path],
    words: Words,
    page: ShelfPage | None = None,
    *,
    pending: bool = False,
) -> Layout:
    view = ui.LayoutView(timeout=None)
    view.add_item(container)
    if page and page.pages > 1:
        number, last = page.number, page.pages - 1
        place = words("Page {page} of {pages}", page=number + 1, pages=page.pages)
        container.add_item(ui.TextDisplay(f"-# {place}"))
        view.add_item(
            ui.ActionRow(
                PageButton(
                    max(number - 1, 0), words("Back"), pending=pending, disabled=number == 0
                ),
                PageButton(number + 1, words("Next"), pending=pending, disabled=number == last),
            )
        )
    return Layout(view, files)


def _add_thumbnail(
    gallery: ui.MediaGallery[ui.LayoutView], number: int, style: ShelfStyle, words: Words
) -> dict[str, Path]:
    name = f"style-{number}.jpg"
    gallery.add_item(media=f"attachment://{name}", description=_alt(words, style))
    return {name: style.image.thumbnail}


def _alt(words: Words, style: ShelfStyle) -> str:
    return words("The style “{name}”", name=style.name)


def _line(words: Words, style: ShelfStyle) -> str:
    parts = [f"**{shown(style.name)}**"]
    if style.credit:
        parts.append(words("credit: {credit}", credit=shown(style.credit)))
    if style.contributor_id:
        parts.append(words("added by {person}", person=f"<@{style.contributor_id}>"))
    return " · ".join(parts)
