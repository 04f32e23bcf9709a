"""`/stylize`: from attachments to a queued job and its card."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import UserError
from bot.i18n import Text
from bot.preferences import PersonSettings, Preferences, ServerSettings
from bot.shelf import Shelf
from bot.studio import Order, Reception, Supplies
from bot.studio.order import SHEET_STRENGTHS
from bot.studio.pictures import attachment
from bot.studio.styles import Wanted, Wardrobe
from bot.studio.variations import new_seed
from bot.ui.language import words_of
from bot.ui.words import colours_name
from nst.options import (
    MAX_SEED,
    MAX_SIZE,
    MAX_STRENGTH,
    MIN_SIZE,
    MIN_STRENGTH,
    Colours,
    Options,
    Preset,
)

_PREFERENCE_SECONDS: Final = 0.5  # of the three that the acknowledgement has
_STRENGTH: Final = 50
_MAX_CHOICES: Final = 25
_SIZES: Final = (256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096)
_PRESETS: Final = {
    Preset.DRAFT: Text("draft: a quick look"),
    Preset.STANDARD: Text("standard: good and fast"),
    Preset.FINE: Text("fine: more strokes, takes longer"),
    Preset.REFERENCE: Text("reference: the classic recipe, very slow"),
}


class Stylize(commands.Cog):
    """The command that everything is about.

    Args:
        reception: takes the orders.
        wardrobe: gets the pictures in.
        shelf: suggests styles.
        preferences: what people prefer.
    """

    def __init__(
        self, *, reception: Reception, wardrobe: Wardrobe, shelf: Shelf, preferences: Preferences
    ) -> None:
        self._reception = reception
        self._menu = reception.menu
        self._wardrobe = wardrobe
        self._shelf = shelf
        self._preferences = preferences

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
        server = self._reception.settings(interaction)
        person = await self._person(interaction.user.id)
        options = Options(
            preset=self._preset(preset) or person.preset or server.preset,
            strength=_first(strength, person.strength, _STRENGTH),
            size=_size(size, server)
            or min(person.size or self._menu.default_size, server.max_size),
            colours=_colours(colours),
            seed=new_seed() if seed is None else seed,
        )
        uploads = [attachment(one) for one in (style, style2, style3) if one]
        wanted = Wanted(
            content=attachment(content),
            styles=uploads,
            names=[style_name] if style_name else [],
            mask=attachment(mask) if mask else None,
        )

        async def gather() -> Supplies:
            return await self._wardrobe.gather(
                wanted, user_id=interaction.user.id, guild_id=interaction.guild_id
            )

        order = Order(
            options=options,
            gather=gather,
            private=person.private if private is None else private,
            spoiler=server.spoiler if spoiler is None else spoiler,
            strengths=SHEET_STRENGTHS if sheet else (),
        )
        await self._reception.take(interaction, order)

    @stylize.autocomplete("preset")
    async def _suggest_presets(
        self, interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[str]]:
        words = words_of(interaction)
        names = {preset: words(_PRESETS[preset]) for preset in self._menu.presets}
        typed = current.strip().lower()
        return [
            app_commands.Choice(name=name, value=preset.value)
            for preset, name in names.items()
            if typed in name.lower() or typed in preset.value
        ]

    @stylize.autocomplete("colours")
    async def _suggest_colours(
        self, interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[str]]:
        words = words_of(interaction)
        names = {colours: colours_name(words, colours) for colours in Colours}
        typed = current.strip().lower()
        return [
            app_commands.Choice(name=name, value=colours.value)
            for colours, name in names.items()
            if typed in name.lower() or typed in colours.value
        ]

    @stylize.autocomplete("style_name")
    async def _suggest_styles(
        self, interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[str]]:
        found = await self._shelf.search(interaction.guild_id, current, _MAX_CHOICES)
        return [app_commands.Choice(name=style.name, value=style.name) for style in found]

    @stylize.autocomplete("size")
    async def _suggest_sizes(
        self, interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[int]]:
        typed = str(current).strip()
        largest = self._reception.settings(interaction).max_size
        return [
            app_commands.Choice(name=f"{size} px", value=size)
            for size in _SIZES
            if size <= largest and str(size).startswith(typed)
        ]

    async def _person(self, user_id: int) -> PersonSettings:
        """What somebody prefers; a slow disk must not keep them waiting for the first answer."""
        try:
            async with asyncio.timeout(_PREFERENCE_SECONDS):
                return await asyncio.shield(self._preferences.person(user_id))
        except TimeoutError:
            return PersonSettings()

    def _preset(self, name: str | None) -> Preset | None:
        if name is None:
            return None
        offered = {preset.value: preset for preset in self._menu.presets}
        if name not in offered:
            raise UserError(
                "There is no preset “{name}” here; choose one of {names}.",
                name=discord.utils.escape_markdown(name[:40]),
                names=", ".join(offered),
            )
        return offered[name]


def _first(*numbers: int | None) -> int:
    """The first that is one."""
    return next(number for number in numbers if number is not None)


def _size(size: int | None, server: ServerSettings) -> int | None:
    if size is not None and size > server.max_size:
        raise UserError(
            "{size} px is too large for this bot: choose a size up to {limit}.",
            size=size,
            limit=server.max_size,
        )
    return size


def _colours(name: str | None) -> Colours:
    if name is None:
        return Colours.STYLE
    if name not in {colours.value for colours in Colours}:
        raise UserError(
            "There are no colours called “{name}”; choose one of {names}.",
            name=discord.utils.escape_markdown(name[:40]),
            names=", ".join(colours.value for colours in Colours),
        )
    return Colours(name)
