"""From what somebody typed, prefers, and what the place allows, to the options of a picture."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from bot.errors import UserError
from bot.orders.images import ImageSources, RequestedImages
from bot.orders.order import SHEET_STRENGTHS, JobImages, Order
from bot.orders.submit import Orders
from bot.orders.variations import new_seed
from bot.preferences import PersonSettings, Preferences, ServerSettings
from bot.ui.interaction import Interaction
from bot.ui.language import words_of
from bot.ui.words import colours_called, preset_called
from nst.options import Colours, Options

_PREFERENCE_SECONDS: Final = 0.5  # of the three that the acknowledgement has
STRENGTH: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedOptions:
    """The options that somebody gave; None where they left it to the bot.

    Forms that are open know them by their order: further ones come last.

    Attributes:
        strength: 0 to 100.
        size: longest side in pixels, as typed.
        seed: as typed.
        private: only they see it.
        spoiler: hidden until somebody clicks on it.
        preset: as typed.
        colours: as typed.
        sheet: a strength sheet first.
    """

    strength: int | None = None
    size: int | None = None
    seed: int | None = None
    private: bool | None = None
    spoiler: bool | None = None
    preset: str | None = None
    colours: str | None = None
    sheet: bool = False


class Resolver:
    """Turns what somebody typed into orders.

    Args:
        orders: takes them, and knows what the host offers.
        sources: gets the pictures in.
        preferences: what people and servers decided.
    """

    def __init__(self, *, orders: Orders, sources: ImageSources, preferences: Preferences) -> None:
        self._orders = orders
        self._sources = sources
        self._preferences = preferences

    async def order(
        self, interaction: Interaction, requested: RequestedOptions, pictures: RequestedImages
    ) -> None:
        """Order a picture; trouble with its pictures is said on its card.

        Raises:
            UserError: something cannot be had here, or makes no sense; nothing was answered yet.
        """
        pictures.check()
        options, person, server = await self._decide(interaction, requested)

        async def gather() -> JobImages:
            return await self._sources.gather(
                pictures, user_id=interaction.user.id, guild_id=interaction.guild_id
            )

        order = Order(
            options=options,
            gather=gather,
            private=person.private if requested.private is None else requested.private,
            spoiler=server.spoiler if requested.spoiler is None else requested.spoiler,
            strengths=SHEET_STRENGTHS if requested.sheet else (),
        )
        await self._orders.take(interaction, order)

    async def check(self, interaction: Interaction, requested: RequestedOptions) -> Options:
        """Return what a picture would be made with, before somebody fills in a form for the rest.

        Raises:
            UserError: something cannot be had here, or the bot may not work here.
        """
        self._orders.check_place(interaction)
        options, _, _ = await self._decide(interaction, requested)
        return options

    async def _decide(
        self, interaction: Interaction, requested: RequestedOptions
    ) -> tuple[Options, PersonSettings, ServerSettings]:
        server = self._orders.settings(interaction)
        person = await self._person(interaction.user.id)
        offer = self._orders.offer
        usual_size = person.size or offer.default_size
        words = words_of(interaction)
        options = Options(
            preset=preset_called(words, requested.preset, offer.presets)
            if requested.preset is not None
            else person.preset or server.preset,
            strength=_first(requested.strength, person.strength, STRENGTH),
            size=_size(requested.size, server) or min(usual_size, server.max_size),
            colours=Colours.STYLE
            if requested.colours is None
            else colours_called(words, requested.colours),
            seed=new_seed() if requested.seed is None else requested.seed,
        )
        return options, person, server

    async def _person(self, user_id: int) -> PersonSettings:
        """Return what somebody prefers; a slow disk must not delay the first answer."""
        reading = asyncio.ensure_future(self._preferences.person(user_id))
        await asyncio.wait({reading}, timeout=_PREFERENCE_SECONDS)
        return reading.result() if reading.done() else PersonSettings()


def _first(*numbers: int | None) -> int:
    """Return the first that is one."""
    return next(number for number in numbers if number is not None)


def _size(size: int | None, server: ServerSettings) -> int | None:
    if size is not None and size > server.max_size:
        raise UserError(
            "{size} px is too large here: choose a size up to {limit}.",
            size=size,
            limit=server.max_size,
        )
    return size
