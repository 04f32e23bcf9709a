"""The options that every command for painting has; each stands here once.

One more option of a job is a parameter with its description here, a field of `RequestedOptions`
that `Resolver` reads, a field of `nst.Options`, and what the painting makes of it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from discord import app_commands
from discord.app_commands import Range

from bot.commands.suggestions import SuggestsOptions
from bot.orders.resolve import RequestedOptions
from bot.ui.language import Interaction
from nst.options import MAX_SEED, MAX_SIZE, MAX_STRENGTH, MIN_SIZE, MIN_STRENGTH

Command = Callable[..., Awaitable[None]]

_describe = app_commands.describe(
    preset="How much patience the picture is worth",
    strength="0 keeps the photo, 100 is all style; 50 if you leave it out",
    size="Longest side of the result in pixels",
    colours="Whose colours the picture has",
    seed="The same number repeats a picture exactly; leave it out for a new take",
    private="Only you see it, until you share it",
    spoiler="Hidden until somebody clicks on it",
)
_SUGGESTIONS: Final[Mapping[str, Any]] = {
    "preset": SuggestsOptions.suggest_presets,
    "size": SuggestsOptions.suggest_sizes,
    "colours": SuggestsOptions.suggest_colours,
}


def _options(
    preset: str | None = None,
    strength: Range[int, MIN_STRENGTH, MAX_STRENGTH] | None = None,
    size: Range[int, MIN_SIZE, MAX_SIZE] | None = None,
    colours: str | None = None,
    seed: Range[int, 0, MAX_SEED] | None = None,
    private: bool | None = None,
    spoiler: bool | None = None,
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
    shown = signature.replace(parameters=[*own, *_OPTIONS.values()])
    callback.__signature__ = shown  # type: ignore[attr-defined]  # not in typeshed's functions
    return app_commands.autocomplete(**_SUGGESTIONS)(_describe(callback))
