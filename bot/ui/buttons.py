"""The buttons of cards: how they look, where they stand, and what opens behind More… and Delete….

A button's `custom_id` is its name and the id of its job, so it outlives restarts. What a press does
is said in `bot.actions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from discord import ButtonStyle, ui

from backend.i18n import Text, Words
from backend.jobs.model import Job
from bot.ui.layouts import button, layout
from bot.ui.words import options_line, picture_names
from nst.options import MAX_STRENGTH, MIN_STRENGTH, Colours

Row = list[ui.Button[Any]]


@dataclass(frozen=True, slots=True)
class JobButton:
    """A button about one job, whose `custom_id` begins with its name; call it to get one."""

    name: str
    label: Text
    style: ButtonStyle = ButtonStyle.secondary

    def __call__(self, words: Words, job_id: str, *, off: bool = False) -> ui.Button[Any]:
        """Make the button for a job; `off` shows it disabled."""
        return button(words(self.label), f"{self.name}:{job_id}", self.style, off=off)

    @property
    def pattern(self) -> str:
        """Regular expression that matches its `custom_id`."""
        return job_pattern(self.name)


def job_pattern(name: str) -> str:
    """Return the regular expression for a `custom_id` of a name (itself one) and a job's id."""
    return rf"{name}:(?P<job>[0-9a-z]+)"


STOP: Final = JobButton("stop", Text("Stop and keep"), ButtonStyle.primary)
CANCEL: Final = JobButton("cancel", Text("Cancel"))
STILL: Final = JobButton("still", Text("First frame only"))
COLLECT: Final = JobButton("collect", Text("Collect"), ButtonStyle.primary)
LESS: Final = JobButton("less", Text("Less style"))
MORE: Final = JobButton("more", Text("More style"))
TO_PHOTO: Final = JobButton("tophoto", Text("Photo's colours"))
TO_STYLE: Final = JobButton("tostyle", Text("Style's colours"))
TAKE: Final = JobButton("take", Text("Another version"))
RESTYLE: Final = JobButton("restyle", Text("Another style…"))
REUSE: Final = JobButton("reuse", Text("Use this style…"))
NEXT: Final = (RESTYLE, REUSE)
"""They lead on from any card: its photo in another style, its style on another photo."""
TAKES: Final = JobButton("takes", Text("Four versions"))
RETRY: Final = JobButton("retry", Text("Try again"))
MENU: Final = JobButton("menu", Text("More…"))
BIGGER: Final = JobButton("bigger", Text("Bigger"))
SHEET: Final = JobButton("sheet", Text("Compare 4 strengths"))
CHANGE: Final = JobButton("change", Text("Change…"))
FILM: Final = JobButton("film", Text("Timelapse"))
CURVE: Final = JobButton("curve", Text("Progress chart"))
COMPARE: Final = JobButton("compare", Text("Before and after"))
STICKER: Final = JobButton("sticker", Text("As a sticker"))
RECIPE: Final = JobButton("recipe", Text("Details"))
DESCRIBE: Final = JobButton("alt", Text("Write alt text…"))
DELETE: Final = JobButton("delete", Text("Delete…"))
ERASE: Final = JobButton("erase", Text("Delete it for good"), ButtonStyle.danger)
SPARE: Final = "spare"
KEEP_IT: Final = Text("Keep it")
SHARE: Final = JobButton("share", Text("Share"), ButtonStyle.primary)
REPOST: Final = JobButton("repost", Text("Post it again"))
POST_FILM: Final = JobButton("postfilm", Text("Post it here"))
POST_COMPARE: Final = JobButton("postcompare", Text("Post it here"))
DELETE_IT: Final = Text(
    "Delete the card and the picture for good? Pictures that were made from it stay."
)
AT_PATTERN: Final = job_pattern(r"at(?P<strength>\d{1,3})")
KEEP_PATTERN: Final = job_pattern(r"keep(?P<number>\d)")
LARGE_PATTERN: Final = job_pattern(r"large(?P<number>\d)")


def at_strength(strength: int) -> JobButton:
    """Return the button of a strength sheet that asks for one strength at full size."""
    text = Text("Strength {strength}", strength=strength)
    return JobButton(f"at{strength}", text, ButtonStyle.primary)


def keep_version(number: int) -> JobButton:
    """Return the button that gives one of several versions a card of its own."""
    return JobButton(f"keep{number}", Text("Keep {number}", number=number), ButtonStyle.primary)


def enlarge_version(number: int) -> JobButton:
    """Return the button that has one of several versions painted larger."""
    return JobButton(f"large{number}", Text("Bigger {number}", number=number))


def done_rows(words: Words, job: Job) -> list[Row]:
    """Return the rows under a finished picture: what people do most, then everything else.

    A list to choose from would hold its last choice on the screen, and the same one could not be
    chosen twice; so the rest opens as a menu of buttons that only who pressed sees.
    """
    rows = [*_painting_rows(job), [*NEXT, MENU, *([SHARE] if job.spec.private else [])]]
    at_end = {MIN_STRENGTH: LESS, MAX_STRENGTH: MORE}.get(job.spec.options.strength)
    return [[each(words, job.id, off=each is at_end) for each in row] for row in rows if row]


def _painting_rows(job: Job) -> list[list[JobButton]]:
    """Return the buttons for other pictures with the same photo and style."""
    if job.spec.strengths:
        return [[at_strength(strength) for strength in job.spec.strengths]]
    if job.spec.versions:
        numbers = range(1, 1 + len(job.result.parts if job.result else ()))
        return [[each(number) for number in numbers] for each in (keep_version, enlarge_version)]
    recolour = TO_STYLE if job.spec.options.colours is Colours.PHOTO else TO_PHOTO
    optional = [recolour] if can_recolour(job) else []
    return [[LESS, MORE, *optional, TAKE, *([] if job.spec.film else [TAKES])]]


def next_row(words: Words, job: Job) -> Row:
    """Return the row that leads on from a card whose picture is not there, or not yet."""
    return [each(words, job.id) for each in NEXT]


def retry_rows(words: Words, job: Job, first: JobButton, *others: JobButton) -> list[Row]:
    """Return the rows where there is no picture to show; `first` is for the same once more."""
    again = [first, *([] if job.spec.versions else [CHANGE]), *others]
    return [[each(words, job.id) for each in again], next_row(words, job)]


def menu_rows(words: Words, job: Job, *, may_change: bool) -> list[Row]:
    """Return the rows of the menu behind More… for somebody who `may_change` the card, or not."""
    rows: list[Sequence[JobButton]] = []
    if not job.spec.versions:
        recorded = job.result is not None and job.result.recording is not None
        rows = [(CHANGE, BIGGER, SHEET), (COMPARE, FILM, CURVE) if recorded else (COMPARE,)]
    of_card = [RECIPE] if job.spec.strengths else [RECIPE, STICKER]
    rows.append([*of_card, DESCRIBE, DELETE] if may_change else of_card)
    return [[each(words, job.id) for each in row] for row in rows]


def can_recolour(job: Job) -> bool:
    """Tell whether other colours are a matter of a moment.

    Where the style image got the photo's colours before the painting, the style's were never there.
    """
    quick = {Colours.STYLE, Colours.PHOTO}
    return bool(job.result and job.result.raw) and job.spec.options.colours in quick


def menu_panel(words: Words, job: Job, *, may_change: bool) -> ui.LayoutView:
    """Show what else can be done with a finished picture, by who `may_change` its card or not."""
    titles = [words("**Paint it again**"), words("**How it was made**"), words("**This card**")]
    rows = menu_rows(words, job, may_change=may_change)
    items: list[ui.Item[Any]] = []
    for title, row in zip(titles[-len(rows) :], rows, strict=True):
        items += [ui.TextDisplay(title), ui.ActionRow(*row)]
    return layout(*items)


def deletion_panel(words: Words, job: Job) -> ui.LayoutView:
    """Ask before a picture is gone for good, and say which one it is."""
    named = (
        [f"**{picture_names(job)}**\n{options_line(words, job.spec)}"] if job.spec.content else []
    )
    text = "\n".join([*named, words(DELETE_IT)])
    row = ui.ActionRow(ERASE(words, job.id), button(words(KEEP_IT), SPARE))
    return layout(ui.TextDisplay(text), row)


def answer_panel(answer: str) -> ui.LayoutView:
    """Show an answer in the place of the question."""
    return layout(ui.TextDisplay(answer))
