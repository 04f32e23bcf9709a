"""`/my`: what one person prefers, and what the bot keeps of them."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord import ButtonStyle, app_commands
from discord.ext import commands

from backend.erasure import Erased, PersonalData
from backend.errors import NotAllowed, UserError
from backend.i18n import Text, Words, words_for
from backend.jobs.model import ALL, STARRED
from backend.preferences import PersonSettings, Preferences
from backend.records import StoredImage
from bot.actions.explain import whisper
from bot.actions.mine import MyPictures
from bot.actions.registry import ActionSpec
from bot.commands.suggestions import OffersPresets, everywhere
from bot.orders.acknowledgement import patiently
from bot.ui.language import Interaction, words_of
from bot.ui.layouts import below, button
from bot.ui.own_settings import own_settings_text, own_settings_view
from bot.ui.settings import LANGUAGE_NAMES, NONE
from nst.options import MAX_SIZE, MAX_STRENGTH, MIN_SIZE, MIN_STRENGTH, Preset

_OWN: Final = "own"
_LANGUAGES: Final = [
    app_commands.Choice(name="The language of my Discord", value=_OWN),
    *(app_commands.Choice(name=name, value=code) for code, name in LANGUAGE_NAMES.items()),
]
_PREFERRED: Final = ("preset", "strength", "size", "private", "language")
_STYLES: Final = [
    app_commands.Choice(name="keep them, without my name", value="keep"),
    app_commands.Choice(name="delete them too", value="delete"),
]


@everywhere
@dataclass(eq=False)
class Mine(
    OffersPresets,
    commands.GroupCog,
    group_name="my",
    group_description="What is yours in this bot",
):
    """Commands for everyone, everywhere; only who asks sees the answers."""

    preferences: Preferences
    data: PersonalData
    mine: MyPictures
    offered: Sequence[Preset]

    @property
    def actions(self) -> list[ActionSpec]:
        """Return what its buttons and menus do."""
        return [
            ActionSpec("own-(?P<name>preset|strength|size|language)", self._choose),
            ActionSpec("own-private:(?P<to>on|off)", self._switch),
            ActionSpec("own-forget", self._forget),
            ActionSpec("own-reset", self._reset),
            ActionSpec(
                r"erase-(?P<styles>keep|delete):(?P<person>\d{1,20})",
                self._erase,
                for_everybody=True,
            ),
        ]

    @app_commands.command()
    @app_commands.describe(
        preset="What I use if you do not say",
        strength="How much style: 0 is your photo, 100 is all style",
        size="Longest side of the result in pixels",
        language="For everything that I tell you",
        private="Show results to you alone, until you share them",
        reset="Forget all of these first",
    )
    @app_commands.choices(language=_LANGUAGES)
    async def settings(
        self,
        interaction: Interaction,
        preset: str | None = None,
        strength: app_commands.Range[int, MIN_STRENGTH, MAX_STRENGTH] | None = None,
        size: app_commands.Range[int, MIN_SIZE, MAX_SIZE] | None = None,
        language: str | None = None,
        private: bool | None = None,
        reset: bool = False,
    ) -> None:
        """See and change what you prefer; what you leave out stays."""
        user_id = interaction.user.id
        chosen = self.preset_called(interaction, preset)
        given = {"preset": chosen, "strength": strength, "size": size, "private": private}
        values: dict[str, Any] = {k: value for k, value in given.items() if value is not None}
        if reset:
            values = {**dict.fromkeys(_PREFERRED), **values}
        if language is not None:
            values["language"] = None if language == _OWN else language
        if values:
            changing = self.preferences.change_person(user_id, **values)
            settings = await patiently(interaction, changing)
        else:
            settings = await self.preferences.person(user_id)
        text, view = await self._panel(interaction, settings)
        await whisper(interaction, text, view)

    async def _panel(
        self, interaction: Interaction, settings: PersonSettings
    ) -> tuple[str, discord.ui.View]:
        """Return what somebody prefers, and controls to change it."""
        words = words_for(settings.language or interaction.locale.value)  # as it is from now on
        last = settings.last_style
        missing = await self._missing(interaction, last.image) if last else None
        largest = self.preferences.range_of("size")[1]
        view = own_settings_view(words, settings, self.offered, largest)
        return own_settings_text(words, settings, missing), view

    async def _missing(self, interaction: Interaction, style: StoredImage) -> Text | None:
        """Return why a style cannot be painted with here, if it cannot."""
        if not await self.data.store.files.exists(style.file):
            return Text("it is not kept any more")
        try:
            await self.data.shelf.blocks.check(style, interaction.guild_id)
        except UserError:
            return Text("it was taken down here")
        return None

    async def _choose(self, interaction: Interaction, name: str, values: list[str]) -> None:
        value: Any = None if values[0] == NONE else values[0]
        if value and name in {"strength", "size"}:
            value = int(value)
        await self._change(interaction, {name: value})

    async def _switch(self, interaction: Interaction, to: str) -> None:
        await self._change(interaction, {"private": to == "on"})

    async def _forget(self, interaction: Interaction) -> None:
        await self.preferences.forget_style(interaction.user.id)
        await self._change(interaction, {})

    async def _reset(self, interaction: Interaction) -> None:
        await self._change(interaction, dict.fromkeys(_PREFERRED))

    async def _change(self, interaction: Interaction, values: dict[str, Any]) -> None:
        """Change what somebody prefers, and show the panel as it is then."""
        changing = self.preferences.change_person(interaction.user.id, **values)
        settings = await patiently(interaction, changing, thinking=False)
        text, view = await self._panel(interaction, settings)
        if interaction.response.is_done():
            await interaction.edit_original_response(content=text, view=view)
        else:
            await interaction.response.edit_message(content=text, view=view)

    @app_commands.command()
    @app_commands.describe(favourites="Only those with a star")
    async def pictures(self, interaction: Interaction, favourites: bool = False) -> None:
        """See your pictures: find their cards, paint them again, star or delete them."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self.mine.show(interaction, 0, STARRED if favourites else ALL)

    @app_commands.command()
    @app_commands.describe(styles="What happens to the styles that you put on shelves")
    @app_commands.choices(styles=_STYLES)
    async def delete(self, interaction: Interaction, styles: str = "keep") -> None:
        """Delete everything I keep about you: pictures, jobs, settings."""
        words = words_of(interaction)
        yes = button(
            words("Delete my data"), f"erase-{styles}:{interaction.user.id}", ButtonStyle.danger
        )
        await interaction.response.send_message(
            words(
                "This ends what is being painted for you, and deletes your jobs, the pictures that "
                "you sent, the results here and your settings. Messages that are already posted "
                "stay where they are. It cannot be undone."
            ),
            view=below(yes),
            ephemeral=True,
        )

    @app_commands.command()
    async def export(self, interaction: Interaction) -> None:
        """Get everything I keep about you, except the pictures, as a file."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        data = await self.data.export(interaction.user.id)
        text = await asyncio.to_thread(json.dumps, data, indent=2, ensure_ascii=False)
        await interaction.followup.send(
            file=discord.File(io.BytesIO(text.encode()), filename="my-data.json"), ephemeral=True
        )

    async def _erase(self, interaction: Interaction, styles: str, person: str) -> None:
        if interaction.user.id != int(person):  # nobody else sees the message, but who knows
            raise NotAllowed("Only {person} may do this.", person=f"<@{person}>")
        await interaction.response.defer()
        words = words_of(interaction)  # the language from before it is forgotten with the rest
        erased = await self.data.erase(interaction.user.id, with_styles=styles == "delete")
        said = _report(words, erased, with_styles=styles == "delete")
        await interaction.edit_original_response(content=said, view=None)


def _report(words: Words, erased: Erased, *, with_styles: bool) -> str:
    lines = [words.plural("{n} job and its pictures", "{n} jobs and their pictures", erased.jobs)]
    if n := erased.cancelled:
        first = words.plural(
            "{n} of them was cancelled first", "{n} of them were cancelled first", n
        )
        lines.append(first)
    if (n := erased.styles) and with_styles:
        lines.append(words.plural("{n} style", "{n} styles", n))
    elif n:
        lines.append(words.plural("your name on {n} style", "your name on {n} styles", n))
    if erased.settings:
        lines.append(words("your settings and your last style"))
    return "\n".join([f"**{words('Deleted:')}**", *(f"- {line}" for line in lines)])
