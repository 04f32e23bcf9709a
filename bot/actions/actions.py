"""What the buttons below a picture do once its job is over."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import discord

from bot.actions.card import CardActions
from bot.actions.change import ChangeForm
from bot.actions.exports import Exports
from bot.cards.recolouring import Recolouring
from bot.errors import UserError
from bot.i18n import Text
from bot.jobs.finished import FinishedJobs
from bot.jobs.model import Job, JobState
from bot.jobs.queue import JobQueue
from bot.orders.attachments import check_kept
from bot.orders.submit import Orders
from bot.orders.variations import VARIATIONS, vary
from bot.tools import ImageTools
from bot.ui.action_buttons import Action
from bot.ui.buttons import may_change
from bot.ui.collect import is_behind_token
from bot.ui.explain import explain
from bot.ui.forms import Form, Forms
from bot.ui.language import words_of
from bot.ui.panel import menu_panel

_NOT_YOURS: Final = Text(
    "Only {person} and moderators (Manage Messages) may do this. “Change…” makes a picture of your "
    "own from it."
)
_GUARDED: Final = frozenset(
    {
        *(Action.TOPHOTO, Action.TOSTYLE, Action.ALT, Action.DELETE, Action.ERASE),
        *(Action.SHARE, Action.REPOST),
    }
)
_STATES: Final = {
    Action.RETRY: {JobState.FAILED},
    Action.CHANGE: {JobState.DONE, JobState.FAILED},
}  # of all other actions: done
_FORMS: Final = frozenset({Action.CHANGE, Action.ALT})

Handler = Callable[[discord.Interaction[Any], Job], Awaitable[None]]


class Studio:
    """Answers every press of an action's button.

    Whoever sees a card may look at how it was made and may order variations, which are then their
    own jobs; the card itself is changed by its requester and by moderators.

    Args:
        jobs: the queue.
        finished: finished jobs.
        orders: takes orders.
        tools: quick work on pictures.
        recolouring: makes other colours.
        forms: gets the forms of actions.
    """

    def __init__(
        self,
        *,
        jobs: JobQueue,
        finished: FinishedJobs,
        orders: Orders,
        tools: ImageTools,
        recolouring: Recolouring,
        forms: Forms,
    ) -> None:
        self._jobs = jobs
        self._forms = forms
        self._orders = orders
        self._card_actions = card_actions = CardActions(
            jobs=jobs, finished=finished, recolouring=recolouring
        )
        exports = Exports(finished=finished, tools=tools)
        self._handlers: dict[Action, Handler] = {
            Action.MENU: self._menu,
            Action.TOPHOTO: card_actions.to_photo,
            Action.TOSTYLE: card_actions.to_style,
            Action.DELETE: card_actions.ask_deletion,
            Action.ERASE: card_actions.delete,
            Action.SHARE: card_actions.share,
            Action.REPOST: card_actions.repost,
            Action.FILM: exports.film,
            Action.POSTFILM: exports.post_film,
            Action.CURVE: exports.curve,
            Action.COMPARE: exports.compare,
            Action.POSTCOMPARE: exports.post_compare,
            Action.RECIPE: exports.recipe,
        }
        forms.add(rf"{Action.CHANGE}:(?P<job>[0-9a-z]+)", self._change_form)
        forms.add(rf"{Action.ALT}:(?P<job>[0-9a-z]+)", self._description_form)

    async def act(
        self, interaction: discord.Interaction[Any], action: Action, job_id: str, value: int | None
    ) -> None:
        """Answer a press, whatever happens."""
        try:
            if action in _FORMS:
                await self._forms.open(interaction, f"{action}:{job_id}")
                return
            job = await self._find(interaction, action, job_id)
            if action in VARIATIONS:
                await self._vary(interaction, job, action, value)
            else:
                await self._handlers[action](interaction, job)
        except Exception as error:
            await explain(interaction, error)

    async def _find(
        self, interaction: discord.Interaction[Any], action: Action, job_id: str
    ) -> Job:
        """The job, if this person may do this with it.

        Raises:
            UserError: they may not, or there is none.
        """
        job = await self._jobs.get(job_id)
        _check(interaction, action, job)
        return job

    async def _vary(
        self, interaction: discord.Interaction[Any], job: Job, action: Action, value: int | None
    ) -> None:
        order = vary(
            job,
            action,
            value,
            max_size=self._orders.settings(interaction).max_size,
            private=stays_private(interaction, job),
        )
        await self._orders.take(interaction, order)

    async def _menu(self, interaction: discord.Interaction[Any], job: Job) -> None:
        words = words_of(interaction)
        changes = may_change(interaction, job)
        panel = menu_panel(words, job, may_change=changes)
        if changes and is_behind_token(interaction, job):
            # This press reaches the card for another 15 minutes, if it is what the press answers.
            await interaction.response.defer()
            await self._jobs.renew_token(job.id, interaction.token)
            await interaction.followup.send(view=panel, ephemeral=True)
        else:
            await interaction.response.send_message(view=panel, ephemeral=True)

    async def _change_form(
        self, interaction: discord.Interaction[Any], match: re.Match[str]
    ) -> Form:
        job = await self._find(interaction, Action.CHANGE, match["job"])
        await check_kept(job.spec.images)
        return ChangeForm(words_of(interaction), job, self._orders)

    async def _description_form(
        self, interaction: discord.Interaction[Any], match: re.Match[str]
    ) -> Form:
        job = await self._find(interaction, Action.ALT, match["job"])
        return self._card_actions.description_form(words_of(interaction), job)


def stays_private(interaction: discord.Interaction[Any], job: Job) -> bool:
    """Whether a variation is only for who asks: that of their own private picture is."""
    return job.spec.private and interaction.user.id == job.address.requester_id


def _check(interaction: discord.Interaction[Any], action: Action, job: Job) -> None:
    is_requester = interaction.user.id == job.address.requester_id
    over = job.state in _STATES.get(action, {JobState.DONE})
    if not over or (job.spec.private and not is_requester):
        raise UserError("There is no finished picture here.")
    if action in _GUARDED and not may_change(interaction, job):
        raise UserError(_NOT_YOURS, person=f"<@{job.address.requester_id}>")
