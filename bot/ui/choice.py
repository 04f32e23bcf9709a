"""Which picture of several is meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from discord import MediaGalleryItem, SelectOption, ui

from backend.i18n import Words
from backend.intake import Attachment
from backend.intake.names import safe_filename
from backend.jobs.model import Job
from bot.ui.form import fitting
from bot.ui.layouts import layout
from bot.ui.media import work_of

_MAX_LABEL: Final = 100
_PER_GALLERY: Final = 10


def picture_choice(words: Words, pictures: Sequence[Attachment], custom_id: str) -> ui.LayoutView:
    """Show the pictures of a message, and ask for one: its place among them is what is chosen."""
    labels = [f"{at}: {safe_filename(one.filename)}" for at, one in enumerate(pictures, start=1)]
    options = {str(at): label for at, label in enumerate(labels)}
    galleries = [
        ui.MediaGallery[Any](*(_item(one) for one in pictures[at : at + _PER_GALLERY]))
        for at in range(0, len(pictures), _PER_GALLERY)
    ]
    return _asked(words, custom_id, choice(options), *galleries)


def part_choice(words: Words, job: Job, parts: Sequence[str], custom_id: str) -> ui.LayoutView:
    """Ask for one of the pictures of a job's card."""
    return _asked(words, custom_id, choice(part_names(words, job, parts)))


def part_names(words: Words, job: Job, parts: Sequence[str]) -> dict[str, str]:
    """Return what the pictures of a job's card are called, by `bot.orders.pictures`' names."""
    names = {"photo": words("Before: the photo “{name}”", name=job.spec.photo.filename)}
    for at, style in enumerate(job.spec.styles, start=1):
        names[f"style{at}"] = words("Style: the picture “{name}”", name=style.image.filename)
    if "result" in parts:
        names["result"] = work_of(words, job)
    return {part: names[part] for part in parts}


def choice(names: dict[str, str]) -> ui.Select[Any]:
    """Return a list of these values and their names; the first one is chosen."""
    options = [
        SelectOption(label=fitting(name, _MAX_LABEL), value=value) for value, name in names.items()
    ]
    options[0].default = True
    return ui.Select(options=options)


def _asked(
    words: Words, custom_id: str, select: ui.Select[Any], *pictures: ui.Item[Any]
) -> ui.LayoutView:
    select.custom_id = custom_id
    select.options[0].default = False  # or choosing it would be no choice
    return layout(ui.TextDisplay(words("Which picture?")), *pictures, ui.ActionRow(select))


def _item(picture: Attachment) -> MediaGalleryItem:
    return MediaGalleryItem(picture.url, spoiler=picture.spoiler)
