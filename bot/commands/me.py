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

from bot.actions.explain import patiently, whisper
from bot.actions.mine import MyPictures
from bot.actions.registry import ActionSpec
from bot.commands.suggestions import OffersPresets, everywhere
from bot.erasure import Erased, PersonalData
from bot.errors import NotAllowed
from bot.i18n import Text, Words, words_for
from bot.jobs.model import ALL, STARRED
from bot.preferences import PersonSettings, Preferences
from bot.ui.language import Interaction, words_of
from bot.ui.layouts import below, button
from bot.ui.settings import LANGUAGE_NAMES
from bot.ui.words import preset_name, quoted
from nst.options import MAX_SIZE, MAX_STRENGTH, MIN_SIZE, MIN_STRENGTH, Preset

_OWN: Final = "own"
_LANGUAGES: Final = [
    app_commands.Choice(name="The language of my Discord", value=_OWN),
    *(app_commands.Choice(name=name, value=code) for code, name in LANGUAGE_NAMES.items()),
]
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
        """Return what its button does."""
        return [
            ActionSpec(
                r"erase-(?P<styles>keep|delete):(?P<person>\d{1,20})",
                self._erase,
                for_everybody=True,
            )
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
            values = {**dict.fromkeys((*given, "language")), **values}
        if language is not None:
            values["language"] = None if language == _OWN else language
        if values:
            changing = self.preferences.change_person(user_id, **values)
            settings = await patiently(interaction, changing)
        else:
            settings = await self.preferences.person(user_id)
        words = words_for(settings.language or interaction.locale.value)  # as it is from now on
        await whisper(interaction, _summary(words, settings))

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


def _summary(words: Words, settings: PersonSettings) -> str:
    unset = words("not set")
    preset, strength, last = settings.preset, settings.strength, settings.last_style
    language = settings.language and LANGUAGE_NAMES[settings.language]
    facts: list[tuple[Text, object]] = [
        (Text("Preset: {value}"), preset_name(words, preset) if preset else unset),
        (Text("Strength: {value}"), unset if strength is None else strength),
        (Text("Size: {value}"), f"{settings.size} px" if settings.size else unset),
        (Text("Language: {value}"), language or unset),
        (Text("Results: {value}"), words("for me alone") if settings.private else words("public")),
        (Text("Last style: {value}"), quoted(words, last.image.filename) if last else unset),
    ]
    lines = [words(Text(template, value=str(value))) for template, value in facts]
    return "\n".join([f"**{words('What you prefer')}**", *(f"- {line}" for line in lines)])


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
