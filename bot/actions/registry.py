"""The registry of actions: every button, menu and form is one record in one list, as routes are.

```
 press ──────custom_id──▶ ActionSpec ──▶ handler ──▶ an answer, or a form to show
 submission ──address───▶ ActionSpec ──▶ handler ──▶ the form, built anew ──▶ its `submit`
```
Nothing is kept about messages and forms that are open, so they work after restarts and for ever.
Rights and states are checked here, at presses and at submissions. Whatever goes wrong ends here in
an answer. What cannot be used of a form is kept as a draft, which a button below the answer opens.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any, Final

from discord import InteractionType, ui

from backend.control.control import HostControl
from backend.errors import JobNotFound, UserError
from backend.i18n import Text
from backend.jobs.model import Job, JobState
from backend.preferences import Preferences
from bot.actions.explain import explain, note_languages
from bot.actions.rights import Right, anyone, check_state
from bot.latest import Latest
from bot.ui.buttons import JobButton
from bot.ui.explain import can_be_mended
from bot.ui.form import FormLayout, Submission, fitting
from bot.ui.language import Interaction, words_of
from bot.ui.layouts import below
from bot.ui.mine import page_address

MAX_BUTTON: Final = 80
_DRAFT: Final = "again"
_PLACE: Final = re.compile("[0-9a-f]{8}")
OPEN_AGAIN: Final = Text(
    "The bot was restarted while this form was open and cannot read it any more. Please open it "
    "again."
)

Handler = Callable[..., Awaitable[FormLayout | None]]
"""Answers an interaction, or returns the form to answer it with; raises UserError."""


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """A button, menu or form.

    Attributes:
        control: a card's button, or a regular expression for the whole `custom_id`. Its named
            groups are given to the handler as keywords: of a group `job` the job itself. The
            handler of a menu also gets what was chosen, as `values`.
        handler: answers; it returns a form to answer with that.
        states: of the job, in which there is something to do.
        may: raises UserError for people who may not.
        is_form: its `custom_id` is also the address of the form that the handler returns.
        for_everybody: also people whom the host has banned may do it.
    """

    control: JobButton | str
    handler: Handler
    _: KW_ONLY
    states: Collection[JobState] = (JobState.DONE,)
    may: Right = anyone
    is_form: bool = False
    for_everybody: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        """Regular expression that matches its `custom_id`."""
        text = self.control if isinstance(self.control, str) else self.control.pattern
        return re.compile(text)


@dataclass(frozen=True, slots=True)
class _Draft:
    address: str
    submission: Submission


class Actions:
    """Answers every press and every form that was filled in; `find_job` raises JobNotFound."""

    def __init__(
        self,
        specs: Iterable[ActionSpec],
        find_job: Callable[[str], Awaitable[Job]],
        preferences: Preferences,
        control: HostControl | None = None,
    ) -> None:
        again = ActionSpec(rf"{_DRAFT}:(?P<key>[0-9a-f]{{16}})", self._reopen, is_form=True)
        self._specs = (*specs, again)
        self._find_job = find_job
        self._preferences = preferences
        self._control = control or HostControl()
        self._drafts = Latest[_Draft]()

    async def answer(self, interaction: Interaction) -> None:
        """Answer a press or a form, whatever happens; leave commands to discord.py."""
        note_languages(interaction, self._preferences)
        try:
            if interaction.type is InteractionType.component:
                await self._press(interaction)
            elif interaction.type is InteractionType.modal_submit:
                await self._submit(interaction)
        except Exception as error:
            await explain(interaction, error)

    def find(self, custom_id: str) -> ActionSpec | None:
        """Return the action of a `custom_id`."""
        return next((spec for spec in self._specs if spec.pattern.fullmatch(custom_id)), None)

    async def _press(self, interaction: Interaction) -> None:
        data: Any = interaction.data
        custom_id = data["custom_id"]
        spec = self.find(custom_id)
        if spec is None:
            raise UserError(
                "This control is of another version of the bot and does nothing any more."
            )
        try:
            form = await self._handle(interaction, spec, custom_id)
        except JobNotFound:
            await self._list_anew(interaction)
            raise
        if form is not None:
            await show_form(interaction, form, custom_id)

    async def _list_anew(self, interaction: Interaction) -> None:
        """Draw the list anew that offered a picture which is gone, if it was one of a list."""
        address = page_address(interaction.message)
        spec = self.find(address) if address else None
        if address and spec and not interaction.response.is_done():
            await self._handle(interaction, spec, address)

    async def _submit(self, interaction: Interaction) -> None:
        submission = Submission.of(interaction)
        address = _check_place(interaction, submission.address)
        form = await self._build(interaction, address)
        if not form.write_address(submission.address).fits(submission):
            raise UserError(OPEN_AGAIN)  # it has other fields by now
        key = address.removeprefix(f"{_DRAFT}:")
        if former := self._drafts.find(interaction.user.id, key):
            submission, address = submission.completed(former.submission), former.address
        try:
            await form.submit(interaction, submission)
        except Exception as error:
            mend = can_be_mended(error)
            draft = _Draft(address, submission)
            await explain(interaction, error, self._keep(interaction, draft) if mend else None)

    async def _handle(
        self, interaction: Interaction, spec: ActionSpec, custom_id: str
    ) -> FormLayout | None:
        """Check whether it may be done, and hand it to its handler."""
        if not spec.for_everybody:
            self._control.check_somebody(interaction.user.id, interaction.guild_id)
        match = spec.pattern.fullmatch(custom_id)
        given: dict[str, Any] = match.groupdict() if match else {}
        job = await self._find_job(given["job"]) if "job" in given else None
        if job:
            check_state(interaction, job, spec.states)
            given["job"] = job
        spec.may(interaction, job)
        data: Any = interaction.data
        if "values" in data:
            given["values"] = data["values"]
        return await spec.handler(interaction, **given)

    async def _build(self, interaction: Interaction, address: str) -> FormLayout:
        spec = self.find(address)
        if spec is None or not spec.is_form:
            raise UserError(OPEN_AGAIN)
        form = await self._handle(interaction, spec, address)
        if form is None:
            raise RuntimeError(f"the action {spec.control} returns no form")
        return form

    async def _reopen(self, interaction: Interaction, key: str) -> FormLayout:
        draft = self._drafts.find(interaction.user.id, key)
        if draft is None:
            raise UserError(OPEN_AGAIN)
        form = await self._build(interaction, draft.address)
        return form.fill_in(words_of(interaction), draft.submission)

    def _keep(self, interaction: Interaction, draft: _Draft) -> ui.View:
        """Keep a draft; returns the button that opens it."""
        key = self._drafts.keep(interaction.user.id, draft)
        words = words_of(interaction)
        label = fitting(words("Open the form again"), MAX_BUTTON)
        return below(ui.Button(label=label, custom_id=f"{_DRAFT}:{key}"))


async def show_form(interaction: Interaction, form: FormLayout, address: str) -> None:
    """Answer with a form whose action knows this address; it counts here, from this person."""
    await interaction.response.send_modal(form.write_address(f"{_place(interaction)}@{address}"))


def _place(interaction: Interaction) -> str:
    """Return a short name of who does something where."""
    place = interaction.guild_id, interaction.channel_id, interaction.user.id
    return hashlib.sha256(repr(place).encode()).hexdigest()[:8]


def _check_place(interaction: Interaction, address: str) -> str:
    """Return the address of a form alone; those that older versions opened have nothing else."""
    place, at, alone = address.partition("@")
    if not (at and _PLACE.fullmatch(place)):
        return address
    if place != _place(interaction):
        raise UserError("This form was opened in another place. Please open it here.")
    return alone
