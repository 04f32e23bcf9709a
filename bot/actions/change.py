"""Change…: the recipe of a picture in a form, painted again as whoever fills it in likes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import discord
from discord import ui

from bot.errors import UserError
from bot.i18n import Text, Words
from bot.jobs.model import Job, JobState
from bot.orders.submit import Orders
from bot.orders.variations import order
from bot.ui.forms import Form
from bot.ui.language import words_of
from bot.ui.words import colours_name, preset_called, preset_name
from bot.ui.words import typed as as_typed
from nst.options import MAX_STRENGTH, MIN_SIZE, MIN_STRENGTH, Colours, Options, Preset

_NUMBER: Final = Text("{name} is a whole number from {low} to {high}, not “{typed}”.")


class ChangeForm(Form):
    """Preset, strength, size and colours, filled in as they were.

    Args:
        words: of who opened it.
        job: done or failed.
        orders: takes the order.
    """

    def __init__(self, words: Words, job: Job, orders: Orders) -> None:
        super().__init__(words("Change the recipe"))
        self._job = job
        self._orders = orders
        options = job.spec.options
        offered = list(dict.fromkeys([*orders.menu.presets, options.preset]))
        self._preset = preset_select(words, offered, options.preset)
        self._strength = number_input(options.strength)
        self._size = number_input(options.size)
        self._colours = colours_select(words, options.colours)
        self.add_field("preset", words("Preset"), self._preset)
        self.add_field(
            "strength", words("Strength: 0 keeps the photo, 100 is all style"), self._strength
        )
        self.add_field("size", words("Longest side in pixels"), self._size)
        self.add_field("colours", words("Colours"), self._colours)

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Order it."""
        job, largest = self._job, self._orders.settings(interaction).max_size
        options = replace(
            job.spec.options,
            preset=self._offered(words_of(interaction), self._preset.values[0]),
            strength=whole(Text("Strength"), self._strength.value, MIN_STRENGTH, MAX_STRENGTH),
            size=whole(Text("The size"), self._size.value, MIN_SIZE, largest),
            colours=Colours(self._colours.values[0]),
        )
        _check_changed(options, job)
        private = job.spec.private and interaction.user.id == job.address.requester_id
        await self._orders.take(
            interaction, order(job, options, private=private, goes_on=_goes_on(options, job))
        )

    def _offered(self, words: Words, preset: str) -> Preset:
        old = self._job.spec.options.preset
        offered = self._orders.menu.presets
        return old if preset == old else preset_called(words, preset, offered)


def preset_select(words: Words, offered: list[Preset], chosen: Preset) -> ui.Select[Any]:
    """A list of presets."""
    return ui.Select(
        options=[
            discord.SelectOption(
                label=preset_name(words, preset), value=preset.value, default=preset is chosen
            )
            for preset in offered
        ]
    )


def colours_select(words: Words, chosen: Colours) -> ui.Select[Any]:
    """A list of choices of colours."""
    return ui.Select(
        options=[
            discord.SelectOption(
                label=colours_name(words, colours), value=colours.value, default=colours is chosen
            )
            for colours in Colours
        ]
    )


def number_input(value: int) -> ui.TextInput[Any]:
    """A field for a number of up to four digits."""
    return ui.TextInput(default=str(value), max_length=4)


def whole(name: Text, typed: str, low: int, high: int) -> int:
    """A number that somebody typed.

    Raises:
        UserError: it is none, or out of range.
    """
    text = typed.strip()
    if not text.isdecimal() or not low <= int(text) <= high:
        raise UserError(_NUMBER, name=name, low=low, high=high, typed=as_typed(text))
    return int(text)


def _check_changed(options: Options, job: Job) -> None:
    if options != job.spec.options:
        return
    if job.state is JobState.FAILED:
        raise UserError("Nothing was changed. “Try again” paints the same recipe once more.")
    raise UserError("Nothing was changed. “Another take” paints the same recipe once more.")


def _goes_on(options: Options, job: Job) -> bool:
    """Whether the result is a good place to start from.

    It is for another strength or a larger size; another preset or other colours of the style
    image lead elsewhere, and a smaller size is quick from the start.
    """
    old = job.spec.options
    same_way = options.preset is old.preset and options.colours is old.colours
    return same_way and options.size >= old.size
