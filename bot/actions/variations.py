"""A finished or failed picture painted once more: with less or more style, larger, by a form …"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from backend.errors import Problems, UserError
from backend.i18n import Text
from backend.jobs.model import Job, JobState
from bot.actions.registry import ActionSpec
from bot.actions.rights import check_may_repeat
from bot.orders.resolve import SHEET_STRENGTHS, new_seed
from bot.orders.submit import Orders
from bot.orders.typed import whole
from bot.orders.variation import ONE_PICTURE, larger, variation
from bot.ui.buttons import AT_PATTERN, BIGGER, CHANGE, LESS, MORE, RETRY, SHEET, TAKE
from bot.ui.form import FormLayout, Submission
from bot.ui.forms import change_form
from bot.ui.language import Interaction, words_of
from bot.ui.words import nearest_shapes, preset_called
from nst.options import MAX_STRENGTH, MIN_SIZE, MIN_STRENGTH, Colours, Options

_NOTHING: Final = (JobState.FAILED, JobState.CANCELLED)
_OVER: Final = (JobState.DONE, *_NOTHING)
_STEP: Final = 20  # of the strength


@dataclass(frozen=True, slots=True)
class Variations:
    """Orders variations for whoever sees a card; they are then their own jobs."""

    orders: Orders

    @property
    def actions(self) -> list[ActionSpec]:
        """Return what the buttons do."""
        return [
            ActionSpec(LESS, partial(self._restyle, -_STEP)),
            ActionSpec(MORE, partial(self._restyle, _STEP)),
            ActionSpec(TAKE, self._take_anew),
            ActionSpec(RETRY, self._retry, states=_NOTHING, may=check_may_repeat),
            ActionSpec(BIGGER, self._enlarge),
            ActionSpec(SHEET, self._sheet),
            ActionSpec(AT_PATTERN, self._at),
            ActionSpec(CHANGE, self._change_form, states=_OVER, may=check_may_repeat, is_form=True),
        ]

    async def _restyle(self, step: int, interaction: Interaction, job: Job) -> None:
        old = job.spec.options
        strength = min(max(old.strength + step, MIN_STRENGTH), MAX_STRENGTH)
        if strength == old.strength:
            raise UserError("It has strength {strength} already.", strength=strength)
        await self._take(interaction, job, replace(old, strength=strength), continues=True)

    async def _take_anew(self, interaction: Interaction, job: Job) -> None:
        options = job.spec.options
        await self._take(interaction, job, replace(options, seed=new_seed(options.seed)))

    async def _retry(self, interaction: Interaction, job: Job) -> None:
        several = {name: getattr(job.spec, name) for name in ONE_PICTURE}
        await self._take(interaction, job, job.spec.options, continues=True, **several)

    async def _enlarge(self, interaction: Interaction, job: Job) -> None:
        old = job.spec.options
        options = replace(old, size=larger(self.orders, interaction, old.size))
        await self._take(interaction, job, options, continues=True, usual_size=None)

    async def _sheet(self, interaction: Interaction, job: Job) -> None:
        await self._take(interaction, job, job.spec.options, strengths=SHEET_STRENGTHS)

    async def _at(self, interaction: Interaction, job: Job, strength: str) -> None:
        """Paint at full size with one of the strengths of a sheet."""
        options = replace(job.spec.options, strength=min(int(strength), MAX_STRENGTH))
        await self._take(interaction, job, options)

    async def _change_form(self, interaction: Interaction, job: Job) -> FormLayout:
        await self.orders.check_kept(replace(job.spec, start_from=None))
        old = job.spec.options
        shown = replace(old, size=min(old.size, self.orders.settings(interaction).max_size))
        words, presets = words_of(interaction), self.orders.host.presets
        return change_form(words, shown, presets, partial(self._change, job, shown))

    async def _change(
        self, job: Job, shown: Options, interaction: Interaction, filled: Submission
    ) -> None:
        """Order it as the form says; a size that the bot chose, and nobody changed, it may fit."""
        old, largest = job.spec.options, self.orders.settings(interaction).max_size
        preset, offered = filled.chosen("preset")[0], self.orders.host.presets
        options, problems = replace(old, colours=Colours(filled.chosen("colours")[0])), Problems()
        for shapes in map(float, filled.chosen("shapes")):
            if shapes != nearest_shapes(old):
                options = replace(options, shapes=shapes)
        with problems.noted():
            if preset != old.preset:
                called = preset_called(words_of(interaction), preset, offered)
                options = replace(options, preset=called)
        with problems.noted():
            typed = filled.text("strength")
            strength = whole(Text("Strength"), typed, MIN_STRENGTH, MAX_STRENGTH)
            options = replace(options, strength=strength)
        with problems.noted():
            size = whole(Text("The size"), filled.text("size"), MIN_SIZE, largest)
            options = replace(options, size=old.size if size == shown.size else size)
        problems.check()
        _check_changed(options, job)
        # The result is a good start for another strength or a larger size. Another preset, other
        # colours or shapes lead elsewhere, and a smaller size is quick from the photo.
        same_way = replace(options, strength=old.strength, size=old.size) == old
        onward = same_way and options.size >= old.size
        usual = job.spec.usual_size if options.size == old.size else None
        await self._take(interaction, job, options, continues=onward, usual_size=usual)

    async def _take(
        self,
        interaction: Interaction,
        job: Job,
        options: Options,
        *,
        continues: bool = False,
        **several: Any,
    ) -> None:
        """Order it; if it `continues`, it starts from what is there already, not from the photo.

        That is the raw result, where one was kept, or what a failed job had started from.
        """
        start = job.result.raw if job.result else job.spec.start_from
        if job.result and job.result.frames:  # a film begins anew: its frames are many pictures
            start = None
        spec = variation(
            self.orders,
            interaction,
            job,
            options=options,
            start_from=start if continues else None,
            **ONE_PICTURE | several,
        )
        await self.orders.take(interaction, spec)


def _check_changed(options: Options, job: Job) -> None:
    if options != job.spec.options:
        return
    if job.state in _NOTHING:
        raise UserError("Nothing was changed. “Try again” paints it once more.")
    raise UserError("Nothing was changed. “Another version” paints it once more.")
