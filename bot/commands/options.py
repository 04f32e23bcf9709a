"""The options that every command for painting has; each stands here once.

One more option of a job is a parameter with its description here, a field of `RequestedOptions`
that `Resolver` reads, a field of `nst.Options`, and what the painting makes of it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

from discord import app_commands
from discord.app_commands import Range

from bot.commands.suggestions import SuggestsOptions
from bot.orders.options import RequestedOptions
from bot.ui.language import Interaction
from bot.ui.words import COLOURS, SHAPES
from nst.options import MAX_SEED, MAX_SIZE, MAX_STRENGTH, MIN_SIZE, MIN_STRENGTH

Command = Callable[..., Awaitable[None]]

_describe = app_commands.describe(
    preset="Quick or careful: how long the picture may take",
    strength="How much style: 0 is your photo, 100 is all style; usually 50",
    size="Longest side of the result in pixels",
    colours="The colours of the style, or those of your photo",
    shapes="How large the shapes are that the style gives your photo",
    seed="Number of a version: the same number gives the same picture again",
    private="Only you see it, until you share it",
    takes="Several different versions of the picture, to choose from",
    spoiler="Hidden until somebody clicks on it",
)
_choose_colours = app_commands.choices(
    colours=[
        app_commands.Choice(name=name.template, value=colours.value)
        for colours, name in COLOURS.items()
    ]
)
_choose_shapes = app_commands.choices(
    shapes=[
        app_commands.Choice(name=name.template, value=shapes) for shapes, name in SHAPES.items()
    ]
)
_suggest = app_commands.autocomplete(size=SuggestsOptions.suggest_sizes)
_FIRST: Final = ("content", "style", "style_name", "strength", "size", "preset", "colours", "takes")
"""What people need most, in this order; the rest follows."""


def _options(  # noqa: PLR0913, PLR0917 - never called: discord.py reads it
    preset: str | None = None,
    strength: Range[int, MIN_STRENGTH, MAX_STRENGTH] | None = None,
    size: Range[int, MIN_SIZE, MAX_SIZE] | None = None,
    colours: str | None = None,
    seed: Range[int, 0, MAX_SEED] | None = None,
    private: bool | None = None,
    spoiler: bool | None = None,
    takes: Literal[1, 2, 4] | None = None,
    shapes: float | None = None,
) -> None:
    """Name the options, with their types and defaults, as discord.py reads them."""


_OPTIONS: Final = inspect.signature(_options, eval_str=True).parameters


def with_options(command: Command) -> Any:
    """Give a command of a cog these options; it gets them as its last argument, `requested`."""
    signature = inspect.signature(command, eval_str=True)
    *own, _requested = signature.parameters.values()

    @functools.wraps(command)
    async def callback(cog: SuggestsOptions, interaction: Interaction, **given: Any) -> None:
        requested = RequestedOptions(**{name: given.pop(name) for name in _OPTIONS})
        await command(cog, interaction, requested=requested, **given)

    # discord.py makes an option of each parameter that `inspect` tells of.
    ordered = sorted([*own, *_OPTIONS.values()], key=_place)
    shown = signature.replace(parameters=ordered)
    callback.__signature__ = shown  # type: ignore[attr-defined]  # not in typeshed's functions
    return _suggest(_choose_shapes(_choose_colours(_describe(callback))))


def _place(option: inspect.Parameter) -> int:
    """Return where an option stands among the others; the cog and the interaction come first."""
    if option.name in {"self", "interaction"}:
        return -1
    return _FIRST.index(option.name) if option.name in _FIRST else len(_FIRST)
