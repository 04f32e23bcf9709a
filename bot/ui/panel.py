"""What opens behind More… and Delete…: for the eyes of who pressed alone."""

from __future__ import annotations

from typing import Any

from discord import ui

from bot.i18n import Words
from bot.jobs.model import Job
from bot.ui.buttons import ERASE, menu_rows
from bot.ui.layouts import layout


def menu_panel(words: Words, job: Job, *, may_change: bool) -> ui.LayoutView:
    """Show what else can be done with a finished picture, by who `may_change` its card or not."""
    titles = [words("**Paint it again**"), words("**How it came about**"), words("**This card**")]
    rows = menu_rows(words, job, may_change=may_change)
    items: list[ui.Item[Any]] = []
    for title, row in zip(titles[-len(rows) :], rows, strict=True):
        items += [ui.TextDisplay(title), ui.ActionRow(*row)]
    return layout(*items)


def deletion_panel(words: Words, job: Job) -> ui.LayoutView:
    """Ask before a picture is gone for good."""
    question = words(
        "Delete the card and the picture for good? Pictures that were made from it stay. "
        "To keep it, dismiss this message."
    )
    return layout(ui.TextDisplay(question), ui.ActionRow(ERASE(words, job.id)))


def answer_panel(answer: str) -> ui.LayoutView:
    """Show an answer in the place of the question."""
    return layout(ui.TextDisplay(answer))
