"""What is suggested while somebody types an option that several commands have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands

from bot.orders.resolve import Resolver
from bot.preferences import Preferences
from bot.shelf import Shelf
from bot.ui.language import Interaction, words_of
from bot.ui.words import colours_name, preset_called
from nst.options import Colours, Preset

T = TypeVar("T")
_SIZES: Final = (256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096)


def everywhere(command: T) -> T:
    """Offer a command, or a group of them, in servers and direct messages, to installs of both."""
    app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)(command)
    return app_commands.allowed_installs(guilds=True, users=True)(command)


class SuggestsPresets(commands.Cog):
    """A cog whose commands have an option for a preset; `offered` are those to choose from."""

    offered: Sequence[Preset]

    async def suggest_presets(self, interaction: Interaction, current: str) -> list[Choice[str]]:
        """Suggest the presets that are offered, in the words of who types."""
        words = words_of(interaction)
        return _matching({preset: words(preset.description) for preset in self.offered}, current)

    def preset_called(self, interaction: Interaction, typed: str | None) -> Preset | None:
        """Return the preset that somebody typed, who need not have chosen what was suggested."""
        return None if typed is None else preset_called(words_of(interaction), typed, self.offered)


class SuggestsStyles(commands.Cog):
    """A cog whose commands have an option for a style of the shelf."""

    shelf: Shelf

    async def suggest_styles(self, interaction: Interaction, current: str) -> list[Choice[str]]:
        """Suggest styles of the shelf."""
        found = await self.shelf.search(interaction.guild_id, current)
        return [Choice(name=style.name, value=style.name) for style in found]


@dataclass(eq=False)
class SuggestsOptions(SuggestsPresets, SuggestsStyles):
    """A cog whose commands paint."""

    offered: Sequence[Preset]
    preferences: Preferences
    resolver: Resolver
    shelf: Shelf

    async def suggest_colours(self, interaction: Interaction, current: str) -> list[Choice[str]]:
        """Suggest all choices of colours."""
        words = words_of(interaction)
        names = {colours: colours_name(words, colours) for colours in Colours}
        return _matching(names, current)

    async def suggest_sizes(self, interaction: Interaction, current: str) -> list[Choice[int]]:
        """Suggest usual sizes that the server takes."""
        largest = self.preferences.server(interaction.guild_id).max_size
        return [
            Choice(name=f"{size} px", value=size)
            for size in _SIZES
            if size <= largest and str(size).startswith(str(current).strip())
        ]


def _matching(names: Mapping[Any, str], typed: str) -> list[Choice[str]]:
    typed = typed.strip().lower()
    return [
        Choice(name=name, value=one.value)
        for one, name in names.items()
        if typed in name.lower() or typed in one.value
    ]
