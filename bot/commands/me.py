"""`/my`: what one person prefers, and what the bot keeps of them."""

from __future__ import annotations

import asyncio
import io
import json
import re
from typing import Any, Final, Self, cast

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.commands.suggestions import SuggestsPresets
from bot.erasure import Erased, PersonalData
from bot.errors import NotAllowed
from bot.i18n import Text, Words
from bot.jobs.model import JobStyle
from bot.preferences import PersonSettings, Preferences
from bot.settings import Settings
from bot.ui.explain import explain
from bot.ui.language import words_of
from bot.ui.settings import LANGUAGE_NAMES
from bot.ui.words import preset_name, shown
from nst.options import MAX_SIZE, MAX_STRENGTH, MIN_SIZE, MIN_STRENGTH

COG: Final = "Things of one person"
_OWN: Final = "own"
_LANGUAGES: Final = [
    app_commands.Choice(name="The language of my Discord", value=_OWN),
    *(app_commands.Choice(name=name, value=code) for code, name in LANGUAGE_NAMES.items()),
]
_STYLES: Final = [
    app_commands.Choice(name="keep them, without my name", value="keep"),
    app_commands.Choice(name="delete them too", value="delete"),
]


@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
@app_commands.allowed_installs(guilds=True, users=True)
class Mine(
    SuggestsPresets,
    commands.GroupCog,
    group_name="my",
    group_description="What is yours in this bot",
    name=COG,
):
    """For everyone, everywhere; only who asks sees the answers.

    Args:
        preferences: entered by its owner.
        data: finds what is kept of a person.
        host: which presets there are.
    """

    def __init__(self, preferences: Preferences, data: PersonalData, host: Settings) -> None:
        self._preferences = preferences
        self._data = data
        self.offered = host.presets

    async def add_to(self, client: commands.Bot) -> None:
        """Register commands and the button."""
        client.add_dynamic_items(EraseButton)
        await client.add_cog(self)

    @app_commands.command()
    @app_commands.describe(
        preset="What I use if you do not say",
        strength="0 keeps the photo, 100 is all style",
        size="Longest side of the result in pixels",
        language="For everything that I tell you",
        private="Show results to you alone, until you share them",
        reset="Forget all of these first",
    )
    @app_commands.choices(language=_LANGUAGES)
    @app_commands.autocomplete(preset=SuggestsPresets.suggest_presets)
    async def settings(
        self,
        interaction: discord.Interaction[Any],
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
            settings = await self._preferences.change_person(user_id, **values)
        else:
            settings = await self._preferences.person(user_id)
        words = words_of(interaction)
        await interaction.response.send_message(_summary(words, settings), ephemeral=True)

    @app_commands.command()
    @app_commands.describe(styles="What happens to the styles that you put on shelves")
    @app_commands.choices(styles=_STYLES)
    async def delete(self, interaction: discord.Interaction[Any], styles: str = "keep") -> None:
        """Delete everything I keep about you: pictures, jobs, settings."""
        words = words_of(interaction)
        view = ui.View(timeout=None)
        view.add_item(EraseButton(words, interaction.user.id, with_styles=styles == "delete"))
        view.stop()
        await interaction.response.send_message(
            words(
                "This ends what is being painted for you, and deletes your jobs, the pictures that "
                "you sent, the results here and your settings. Messages that are already posted "
                "stay where they are. It cannot be undone."
            ),
            view=view,
            ephemeral=True,
        )

    @app_commands.command()
    async def export(self, interaction: discord.Interaction[Any]) -> None:
        """Get everything I keep about you, except the pictures, as a file."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        data = await self._data.export(interaction.user.id)
        text = await asyncio.to_thread(json.dumps, data, indent=2, ensure_ascii=False)
        await interaction.followup.send(
            file=discord.File(io.BytesIO(text.encode()), filename="my-data.json"), ephemeral=True
        )

    async def erase(self, interaction: discord.Interaction[Any], *, with_styles: bool) -> None:
        """Delete what is kept of who pressed, and say what that was."""
        await interaction.response.defer()
        words = words_of(interaction)  # in a language that is forgotten with the rest
        erased = await self._data.erase(interaction.user.id, with_styles=with_styles)
        said = _report(words, erased, with_styles=with_styles)
        await interaction.edit_original_response(content=said, view=None)


class EraseButton(
    ui.DynamicItem[ui.Button[Any]], template=r"erase-(?P<styles>keep|delete):(?P<person>\d{1,20})"
):
    """Yes, delete what is kept of me; of the person who was asked, and nobody else."""

    def __init__(self, words: Words, user_id: int, *, with_styles: bool) -> None:
        super().__init__(
            ui.Button(
                label=words("Delete my data"),
                style=discord.ButtonStyle.danger,
                custom_id=f"erase-{'delete' if with_styles else 'keep'}:{user_id}",
            )
        )
        self._user_id = user_id
        self._with_styles = with_styles

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],
        item: ui.Item[Any],  # noqa: ARG003 - discord.py's signature
        match: re.Match[str],
    ) -> Self:
        """Build the button from what was pressed."""
        words = words_of(interaction)
        return cls(words, int(match["person"]), with_styles=match["styles"] == "delete")

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Delete."""
        cog = cast("Mine", interaction.client.get_cog(COG))
        try:
            _check_is(interaction, self._user_id)
            await cog.erase(interaction, with_styles=self._with_styles)
        except Exception as error:
            await explain(interaction, error)


def _check_is(interaction: discord.Interaction[Any], user_id: int) -> None:
    """Nobody else can see the message, but who knows."""
    if interaction.user.id != user_id:
        raise NotAllowed("Only {person} may do this.", person=f"<@{user_id}>")


def _summary(words: Words, settings: PersonSettings) -> str:
    unset = words("not set")
    last = settings.last_style
    language = settings.language and LANGUAGE_NAMES[settings.language]
    facts: list[tuple[Text, object]] = [
        (
            Text("Preset: {value}"),
            unset if settings.preset is None else preset_name(words, settings.preset),
        ),
        (Text("Strength: {value}"), unset if settings.strength is None else settings.strength),
        (Text("Size: {value}"), f"{settings.size} px" if settings.size else unset),
        (Text("Language: {value}"), language or unset),
        (Text("Results: {value}"), words("for me alone") if settings.private else words("public")),
        (Text("Last style: {value}"), _quoted(words, last) if last else unset),
    ]
    lines = [words(Text(template, value=str(value))) for template, value in facts]
    return "\n".join([f"**{words('What you prefer')}**", *(f"- {line}" for line in lines)])


def _quoted(words: Words, style: JobStyle) -> str:
    return words("“{name}”", name=shown(style.image.filename))


def _report(words: Words, erased: Erased, *, with_styles: bool) -> str:
    lines = [words.plural("{n} job and its pictures", "{n} jobs and their pictures", erased.jobs)]
    if erased.cancelled:
        lines.append(
            words.plural(
                "{n} of them was cancelled first",
                "{n} of them were cancelled first",
                erased.cancelled,
            )
        )
    if erased.styles and with_styles:
        lines.append(words.plural("{n} style", "{n} styles", erased.styles))
    elif erased.styles:
        lines.append(
            words.plural("your name on {n} style", "your name on {n} styles", erased.styles)
        )
    if erased.settings:
        lines.append(words("your settings and your last style"))
    return "\n".join([f"**{words('Deleted:')}**", *(f"- {line}" for line in lines)])
