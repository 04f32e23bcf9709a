"""What is suggested while somebody types an option that several commands have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands

from backend.preferences import Preferences
from backend.shelf import Shelf
from bot.orders.images import SURPRISE
from bot.orders.resolve import Resolver
from bot.ui.language import Interaction, words_of
from bot.ui.words import preset_called
from nst.options import Preset

T = TypeVar("T")
_SIZES: Final = (256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096)


def everywhere(command: T) -> T:
    """Offer a command, or a group of them, in servers and direct messages, to installs of both."""
    app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)(command)
    return app_commands.allowed_installs(guilds=True, users=True)(command)


class OffersPresets(commands.Cog):
    """A cog whose commands have an option for a preset; `offered` are those to choose from."""

    offered: Sequence[Preset]

    async def cog_load(self) -> None:
        """Make the presets that the host offers the choices of the option."""
        choices = [
            Choice(name=app_commands.locale_str(preset.description.template), value=preset.value)
            for preset in self.offered
        ]
        for command in self.walk_app_commands():
            if isinstance(command, app_commands.Command) and command.get_parameter("preset"):
                app_commands.choices(preset=choices)(command)

    def preset_called(self, interaction: Interaction, chosen: str | None) -> Preset | None:
        """Return the preset that somebody chose, maybe before the host offered others."""
        return preset_called(words_of(interaction), chosen, self.offered) if chosen else None


class SuggestsStyles(commands.Cog):
    """A cog whose commands have an option for a style of the shelf."""

    shelf: Shelf

    async def suggest_styles(self, interaction: Interaction, current: str) -> list[Choice[str]]:
        """Suggest styles of the shelf."""
        found = await self.shelf.search(interaction.guild_id, current)
        return [Choice(name=style.name, value=style.name) for style in found]


@dataclass(eq=False)
class SuggestsOptions(OffersPresets, SuggestsStyles):
    """A cog whose commands paint."""

    offered: Sequence[Preset]
    preferences: Preferences
    resolver: Resolver
    shelf: Shelf

    async def suggest_looks(self, interaction: Interaction, current: str) -> list[Choice[str]]:
        """Suggest styles of the shelf, or several of them by chance."""
        found = await self.suggest_styles(interaction, current)
        words = words_of(interaction)
        name = words("Surprise me: four styles to choose from")
        by_chance = [Choice(name=name, value=SURPRISE)]
        is_meant = current.strip().casefold() in name.casefold()
        return (by_chance if is_meant else []) + found[: 25 - is_meant]

    async def suggest_sizes(self, interaction: Interaction, current: str) -> list[Choice[int]]:
        """Suggest usual sizes that the server takes."""
        largest = self.preferences.server(interaction.guild_id).max_size
        return [
            Choice(name=f"{size} px", value=size)
            for size in _SIZES
            if size <= largest and str(size).startswith(str(current).strip())
        ]
