"""What opens behind More… and Delete…: for the eyes of who pressed alone."""

from __future__ import annotations

from discord import ui

from bot.i18n import Words
from bot.jobs.model import Job
from bot.ui.action_buttons import Action, button, menu_rows


def menu_panel(words: Words, job: Job, *, may_change: bool) -> ui.LayoutView:
    """Everything else that can be done with a finished picture.

    Args:
        words: of who opened it.
        job: done.
        may_change: whether they may change or delete the card.
    """
    titles = [words("**Paint it again**"), words("**How it came about**"), words("**This card**")]
    rows = menu_rows(words, job, may_change=may_change)
    view = ui.LayoutView(timeout=None)
    for title, row in zip(titles[-len(rows) :], rows, strict=True):
        view.add_item(ui.TextDisplay(title))
        view.add_item(ui.ActionRow(*row))
    view.stop()
    return view


def deletion_panel(words: Words, job: Job) -> ui.LayoutView:
    """Asks before a picture is gone for good."""
    view = ui.LayoutView(timeout=None)
    view.add_item(
        ui.TextDisplay(
            words(
                "Delete the card and the picture for good? Pictures that were made from it stay. "
                "To keep it, dismiss this message."
            )
        )
    )
    view.add_item(ui.ActionRow(button(words, Action.ERASE, job)))
    view.stop()
    return view


def answer_panel(answer: str) -> ui.LayoutView:
    """What takes the place of a question that was answered."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(answer))
    view.stop()
    return view


def post_button(words: Words, job: Job, action: Action) -> ui.View:
    """Under something that one person was shown: lets them show it to everybody."""
    view = ui.View(timeout=None)
    view.add_item(button(words, action, job))
    view.stop()
    return view
