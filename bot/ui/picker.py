"""What to paint next from a picture that is there: another style for its photo, or another photo.

Each thing to choose is a small picture and a button with its number and name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord import SelectOption, ui

from backend.files.store import FileKey
from backend.i18n import Text, Words
from backend.records import StoredImage
from backend.shelf import ShelfPage, ShelfStyle
from bot.ui.form import fitting
from bot.ui.layouts import Layout, box, button, layout

SHELF_SIZE: Final = 6
MOST_OWN: Final = 3
"""With a page of the shelf these are no more pictures than a message has."""
LOOKS: Final = {"style": Text("The style picture"), "result": Text("The painted picture")}
"""What of a card can be the style of another picture."""
_PER_ROW: Final = 3  # as the pictures above the buttons
_MOST_OF_NAME: Final = 28  # signs, so that a phone shows all of them
_MOST_NAMES: Final = 25
_VIOLET: Final = discord.Colour(0x8E6CEF)


@dataclass(frozen=True, slots=True)
class Pick:
    """Something to choose: its picture, and the `custom_id` of its button."""

    image: StoredImage
    name: str
    custom_id: str


def style_picker(
    words: Words,
    job_id: str,
    page: ShelfPage,
    own: Sequence[StoredImage],
    styles: Sequence[ShelfStyle],
) -> Layout:
    """Ask for a style: on a page of the shelf, one's own last ones, by name, or an upload."""
    shelf = [
        Pick(style.image, style.name, f"restyle-named:{job_id}:{style.name}")
        for style in page.styles
    ]
    mine = [Pick(one, one.filename, f"restyle-own:{job_id}:{own_key(one)}") for one in own]
    picks = [*shelf, *mine]
    buttons = _buttons(picks)
    parts: list[ui.Item[Any] | str] = [f"### {words('Another style for this photo')}"]
    parts += [_gallery(picks), *_rows(buttons[: len(shelf)])] if picks else []
    if mine:
        parts += [f"**{words('Your last styles')}**", *_rows(buttons[len(shelf) :])]
    rows = [ui.ActionRow(_names(words, job_id, styles))] if styles else []
    rows.append(_turning(words, job_id, page))
    return Layout(layout(box(_VIOLET, *parts), *rows), _files(picks))


def photo_picker(
    words: Words, job_id: str, looks: Sequence[str], look: str, own: Sequence[StoredImage]
) -> Layout:
    """Ask for a photo, one's own last ones or an upload, for one of the `looks` of a card."""
    mine = [Pick(one, one.filename, f"reuse-own:{job_id}:{look}:{own_key(one)}") for one in own]
    upload = button(words("Upload a photo…"), f"reuse-upload:{job_id}:{look}")
    parts: list[ui.Item[Any] | str] = [f"### {words('This style on another photo')}"]
    if len(looks) > 1:
        choice = [_look(words, job_id, each, chosen=each == look) for each in looks]
        parts += [words("Which style?"), ui.ActionRow(*choice)]
    if mine:
        parts += [f"**{words('Your last photos')}**", _gallery(mine), *_rows(_buttons(mine))]
    return Layout(layout(box(_VIOLET, *parts), ui.ActionRow(upload)), _files(mine))


def own_key(image: StoredImage) -> str:
    """Return by what somebody's own picture is found again."""
    return image.sha256[:16]


def _gallery(picks: Sequence[Pick]) -> ui.MediaGallery[Any]:
    gallery: ui.MediaGallery[Any] = ui.MediaGallery()
    for file, pick in zip(_files(picks), picks, strict=True):
        hidden = pick.image.spoiler
        gallery.add_item(media=f"attachment://{file}", description=pick.name, spoiler=hidden)
    return gallery


def _buttons(picks: Sequence[Pick]) -> list[ui.Button[Any]]:
    return [
        button(f"{number} · {fitting(pick.name, _MOST_OF_NAME)}", pick.custom_id)
        for number, pick in enumerate(picks, start=1)
    ]


def _rows(buttons: Sequence[ui.Button[Any]]) -> list[ui.ActionRow[Any]]:
    starts = range(0, len(buttons), _PER_ROW)
    return [ui.ActionRow(*buttons[at : at + _PER_ROW]) for at in starts]


def _files(picks: Sequence[Pick]) -> dict[str, FileKey]:
    return {f"picture-{at}.jpg": pick.image.thumbnail for at, pick in enumerate(picks, start=1)}


def _names(words: Words, job_id: str, styles: Sequence[ShelfStyle]) -> ui.Select[Any]:
    options = [SelectOption(label=style.name, value=style.name) for style in styles[:_MOST_NAMES]]
    placeholder = words("A style from the shelf")
    return ui.Select(custom_id=f"restyle-named:{job_id}", placeholder=placeholder, options=options)


def _turning(words: Words, job_id: str, page: ShelfPage) -> ui.ActionRow[Any]:
    """Return the buttons for other pages, if there are any, and for styles from elsewhere."""
    back = button(words("Back"), f"restyle-page:{job_id}:{page.number - 1}", off=page.number == 0)
    last = page.number + 1 == page.pages
    onward = button(words("Next"), f"restyle-page:{job_id}:{page.number + 1}", off=last)
    upload = button(words("Upload a style…"), f"restyle-upload:{job_id}")
    surprise = button(words("Surprise me"), f"restyle-surprise:{job_id}")
    return ui.ActionRow(*([back, onward] if page.pages > 1 else []), upload, surprise)


def _look(words: Words, job_id: str, look: str, *, chosen: bool) -> ui.Button[Any]:
    colour = discord.ButtonStyle.primary if chosen else discord.ButtonStyle.secondary
    return button(words(LOOKS[look]), f"reuse-of:{job_id}:{look}", colour, off=chosen)
