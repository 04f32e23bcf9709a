"""`/stylize`: from attachments to a queued job and its card."""

from __future__ import annotations

from typing import Any, Final

import discord
from discord import app_commands

from bot.commands.suggestions import SuggestsOptions
from bot.orders import Orders
from bot.orders.attachments import attachment
from bot.orders.images import RequestedImages
from bot.orders.resolve import RequestedOptions, Resolver
from bot.shelf import Shelf
from nst.options import (
    MAX_SEED,
    MAX_SIZE,
    MAX_STRENGTH,
    MIN_SIZE,
    MIN_STRENGTH,
)

_MAX_CHOICES: Final = 25


class Stylize(SuggestsOptions):
    """The command that everything is about.

    Args:
        resolver: writes the orders.
        orders: knows what the host and the server offer.
        shelf: suggests styles.
    """

    def __init__(self, *, resolver: Resolver, orders: Orders, shelf: Shelf) -> None:
        self._resolver = resolver
        super().__init__(orders)
        self._shelf = shelf

    @app_commands.command()
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.describe(
        content="The photo to paint",
        style="A picture whose look you like",
        style_name="A style of the shelf, instead of a picture of your own",
        style2="A second style, mixed with the first",
        style3="A third style",
        mask="White where to paint, black where the photo stays",
        preset="How much patience the picture is worth",
        strength="0 keeps the photo, 100 is all style; 50 if you leave it out",
        size="Longest side of the result in pixels",
        colours="Whose colours the picture has",
        seed="The same number repeats a picture exactly; leave it out for a new take",
        sheet="Four small pictures first, at four strengths to choose from",
        private="Only you see it, until you share it",
        spoiler="Hidden until somebody clicks on it",
    )
    @app_commands.autocomplete(
        preset=SuggestsOptions.suggest_presets,
        colours=SuggestsOptions.suggest_colours,
    )
    @app_commands.autocomplete(size=SuggestsOptions.suggest_sizes)
    async def stylize(  # noqa: PLR0913, PLR0917 - each parameter is an option of the command
        self,
        interaction: discord.Interaction[Any],
        content: discord.Attachment,
        style: discord.Attachment | None = None,
        style_name: app_commands.Range[str, 1, 100] | None = None,
        style2: discord.Attachment | None = None,
        style3: discord.Attachment | None = None,
        mask: discord.Attachment | None = None,
        preset: str | None = None,
        strength: app_commands.Range[int, MIN_STRENGTH, MAX_STRENGTH] | None = None,
        size: app_commands.Range[int, MIN_SIZE, MAX_SIZE] | None = None,
        colours: str | None = None,
        seed: app_commands.Range[int, 0, MAX_SEED] | None = None,
        sheet: bool = False,
        private: bool | None = None,
        spoiler: bool | None = None,
    ) -> None:
        """Paint a photo in the style of a picture."""
        requested = RequestedOptions(
            preset=preset,
            strength=strength,
            size=size,
            colours=colours,
            seed=seed,
            sheet=sheet,
            private=private,
            spoiler=spoiler,
        )
        pictures = RequestedImages(
            content=attachment(content),
            styles=[attachment(one) for one in (style, style2, style3) if one],
            names=[style_name] if style_name else [],
            mask=attachment(mask) if mask else None,
        )
        await self._resolver.order(interaction, requested, pictures)

    @stylize.autocomplete("style_name")
    async def _suggest_styles(
        self, interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[str]]:
        found = await self._shelf.search(interaction.guild_id, current, _MAX_CHOICES)
        return [app_commands.Choice(name=style.name, value=style.name) for style in found]
