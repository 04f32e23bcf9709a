"""What can be done with a picture whose job is over: the actions, and their buttons.

Like the buttons of a running job (`bot.ui.buttons`) they carry the job's id in their `custom_id`,
so they work after restarts and for ever. What they do is `bot.orders`'s.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final, Protocol, Self, cast

import discord
from discord import ui

from bot.i18n import Text, Words
from bot.jobs.model import Job
from nst.options import MAX_STRENGTH, MIN_STRENGTH, Colours


class Action(StrEnum):
    """The value is the beginning of the `custom_id`."""

    LESS = "less"  # go on from the result with less style
    MORE = "more"  # the same with more
    TOPHOTO = "tophoto"  # the photo's colours instead of the style's
    TOSTYLE = "tostyle"  # and back
    TAKE = "take"  # another seed
    RETRY = "retry"  # the same once more, where it failed
    MENU = "menu"  # everything below
    BIGGER = "bigger"  # go on from the result at a larger size
    SHEET = "sheet"  # small pictures at several strengths
    CHANGE = "change"  # the recipe in a form
    FILM = "film"
    CURVE = "curve"
    COMPARE = "compare"
    RECIPE = "recipe"
    ALT = "alt"  # the result's description
    DELETE = "delete"  # ask first
    ERASE = "erase"  # asked and confirmed
    SHARE = "share"  # a private result for everybody
    REPOST = "repost"  # a result that Discord refused, once more
    POSTFILM = "postfilm"  # a film, for everybody
    POSTCOMPARE = "postcompare"  # the sheet, for everybody
    AT = "at"  # `at40`: the full size at one strength of a sheet


_LABELS: Final = {
    Action.LESS: Text("Less style"),
    Action.MORE: Text("More style"),
    Action.TOPHOTO: Text("Photo's colours"),
    Action.TOSTYLE: Text("Style's colours"),
    Action.TAKE: Text("Another take"),
    Action.RETRY: Text("Try again"),
    Action.MENU: Text("More…"),
    Action.BIGGER: Text("Bigger"),
    Action.SHEET: Text("Strength sheet"),
    Action.CHANGE: Text("Change…"),
    Action.FILM: Text("Timelapse"),
    Action.CURVE: Text("Loss curve"),
    Action.COMPARE: Text("Compare"),
    Action.RECIPE: Text("Recipe"),
    Action.ALT: Text("Describe it…"),
    Action.DELETE: Text("Delete…"),
    Action.ERASE: Text("Delete it for good"),
    Action.SHARE: Text("Share"),
    Action.REPOST: Text("Post it again"),
    Action.POSTFILM: Text("Post it here"),
    Action.POSTCOMPARE: Text("Post it here"),
}
_LOOK: Final = {
    Action.ERASE: discord.ButtonStyle.danger,
    Action.SHARE: discord.ButtonStyle.primary,
    Action.AT: discord.ButtonStyle.primary,
}
_NAMES: Final = "|".join(Action)
_PER_ROW: Final = 5


class Studio(Protocol):
    """Who does what the buttons say."""

    async def act(
        self, interaction: discord.Interaction[Any], action: Action, job_id: str, value: int | None
    ) -> None:
        """Answer a press, whatever happens."""
        ...


class HasStudio(Protocol):
    """A client that knows it."""

    @property
    def studio(self) -> Studio:
        """Who does it."""
        ...


class ActionButton(
    ui.DynamicItem[ui.Button[Any]],
    template=rf"(?P<action>{_NAMES})(?P<value>\d{{0,3}}):(?P<job>[0-9a-z]+)",
):
    """One action on one job."""

    def __init__(
        self,
        action: Action,
        job_id: str,
        label: str,
        *,
        value: int | None = None,
        off: bool = False,
    ) -> None:
        number = "" if value is None else str(value)
        super().__init__(
            ui.Button(
                label=label[:80],
                style=_LOOK.get(action, discord.ButtonStyle.secondary),
                custom_id=f"{action.value}{number}:{job_id}",
                disabled=off,
            )
        )
        self.action = action
        self.job_id = job_id
        self.value = value

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],  # noqa: ARG003 - discord.py's signature
        item: ui.Item[Any],  # noqa: ARG003
        match: re.Match[str],
    ) -> Self:
        """Build the button from what was pressed."""
        value = int(match["value"]) if match["value"] else None
        return cls(Action(match["action"]), match["job"], match["action"], value=value)

    async def callback(self, interaction: discord.Interaction[Any]) -> Any:
        """Let the studio do it."""
        studio = cast("HasStudio", interaction.client).studio
        await studio.act(interaction, self.action, self.job_id, self.value)


def button(words: Words, action: Action, job: Job, *, off: bool = False) -> ActionButton:
    """The button of an action."""
    return ActionButton(action, job.id, words(_LABELS[action]), off=off)


def done_rows(words: Words, job: Job) -> list[list[ActionButton]]:
    """The rows under a finished picture: what people do most, then everything else.

    A list to choose from would hold its last choice on the screen, and the same one could not be
    chosen twice; so the rest opens as a menu of buttons that only who pressed sees.
    """
    if job.spec.strengths:
        at = [
            ActionButton(
                Action.AT, job.id, words("Strength {strength}", strength=strength), value=strength
            )
            for strength in job.spec.strengths
        ]
        return _rows([*at, button(words, Action.MENU, job)], words, job)
    strength = job.spec.options.strength
    other = Action.TOSTYLE if job.spec.options.colours is Colours.PHOTO else Action.TOPHOTO
    row = [
        button(words, Action.LESS, job, off=strength <= MIN_STRENGTH),
        button(words, Action.MORE, job, off=strength >= MAX_STRENGTH),
        button(words, other, job) if can_recolour(job) else None,
        button(words, Action.TAKE, job),
        button(words, Action.MENU, job),
    ]
    return _rows([one for one in row if one], words, job)


def refused_row(words: Words, job: Job) -> list[ActionButton]:
    """The row where Discord refused the picture, which is kept."""
    repost = button(words, Action.REPOST, job)
    return [repost] if job.spec.strengths else [repost, button(words, Action.CHANGE, job)]


def failed_row(words: Words, job: Job) -> list[ActionButton]:
    """The row under a picture that could not be painted: nobody has to send it all again."""
    retry = button(words, Action.RETRY, job)
    return [retry] if job.spec.strengths else [retry, button(words, Action.CHANGE, job)]


def menu_rows(words: Words, job: Job, *, may_change: bool) -> list[list[ActionButton]]:
    """The menu behind More…, in rows of five at most.

    Args:
        words: of who opened it.
        job: finished.
        may_change: whether they may change or delete the card.
    """
    rows: list[Sequence[Action]] = []
    if not job.spec.strengths:
        recorded = job.result is not None and job.result.recording is not None
        films = (Action.FILM, Action.CURVE) if recorded else ()
        rows += [(Action.CHANGE, Action.BIGGER, Action.SHEET), (Action.COMPARE, *films)]
    rows.append((Action.RECIPE, Action.ALT, Action.DELETE) if may_change else (Action.RECIPE,))
    return [[button(words, action, job) for action in row] for row in rows]


def can_recolour(job: Job) -> bool:
    """Whether other colours are a matter of a moment.

    Where the style image got the photo's colours before the painting, the style's were never there.
    """
    return (
        job.result is not None
        and job.result.raw is not None
        and job.spec.options.colours in {Colours.STYLE, Colours.PHOTO}
    )


def _rows(first: list[ActionButton], words: Words, job: Job) -> list[list[ActionButton]]:
    """At most five buttons a row; a private picture can be shared."""
    all_of_them = [*first, *([button(words, Action.SHARE, job)] if job.spec.private else [])]
    return [all_of_them[at : at + _PER_ROW] for at in range(0, len(all_of_them), _PER_ROW)]
