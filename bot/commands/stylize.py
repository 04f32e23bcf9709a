"""`/stylize`: from attachments to a queued job and its card."""

from __future__ import annotations

from dataclasses import replace

import discord
from discord import app_commands
from discord.app_commands import Range

from backend.intake import Attachment
from bot.commands.options import with_options
from bot.commands.suggestions import SuggestsOptions, everywhere
from bot.orders.images import RequestedImages
from bot.orders.options import RequestedOptions
from bot.ui.language import Interaction


class Stylize(SuggestsOptions):
    """The command that everything is about."""

    @app_commands.command()
    @everywhere
    @app_commands.describe(
        content="The photo to paint",
        style="A picture whose look you like",
        style_name="Or a style from this server's shelf",
        style2="A second style to mix in",
        style3="A third style to mix in",
        mask="A black-and-white picture: white parts are painted, black parts stay",
        sheet="First see four small ones, from little to much style, and pick one",
    )
    @app_commands.autocomplete(style_name=SuggestsOptions.suggest_looks)
    @with_options
    async def stylize(  # noqa: PLR0913 - each parameter is an option of the command
        self,
        interaction: Interaction,
        content: discord.Attachment,
        style: discord.Attachment | None = None,
        style_name: Range[str, 1, 100] | None = None,
        style2: discord.Attachment | None = None,
        style3: discord.Attachment | None = None,
        mask: discord.Attachment | None = None,
        sheet: bool = False,
        *,
        requested: RequestedOptions,
    ) -> None:
        """Paint a photo in the style of a picture."""
        images = RequestedImages(
            content=Attachment.of(content),
            styles=[Attachment.of(one) for one in (style, style2, style3) if one],
            names=[style_name] if style_name else [],
            mask=Attachment.of(mask) if mask else None,
        )
        await self.resolver.order(interaction, replace(requested, sheet=sheet), images)
