"""From what somebody typed, prefers, and what the place allows, to the options of a picture."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from backend.errors import Problems, UserError
from backend.jobs.model import Job
from backend.preferences import PersonSettings, Preferences, ServerSettings
from backend.records import JobSpec
from bot.orders.again import RefusedOrders
from bot.orders.images import SURPRISE, ImageSources, RequestedImages
from bot.orders.options import RequestedOptions
from bot.orders.submit import Orders
from bot.ui.language import Interaction, words_of
from bot.ui.words import colours_called, preset_called
from nst.options import MAX_SEED, Colours, Options

_PREFERENCE_SECONDS: Final = 0.5  # of the three that the acknowledgement has
STRENGTH: Final = 50
SHEET_STRENGTHS: Final = (15, 40, 65, 90)
_SEEDS: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """Turns what somebody typed into orders."""

    orders: Orders
    sources: ImageSources
    preferences: Preferences
    refused: RefusedOrders = field(default_factory=RefusedOrders)

    async def order(
        self,
        interaction: Interaction,
        requested: RequestedOptions,
        pictures: RequestedImages,
        problems: Problems | None = None,
    ) -> Job | None:
        """Order a picture, and return the job; trouble with its pictures is said on its card.

        Raises:
            UserError: something cannot be had here, or makes no sense, or there were `problems`
                with what was typed; all of these, with what is wrong with the pictures. Nothing
                was answered yet but, maybe, that there will be an answer.
        """
        self.refused.note(interaction, requested, pictures)
        problems = Problems() if problems is None else problems
        pictures.check(problems)
        _check_kinds(requested, pictures, problems)
        options, person, server = await self._decide(interaction, requested, problems)

        spec = JobSpec(
            options=options,
            max_result_bytes=self.orders.result_limit(interaction),
            private=_is_private(requested, pictures, person),
            spoiler=server.spoiler if requested.spoiler is None else requested.spoiler,
            strengths=SHEET_STRENGTHS if requested.sheet else (),
            takes=seeds_from(options.seed, requested.takes or 1),
            apart=SURPRISE in pictures.names,
            usual_size=options.size if requested.size is None else None,
        )
        gather = partial(
            self.sources.gather,
            user_id=interaction.user.id,
            guild_id=interaction.guild_id,
        )
        if problems:
            with problems.noted():
                alone = replace(pictures, weights=())  # which may not be as many
                await self.orders.look(interaction, spec, partial(gather, alone))
            problems.check()
        return await self.orders.take(interaction, spec, partial(gather, pictures))

    async def check(self, interaction: Interaction, requested: RequestedOptions) -> Options:
        """Return what a picture would be made with, before a form asks for the rest."""
        self.orders.check_place(interaction)
        problems = Problems()
        options, _, _ = await self._decide(interaction, requested, problems)
        problems.check()
        return options

    async def _decide(
        self, interaction: Interaction, requested: RequestedOptions, problems: Problems
    ) -> tuple[Options, PersonSettings, ServerSettings]:
        """Return the options, and the settings behind them; what has a problem is as usual."""
        server = self.orders.settings(interaction)
        person = await self._person(interaction.user.id)
        words, host = words_of(interaction), self.orders.host
        preset, size, colours = person.preset or server.preset, person.size, Colours.STYLE
        with problems.noted():
            if requested.preset is not None:
                preset = preset_called(words, requested.preset, host.presets)
        with problems.noted():
            size = _size(requested.size, server) or size
        with problems.noted():
            if requested.colours is not None:
                colours = colours_called(words, requested.colours)
        options = Options(
            preset=preset,
            strength=_first(requested.strength, person.strength, STRENGTH),
            size=min(size or server.size, server.max_size),
            colours=colours,
            shapes=requested.shapes or 1.0,
            seed=new_seed() if requested.seed is None else requested.seed,
        )
        return options, person, server

    async def _person(self, user_id: int) -> PersonSettings:
        """Return what somebody prefers; a slow disk must not delay the first answer."""
        reading = asyncio.ensure_future(self.preferences.person(user_id))
        await asyncio.wait({reading}, timeout=_PREFERENCE_SECONDS)
        return reading.result() if reading.done() else PersonSettings()


def new_seed(old: int | None = None) -> int:
    """Return a seed at random, another one than `old`."""
    seed = random.randrange(_SEEDS)  # noqa: S311 - not a secret
    return (seed + 1) % _SEEDS if seed == old else seed


def seeds_from(first: int, count: int) -> tuple[int, ...]:
    """Return the seeds of several versions, one after another; none for a single picture."""
    return tuple((first + number) % (MAX_SEED + 1) for number in range(count) if count > 1)


def _check_kinds(
    requested: RequestedOptions, pictures: RequestedImages, problems: Problems
) -> None:
    """Note where somebody wants several kinds of pictures to choose from at once."""
    if requested.sheet + ((requested.takes or 1) > 1) + (SURPRISE in pictures.names) > 1:
        problems.add(
            UserError(
                "Choose one of them: several versions, four strengths, or a surprise of styles."
            )
        )


def _is_private(
    requested: RequestedOptions, pictures: RequestedImages, person: PersonSettings
) -> bool:
    """Tell whether only who asks is to see it, such as when nobody else has seen the style."""
    wanted = person.private if requested.private is None else requested.private
    return wanted or (pictures.of_last_style and person.last_style_private)


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
