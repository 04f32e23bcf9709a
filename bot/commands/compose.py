"""`/compose`: several styles with weights, and a mask, in a form."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import partial
from typing import Final

from discord import app_commands
from pydantic import TypeAdapter, ValidationError

from backend.errors import Problems, UserError
from bot.actions.registry import OPEN_AGAIN, ActionSpec, show_form
from bot.commands.options import with_options
from bot.commands.suggestions import SuggestsOptions, everywhere
from bot.orders.images import MAX_STYLES, RequestedImages
from bot.orders.options import RequestedOptions
from bot.orders.typed import weights
from bot.ui.form import FormLayout, Submission
from bot.ui.forms import MAX_CHOICES, compose_form
from bot.ui.language import Interaction, words_of

_COMPOSE: Final = "compose:"
_GIVEN: Final = [field.name for field in fields(RequestedOptions)]
_REQUESTED: Final = TypeAdapter(RequestedOptions)


class Compose(SuggestsOptions):
    """The command with a form for all pictures of a job."""

    @property
    def actions(self) -> list[ActionSpec]:
        """Return what answers its form; names are as typed, `Resolver` looks at them."""
        return [ActionSpec(rf"{_COMPOSE}(?P<given>(?s:.*))", self._form, is_form=True)]

    @app_commands.command()
    @everywhere
    @with_options
    async def compose(self, interaction: Interaction, *, requested: RequestedOptions) -> None:
        """Mix up to three styles, or paint only a part of the photo."""
        given = address(requested)
        form = await self._form(interaction, given.removeprefix(_COMPOSE))
        await show_form(interaction, form, given)

    async def _form(self, interaction: Interaction, given: str) -> FormLayout:
        requested = read_address(given)
        await self.resolver.check(interaction, requested)
        styles = await self.shelf.search(interaction.guild_id, "", MAX_CHOICES)
        submit = partial(self._submit, requested)
        return compose_form(words_of(interaction), MAX_STYLES, styles, submit)

    async def _submit(
        self, requested: RequestedOptions, interaction: Interaction, filled: Submission
    ) -> None:
        images, problems = _images(filled), Problems()
        with problems.noted():
            images = replace(images, weights=weights(filled.text("weights")))
        await self.resolver.order(interaction, requested, images, problems)


def _images(filled: Submission) -> RequestedImages:
    """Return the pictures that were chosen in the form."""
    return RequestedImages(
        content=filled.uploads("photo")[0],
        styles=filled.uploads("styles"),
        names=filled.chosen("named"),
        mask=next(iter(filled.uploads("mask")), None),
    )


def address(requested: RequestedOptions) -> str:
    """Return the address of the form that goes on from what was said with the command."""
    given = (getattr(requested, name) for name in _GIVEN)
    return _COMPOSE + ":".join("" if each is None else str(each) for each in given)


def read_address(given: str) -> RequestedOptions:
    """Read an address without its beginning; one of an older version has fewer options."""
    said = {name: text for name, text in zip(_GIVEN, given.split(":"), strict=False) if text}
    try:
        return _REQUESTED.validate_python(said)
    except ValidationError as error:
        raise UserError(OPEN_AGAIN) from error
