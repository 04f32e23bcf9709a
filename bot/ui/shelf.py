"""What the style shelf shows: functions from styles to message layouts (Components V2).

Names and credits are strangers' words: they are shown escaped, and nothing here pings anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import discord
from discord import ui

from backend.files.store import FileKey
from backend.i18n import Words
from backend.shelf import ShelfPage, ShelfStyle
from bot.ui.form import fitting
from bot.ui.layouts import Layout, box, button, layout
from bot.ui.media import media_gallery
from bot.ui.words import shown

PAGE_SIZE: Final = 9
PENDING_SIZE: Final = 5
_PER_ROW: Final = 3  # as the pictures above the buttons
_MOST_OF_NAME: Final = 26  # signs, so that a phone shows all of them
_VIOLET: Final = discord.Colour(0x8E6CEF)


def list_layout(words: Words, page: ShelfPage) -> Layout:
    """Show the styles that can be used, a page of them with thumbnails."""
    count = words.plural("{n} style", "{n} styles", page.total)
    gallery, files = _gallery(words, page.styles)
    first = page.number * PAGE_SIZE + 1
    lines = [f"{first + n}. {_line(words, style)}" for n, style in enumerate(page.styles)]
    uses = [
        button(f"{first + n} · {fitting(style.name, _MOST_OF_NAME)}", f"shelf-use:{style.name}")
        for n, style in enumerate(page.styles)
    ]
    rows = [ui.ActionRow[Any](*uses[at : at + _PER_ROW]) for at in range(0, len(uses), _PER_ROW)]
    parts: list[ui.Item[Any] | str] = [
        f"### {words('Style shelf')} · {count}",
        *([gallery] if files else []),
        "\n".join(lines) or words("Nothing here yet."),
        *([words("Press one to paint a photo with it:")] if uses else []),
        *rows,
    ]
    return Layout(_paged(words, page, "all", parts), files)


def pending_layout(words: Words, page: ShelfPage) -> Layout:
    """Show the styles that wait for a moderator's decision."""
    parts: list[ui.Item[Any] | str] = [f"### {words('Styles that wait for approval')}"]
    files: dict[str, FileKey] = {}
    for number, style in enumerate(page.styles):
        name = f"style-{number}.jpg"
        files[name] = style.image.thumbnail
        thumbnail: ui.Thumbnail[ui.LayoutView] = ui.Thumbnail(
            f"attachment://{name}", description=_alt(words, style)
        )
        parts.append(ui.Section(_line(words, style), accessory=thumbnail))
        parts.append(_decision(words, style))
    if not page.styles:
        parts.append(words("Nothing is waiting."))
    return Layout(_paged(words, page, "pending", parts), files)


def style_layout(words: Words, style: ShelfStyle, title: str) -> Layout:
    """Show one style with all that is known of it."""
    gallery, files = _gallery(words, [style])
    size = f"{style.image.width}×{style.image.height} px"
    facts = [size, words("starter style")] if style.is_starter else [size]
    if style.created_at:
        facts.append(discord.utils.format_dt(style.created_at, "d"))
    if not style.approved:
        facts.append(words("waits for a moderator's approval"))
    text = f"### {title}\n{_line(words, style)}"
    parts: list[ui.Item[Any] | str] = [text, gallery, f"-# {' · '.join(facts)}"]
    if style.approved:
        use = button(words("Paint with it…"), f"shelf-use:{style.name}")
        parts.append(ui.ActionRow(use))
    return Layout(layout(box(_VIOLET, *parts)), files)


def _decision(words: Words, style: ShelfStyle) -> ui.ActionRow[Any]:
    success = discord.ButtonStyle.success
    return ui.ActionRow(
        button(words("Approve"), f"shelf-approve:{style.id}", success),
        button(words("Refuse"), f"shelf-refuse:{style.id}"),
    )


def _paged(
    words: Words, page: ShelfPage, kind: str, parts: list[ui.Item[Any] | str]
) -> ui.LayoutView:
    """Return a page of a list, with buttons to turn it if there are others."""
    if page.pages <= 1:
        return layout(box(_VIOLET, *parts))
    number, last = page.number, page.pages - 1
    place = words("Page {page} of {pages}", page=number + 1, pages=page.pages)
    back = button(words("Back"), f"shelf-{kind}:{max(number - 1, 0)}", off=number == 0)
    onward = button(words("Next"), f"shelf-{kind}:{number + 1}", off=number == last)
    return layout(box(_VIOLET, *parts, f"-# {place}"), ui.ActionRow(back, onward))


def _gallery(
    words: Words, styles: Sequence[ShelfStyle]
) -> tuple[ui.MediaGallery[ui.LayoutView], dict[str, FileKey]]:
    files = {f"style-{number}.jpg": style.image.thumbnail for number, style in enumerate(styles)}
    pictures = [(name, _alt(words, style)) for name, style in zip(files, styles, strict=True)]
    return media_gallery(pictures, spoiler=False), files


def _alt(words: Words, style: ShelfStyle) -> str:
    return words("The style “{name}”", name=style.name)


def _line(words: Words, style: ShelfStyle) -> str:
    parts = [f"**{shown(style.name)}**"]
    if style.credit:
        parts.append(words("credit: {credit}", credit=shown(style.credit)))
    if style.contributor_id:
        parts.append(words("added by {person}", person=f"<@{style.contributor_id}>"))
    return " · ".join(parts)
