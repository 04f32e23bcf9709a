"""What is suggested while somebody types an option that several commands have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import discord
from discord.app_commands import Choice

from bot.i18n import Text
from bot.ui.language import words_of
from bot.ui.words import colours_name
from nst.options import Colours, Preset

_PRESETS: Final = {
    Preset.DRAFT: Text("draft: a quick look"),
    Preset.STANDARD: Text("standard: good and fast"),
    Preset.FINE: Text("fine: more strokes, takes longer"),
    Preset.REFERENCE: Text("reference: the classic recipe, very slow"),
}
_SIZES: Final = (256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096)


def suggest_presets(
    interaction: discord.Interaction[Any], offered: Sequence[Preset], typed: str
) -> list[Choice[str]]:
    """The presets that the host offers, in who types' words."""
    words = words_of(interaction)
    return _matching({preset: words(_PRESETS[preset]) for preset in offered}, typed)


def suggest_colours(interaction: discord.Interaction[Any], typed: str) -> list[Choice[str]]:
    """All choices of colours."""
    words = words_of(interaction)
    return _matching({colours: colours_name(words, colours) for colours in Colours}, typed)


def suggest_sizes(typed: str, largest: int) -> list[Choice[int]]:
    """Usual sizes that the server takes."""
    return [
        Choice(name=f"{size} px", value=size)
        for size in _SIZES
        if size <= largest and str(size).startswith(typed.strip())
    ]


def _matching(names: Mapping[Any, str], typed: str) -> list[Choice[str]]:
    typed = typed.strip().lower()
    return [
        Choice(name=name, value=one.value)
        for one, name in names.items()
        if typed in name.lower() or typed in one.value
    ]
