"""Cards: pure functions from a job to what its message shows (Components V2).

A card is a `LayoutView` and the names of the files it refers to; who sends it brings the bytes.
Limits: https://discord.com/developers/docs/components/reference
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import discord
from discord import ui

from backend.i18n import Text, Words
from backend.jobs.model import Job, JobState
from backend.jobs.progress import JobUpdate
from backend.records import JobSpec, ResultFile
from bot.ui.buttons import (
    CANCEL,
    COLLECT,
    DELETE,
    REPOST,
    RETRY,
    STOP,
    Row,
    done_rows,
    next_row,
    retry_rows,
)
from bot.ui.films import film_lines, how_filmed, still_button
from bot.ui.layouts import box, layout
from bot.ui.media import Named, inputs_of, media_gallery, preview, result_name, work_of
from bot.ui.words import (
    duration,
    how_larger,
    options_line,
    picture_names,
    shown,
    starts_in,
    time_left,
)

INTERRUPTED: Final = Text(
    "The bot was restarted before your pictures were in; please send the command again."
)

_BLUE: Final = discord.Colour(0x4F7CFF)
_GOLD: Final = discord.Colour(0xF2B134)
_GREEN: Final = discord.Colour(0x3BA55D)
_RED: Final = discord.Colour(0xD9534F)
_GREY: Final = discord.Colour(0x80848E)
_MOST_OF_NAME: Final = 60  # signs
_BAR_WIDTH: Final = 12  # more would wrap on a phone


@dataclass(frozen=True, slots=True)
class Card:
    """A message layout, and the names of the attachments that it refers to."""

    view: ui.LayoutView
    files: tuple[str, ...] = ()


def receiving_card(spec: JobSpec, requester_id: int, words: Words) -> Card:
    """Acknowledge a command whose pictures were not looked at yet."""
    footer = _footer(words, spec, requester_id)
    return _card(_BLUE, words("Looking at your pictures"), words("One moment."), footer)


def refused_card(
    reason: str, spec: JobSpec, requester_id: int, words: Words, ways_out: Row | None = None
) -> Card:
    """Say that nothing was queued, and why (in the reader's language), and what can be done."""
    footer, rows = _footer(words, spec, requester_id), [ways_out] if ways_out else []
    return _card(_RED, words("That did not work"), reason, footer, rows=rows)


def interrupted_card(spec: JobSpec, requester_id: int, words: Words) -> Card:
    """Say that the bot was ended before there was a job."""
    footer = _footer(words, spec, requester_id)
    return _card(_RED, words("Please send this again"), words(INTERRUPTED), footer)


def pausing_card(update: JobUpdate, words: Words) -> Card:
    """Say that the bot is about to be ended, and that the job is kept."""
    job = update.job
    line = words("The bot is restarting; your picture will go on by itself.")
    # Its token may be dead by the time that the bot is back.
    rows = [] if job.address.bot_is_member else [[COLLECT(words, job.id)]]
    return _job_card(job, words, _GREY, words("Back in a moment"), line, rows)


def collect_card(update: JobUpdate, words: Words) -> Card:
    """Show how far the picture is before the card's token expires, and offer to collect it."""
    line = words(
        "Discord lets me change this message for 15 minutes only. Press Collect later to see how "
        "far the picture is, or to get it."
    )
    title, rows = words("Your picture is still on its way"), [[COLLECT(words, update.job.id)]]
    return _job_card(update.job, words, _GREY, title, line, rows, preview(words, update))


def job_card(update: JobUpdate, words: Words) -> Card:
    """Show a job in any state."""
    state = update.job.state
    if state is JobState.QUEUED:
        return _queued(update, words)
    if state is JobState.RUNNING:
        return _running(update, words)
    if state is JobState.DONE:
        return _done(update.job, words)
    return _ended(update.job, words)


def undeliverable_card(job: Job, reason: str, words: Words, *, kept: bool) -> Card:
    """Say that there is no picture to show, and why; without files, which may be the cause.

    A picture that is `kept` can be posted once the reason is gone.
    """
    rows = retry_rows(words, job, REPOST) if kept else []
    title = words("Your picture cannot be posted")
    return _card(_RED, title, reason, _job_footer(words, job), rows=rows)


def _queued(update: JobUpdate, words: Words) -> Card:
    job, place = update.job, update.place
    if place is None:  # not reckoned yet
        title, behind = words("Getting ready"), ""
    else:
        title = words("Waiting: your picture is next" if place == 1 else "Waiting for its turn")
        behind = words("Place {place} in the queue", place=place)
    why = words(update.held) if update.held else ""
    when = starts_in(words, update.starts_in), time_left(words, update.seconds_left)
    said = filter(None, (behind, *when, why))
    line = " · ".join(said) or words("One moment.")
    line = _lines(line, *film_lines(words, job.spec))
    rows = [[CANCEL(words, job.id), *still_button(words, job)], next_row(words, job)]
    return _job_card(job, words, _BLUE, title, line, rows)


def _running(update: JobUpdate, words: Words) -> Card:
    job = update.job
    if update.fraction:
        done, left = words.percent(update.fraction), time_left(words, update.seconds_left)
        filled = round(min(max(update.fraction, 0.0), 1.0) * _BAR_WIDTH)
        bar = "▰" * filled + "▱" * (_BAR_WIDTH - filled)
        line = f"{bar} {done}" + (f" · {left}" if left else "")
    else:
        line = words("One moment." if update.stopping else "Mixing the colours.")
    if update.held:
        line = words(update.held)
    title = words("Finishing with the picture as it is" if update.stopping else "Painting")
    line = _lines(line, *film_lines(words, job.spec, update.frame))
    stop = STOP(words, job.id, off=update.stopping)
    rows = [[stop, CANCEL(words, job.id), *still_button(words, job)], next_row(words, job)]
    return _job_card(job, words, _GOLD, title, line, rows, preview(words, update))


def _done(job: Job, words: Words) -> Card:
    if job.result is None:
        raise ValueError(f"job {job.id} is done without a result")
    result = job.result
    title, text = words("Your picture is ready"), _how_painted(words, result)
    if job.spec.strengths:
        title = words("Which strength do you like?")
        text = Text("Press one, and it is painted at {size} px.", size=job.spec.options.size)
    elif job.spec.versions:
        title = words("Which one do you like?")
        text = Text(
            "Keep as many as you like: each gets a card of its own. Or have one painted bigger."
        )
    elif result.frames:
        title, text = words("Your film is ready"), how_filmed(words, job, result)
    names = [
        f"{number} · {shown(style.image.filename)}"
        for number, style in enumerate(job.spec.styles, start=1)
        if job.spec.apart
    ]
    line = _lines(words(text), *names, *map(words, result.notes), how_larger(words, job.spec))
    picture = (result_name(job), job.alt or work_of(words, job))
    return _job_card(job, words, _GREEN, title, line, done_rows(words, job), picture)


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)


def _how_painted(words: Words, result: ResultFile) -> Text:
    return Text(
        "Stopped early and kept after {duration} · {width}×{height} px"
        if result.stopped_early
        else "Painted in {duration} · {width}×{height} px",
        duration=duration(words, result.seconds),
        width=result.width,
        height=result.height,
    )


def _ended(job: Job, words: Words) -> Card:
    # Without its photo, as after an order that could not be read, nothing can be repeated.
    is_known = job.spec.content is not None
    if job.state is JobState.CANCELLED:  # names, no photo: maybe it was the wrong one
        said = _lines(
            picture_names(job) if is_known else "", job.error or words("No picture was painted.")
        )
        rows = retry_rows(words, job, RETRY, DELETE) if is_known else [[DELETE(words, job.id)]]
        return _card(_GREY, words("Cancelled"), said, _job_footer(words, job), rows=rows)
    said = job.error or words("The host's log says why.")
    title = words("This picture could not be painted")
    rows = retry_rows(words, job, RETRY) if is_known else []
    return _job_card(job, words, _RED, title, said, rows)


def _job_card(
    job: Job,
    words: Words,
    colour: discord.Colour,
    title: str,
    line: str,
    rows: Sequence[Row],
    picture: Named | None = None,
) -> Card:
    galleries = [[picture] if picture else [], inputs_of(words, job)]
    return _card(colour, title, line, _job_footer(words, job), galleries, rows, job.spec.spoiler)


def _card(
    colour: discord.Colour,
    title: str,
    line: str,
    footer: str,
    galleries: Sequence[list[Named]] = (),
    rows: Sequence[Row] = (),
    spoiler: bool = False,
) -> Card:
    # The picture has a gallery of its own: alone, it is shown large and uncropped.
    galleries = [gallery for gallery in galleries if gallery]
    container = box(
        colour,
        f"### {title}\n{line}",
        *(media_gallery(gallery, spoiler=spoiler) for gallery in galleries),
        f"-# {footer}",
    )
    view = layout(container, *(ui.ActionRow(*row) for row in rows))
    return Card(view, tuple(name for gallery in galleries for name, _ in gallery))


def _job_footer(words: Words, job: Job) -> str:
    lines = [_footer(words, job.spec, job.address.requester_id)]
    lines += [
        words(
            "Style: {name} · {credit}", name=shown(style.image.filename), credit=shown(style.credit)
        )
        for style in job.spec.styles
        if style.credit
    ]
    lines += [
        words(
            "“{name}” moves: frame {frame} of {frames} was taken.",
            name=shown(image.filename[:_MOST_OF_NAME]),
            frame=image.frame,
            frames=image.frames,
        )
        for image in job.spec.images
        if image.frames > 1 and not (job.spec.film and image.film)
    ]
    lines += [words(note) for image in job.spec.images for note in image.notes]
    if job.spec.private and job.state is JobState.DONE:
        lines.append(words("Share posts it here for everybody to see."))
    return "\n-# ".join(lines)


def _footer(words: Words, spec: JobSpec, requester_id: int) -> str:
    options = options_line(words, spec)
    return words("{options} · for {person}", options=options, person=f"<@{requester_id}>")
