"""What `/my pictures` shows: a person's finished pictures, a page at a time."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

import discord
from discord import ButtonStyle, ui

from backend.i18n import Words
from backend.jobs.model import Job, PicturePage
from bot.ui.buttons import DELETE, DELETE_IT, ERASE, KEEP_IT, MENU, RESTYLE, TAKE
from bot.ui.layouts import box, button, layout
from bot.ui.media import work_of
from bot.ui.words import card_link, options_line, picture_names

PAGE_SIZE: Final = 3  # with their buttons as many as a message holds
_GREEN: Final = discord.Colour(0x3BA55D)
_OF_PICTURE: Final = re.compile(r"mine-(star|erase):.*:(?P<page>(all|starred):\d+)")
_MAX_ALT: Final = 1024


def small_name(job: Job) -> str:
    """Return what the small picture of a job is called among the attachments."""
    return f"small-{job.id}.jpg"


def pictures_view(
    words: Words, page: PicturePage, small: Collection[str], hidden: Collection[str], stylize: str
) -> ui.LayoutView:
    """Show a page of pictures; those whose names are in `small` with a small one beside.

    Of those whose jobs are in `hidden` something was taken down.
    `stylize` mentions the command that paints the first one.
    """
    count = words.plural("{n} picture", "{n} pictures", page.total)
    title = words("Your favourites") if page.starred else words("Your pictures")
    parts: list[ui.Item[Any] | str] = [f"### {title} · {count}"]
    for job in page.jobs:
        parts += [
            _described(words, job, small, hidden=job.id in hidden),
            _buttons(words, job, page),
        ]
    if not page.jobs and page.starred:
        parts.append(words("No favourites yet: press ☆ below one of your pictures."))
    elif not page.jobs:
        parts.append(words("Nothing here yet: {command} paints your first one.", command=stylize))
    return layout(box(_GREEN, *parts), _turning(words, page))


def deletion_view(
    words: Words, job: Job, small: Collection[str], hidden: Collection[str], page: str
) -> ui.LayoutView:
    """Ask in the place of a page (`kind:number`), which comes back, whether a picture is to go."""
    erase = button(words(ERASE.label), f"mine-erase:{job.id}:{page}", ERASE.style)
    keep = button(words(KEEP_IT), f"mine-{page}")
    described = _described(words, job, small, hidden=job.id in hidden)
    return layout(box(_GREEN, described, words(DELETE_IT)), ui.ActionRow(erase, keep))


def page_address(message: discord.Message | None) -> str | None:
    """Return the `custom_id` that shows anew the page of pictures which a message shows, if any."""
    view = ui.LayoutView.from_message(message) if message else ui.LayoutView()
    ids = (str(getattr(item, "custom_id", "")) for item in view.walk_children())
    found = filter(None, map(_OF_PICTURE.fullmatch, ids))
    return next((f"mine-{match['page']}" for match in found), None)


def _described(words: Words, job: Job, small: Collection[str], *, hidden: bool) -> ui.Item[Any]:
    names = picture_names(job)
    # A private card may have been dismissed, and no link leads to it.
    head = f"**{names}**" if job.spec.private else f"**[{names}]({card_link(job.address)})**"
    facts = [discord.utils.format_dt(job.created_at, "R")]
    facts += [words("only you see it")] if job.spec.private else []
    facts += [words("it was taken down here")] if hidden else []
    text = f"{head}\n{options_line(words, job.spec)}\n-# {' · '.join(facts)}"
    if (name := small_name(job)) not in small:
        return ui.TextDisplay(text)
    picture: ui.Thumbnail[Any] = ui.Thumbnail(
        f"attachment://{name}",
        description=(job.alt or work_of(words, job))[:_MAX_ALT],
        spoiler=job.spec.spoiler,
    )
    return ui.Section(text, accessory=picture)


def _buttons(words: Words, job: Job, page: PicturePage) -> ui.ActionRow[Any]:
    is_on = job.starred_at is not None
    label = ("★ " if is_on else "☆ ") + words("Favourite")
    star = button(
        label,
        f"mine-star:{job.id}:{'off' if is_on else 'on'}:{page.kind}:{page.number}",
        ButtonStyle.primary if is_on else ButtonStyle.secondary,
    )
    delete = button(words(DELETE.label), f"mine-delete:{job.id}:{page.kind}:{page.number}")
    first = [each(words, job.id) for each in (TAKE, RESTYLE)]
    return ui.ActionRow(*first, star, MENU(words, job.id), delete)


def _turning(words: Words, page: PicturePage) -> ui.ActionRow[Any]:
    """Return the buttons for other pages, if there are any, and for the other kind."""
    number, kind = page.number, page.kind
    back = button(words("Back"), f"mine-{kind}:{number - 1}", off=number == 0)
    onward = button(words("Next"), f"mine-{kind}:{number + 1}", off=number + 1 == page.pages)
    other = (
        button(words("All pictures"), "mine-all:0")
        if page.starred
        else button("★ " + words("Favourites"), "mine-starred:0")
    )
    return ui.ActionRow(*([back, onward] if page.pages > 1 else []), other)
