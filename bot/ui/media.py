"""The pictures on a card: names of their files, and words for those who cannot see them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

from discord import ui

from backend.files.store import FileKey
from backend.i18n import Words
from backend.jobs.model import Job
from backend.jobs.progress import JobUpdate
from bot.ui.words import style_names

_WEBP: Final = b"RIFF"  # how such files begin
_MAX_ALT: Final = 1024

Named = tuple[str, str]
"""An attachment's file name and its alt text."""


def input_files(job: Job) -> dict[str, FileKey]:
    """Return the small pictures that the cards of a job refer to, by name; all are JPEGs."""
    spec = job.spec
    photo = {"photo.jpg": spec.content.thumbnail} if spec.content else {}
    styles = {
        "style.jpg" if number == 1 else f"style-{number}.jpg": style.image.thumbnail
        for number, style in enumerate(spec.styles, start=1)
    }
    mask = {"mask.jpg": spec.mask.thumbnail} if spec.mask else {}
    return {**photo, **styles, **mask}


def result_name(job: Job) -> str:
    """Return the result's file name in the chat, without anything the person typed."""
    if job.result is None:
        raise ValueError(f"job {job.id} has no result")
    return f"stylized-{job.id}{PurePosixPath(job.result.file).suffix}"


def inputs_of(words: Words, job: Job) -> list[Named]:
    """Name and describe the small pictures of a job: the photo, the styles, the mask."""
    styles = [words("Style: the picture “{name}”", name=s.image.filename) for s in job.spec.styles]
    photo = job.spec.content
    before = [words("Before: the photo “{name}”", name=photo.filename)] if photo else []
    texts = [*before, *styles]
    if job.spec.mask:
        texts.append(words("Mask: white is painted, black stays as it was"))
    return list(zip(input_files(job), texts, strict=True))


def preview_name(data: bytes) -> str:
    """Return the file name of a preview: that of a film moves."""
    return "preview.webp" if data.startswith(_WEBP) else "preview.jpg"


def preview(words: Words, update: JobUpdate) -> Named | None:
    """Name and describe the picture so far, while there is one."""
    if update.preview is None:
        return None
    done, work = words.percent(update.fraction), work_of(words, update.job)
    return preview_name(update.preview), words(
        "{picture}, {percent} done", picture=work, percent=done
    )


def work_of(words: Words, job: Job) -> str:
    """Describe what is painted, for those who cannot see it."""
    photo, style = job.spec.photo.filename, style_names(job)
    if job.spec.strengths:
        return words(
            "Four small pictures of “{photo}” in the style of “{style}”, at the strengths "
            "{strengths}",
            photo=photo,
            style=style,
            strengths=words.listed(list(map(str, job.spec.strengths))),
        )
    if job.spec.apart:
        styles = words.listed([style.image.filename for style in job.spec.styles])
        return words("“{photo}” painted in each of the styles {styles}", photo=photo, styles=styles)
    if job.spec.takes:
        return words(
            "Several versions of “{photo}” in the style of “{style}”", photo=photo, style=style
        )
    return words("After: “{photo}” painted in the style of “{style}”", photo=photo, style=style)


def media_gallery(pictures: list[Named], *, spoiler: bool) -> ui.MediaGallery[ui.LayoutView]:
    """Show pictures side by side; hidden until somebody clicks, if they are spoilers."""
    gallery: ui.MediaGallery[ui.LayoutView] = ui.MediaGallery()
    for name, alt in pictures:
        gallery.add_item(media=f"attachment://{name}", description=alt[:_MAX_ALT], spoiler=spoiler)
    return gallery
