"""A style of the shelf that somebody presses: it asks for the photo, and paints."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from backend.errors import Problems
from backend.i18n import Text
from backend.shelf import Shelf
from bot.actions.registry import ActionSpec
from bot.orders.images import RequestedImages
from bot.orders.options import RequestedOptions
from bot.orders.resolve import Resolver
from bot.orders.typed import whole
from bot.ui.form import FormLayout, Submission
from bot.ui.forms import paint_form
from bot.ui.language import Interaction, words_of
from nst.options import MAX_STRENGTH, MIN_STRENGTH


@dataclass(frozen=True, slots=True)
class UseStyle:
    """Paints with a style whose button was pressed below `/style list` or `show`."""

    resolver: Resolver
    shelf: Shelf

    @property
    def actions(self) -> list[ActionSpec]:
        """Return what the buttons do."""
        return [ActionSpec("shelf-use:(?P<name>.+)", self._form, is_form=True)]

    async def _form(self, interaction: Interaction, name: str) -> FormLayout:
        style = await self.shelf.get(interaction.guild_id, name)
        usual = await self.resolver.check(interaction, RequestedOptions())
        submit = partial(self._submit, style.name)
        return paint_form(words_of(interaction), style.name, usual.strength, submit)

    async def _submit(self, name: str, interaction: Interaction, filled: Submission) -> None:
        problems, strength = Problems(), MIN_STRENGTH
        with problems.noted():
            typed = filled.text("strength")
            strength = whole(Text("Strength"), typed, MIN_STRENGTH, MAX_STRENGTH)
        requested = RequestedOptions(strength=strength, colours=filled.chosen("colours")[0])
        images = RequestedImages(content=filled.uploads("photo")[0], names=[name])
        await self.resolver.order(interaction, requested, images, problems)
