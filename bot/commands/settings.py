"""`/settings`: what a server decides (Manage Server)."""

from __future__ import annotations

import re
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.commands.suggestions import SuggestsPresets
from bot.errors import NotAllowed, SettingRefused, UserError
from bot.preferences import Preferences, ServerSettings
from bot.preferences.model import MAX_COOLDOWN, NUMBERS
from bot.settings import Settings
from bot.ui.explain import explain
from bot.ui.forms import Form, Forms
from bot.ui.language import words_of
from bot.ui.settings import COG, CONTROLS, LANGUAGE_NAMES, NumbersForm, settings_view
from nst.options import MAX_SIZE, MIN_SIZE

_LANGUAGES: Final = [
    app_commands.Choice(name=name, value=language) for language, name in LANGUAGE_NAMES.items()
]
_MANY: Final = 1000
_NUMBERS: Final = "numbers"


@app_commands.default_permissions(manage_guild=True)
@app_commands.guild_only()
class ServerSettingsCog(
    SuggestsPresets,
    commands.GroupCog,
    group_name="settings",
    group_description="What this server wants from the bot",
    name=COG,
):
    """Shows and changes settings; only who asks sees the answers.

    Args:
        preferences: entered by its owner.
        host: which presets there are.
        forms: gets the form with the numbers.
    """

    def __init__(self, preferences: Preferences, host: Settings, forms: Forms) -> None:
        self._preferences = preferences
        self.offered = host.presets
        self._forms = forms
        forms.add(_NUMBERS, self._numbers_form)

    async def add_to(self, client: commands.Bot) -> None:
        """Register commands and controls."""
        client.add_dynamic_items(*CONTROLS)
        await client.add_cog(self)

    @app_commands.command()
    async def show(self, interaction: discord.Interaction[Any]) -> None:
        """See all settings of this server, with controls to change them."""
        _check_manager(interaction)
        await interaction.response.send_message(view=self._panel(interaction), ephemeral=True)

    @app_commands.command()
    @app_commands.describe(
        max_size="Largest size of a picture, in pixels",
        per_person="How many pictures one person may have waiting or in progress",
        per_server="How many pictures the whole server may have waiting or in progress",
        cooldown="Seconds between two pictures of one person",
        preset="What is used if a person does not say",
        spoiler="Hide pictures until somebody clicks on them",
        age_restricted_only="Work in age-restricted channels only",
        shelf_approval="Moderators look at new styles before they can be used",
        language="For everybody in this server",
    )
    @app_commands.choices(language=_LANGUAGES)
    @app_commands.autocomplete(preset=SuggestsPresets.suggest_presets)
    async def change(  # noqa: PLR0913, PLR0917 - discord.py makes an option of each argument
        self,
        interaction: discord.Interaction[Any],
        max_size: app_commands.Range[int, MIN_SIZE, MAX_SIZE] | None = None,
        per_person: app_commands.Range[int, 1, _MANY] | None = None,
        per_server: app_commands.Range[int, 1, _MANY] | None = None,
        cooldown: app_commands.Range[int, 0, MAX_COOLDOWN] | None = None,
        preset: str | None = None,
        spoiler: bool | None = None,
        age_restricted_only: bool | None = None,
        shelf_approval: bool | None = None,
        language: str | None = None,
    ) -> None:
        """Change settings of this server; what you leave out stays."""
        given = {
            "max_size": max_size,
            "jobs_per_person": per_person,
            "jobs_per_server": per_server,
            "cooldown": cooldown,
            "preset": self.preset_called(interaction, preset),
            "spoiler": spoiler,
            "age_restricted_only": age_restricted_only,
            "shelf_approval": shelf_approval,
            "language": language,
        }
        values = {name: value for name, value in given.items() if value is not None}
        if not values:
            raise UserError("Say what to change, or use `/settings show`.")
        await self._change(interaction, values)

    @app_commands.command()
    @app_commands.describe(
        channel="A channel to allow or to take out of the list", allowed="Whether I may paint there"
    )
    async def channel(
        self,
        interaction: discord.Interaction[Any],
        channel: discord.TextChannel,
        allowed: bool = True,
    ) -> None:
        """Allow a channel: from the first one on, I paint in allowed channels only."""
        channels = [one for one in self._current(interaction).channels if one != channel.id]
        if allowed:
            channels.append(channel.id)
        await self._change(interaction, {"channels": channels or None})

    @app_commands.command()
    @app_commands.describe(
        role="Whose members may have more",
        pictures="How many each may have waiting or in progress; leave it out to forget the role",
    )
    async def role(
        self,
        interaction: discord.Interaction[Any],
        role: discord.Role,
        pictures: app_commands.Range[int, 1, _MANY] | None = None,
    ) -> None:
        """Let people with a role have more pictures at a time."""
        known = {str(one): jobs for one, jobs in self._current(interaction).role_jobs.items()}
        known.pop(str(role.id), None)
        if pictures is not None:
            known[str(role.id)] = pictures
        await self._change(interaction, {"role_jobs": known or None})

    @app_commands.command()
    async def reset(self, interaction: discord.Interaction[Any]) -> None:
        """Forget all settings of this server: the host's defaults apply again."""
        await self._change(interaction, dict.fromkeys(ServerSettings.__slots__))

    async def ask_numbers(self, interaction: discord.Interaction[Any]) -> None:
        """Open the form with the numbers."""
        try:
            await self._forms.open(interaction, _NUMBERS)
        except Exception as error:
            await explain(interaction, error)

    async def apply(self, interaction: discord.Interaction[Any], values: dict[str, Any]) -> None:
        """Change settings by a control of the panel, and show the panel as it is then."""
        try:
            await self._apply(interaction, values)
        except Exception as error:
            await explain(interaction, error)

    async def _apply(self, interaction: discord.Interaction[Any], values: dict[str, Any]) -> None:
        _check_manager(interaction)
        await self._preferences.change_server(_guild(interaction), **_as_numbers(values))
        panel, message = self._panel(interaction), interaction.message
        if message and message.flags.components_v2:
            await interaction.response.edit_message(view=panel)
        else:  # the form was opened again below a refusal
            await interaction.response.send_message(view=panel, ephemeral=True)

    async def _numbers_form(
        self, interaction: discord.Interaction[Any], _match: re.Match[str]
    ) -> Form:
        _check_manager(interaction)
        return NumbersForm(words_of(interaction), self._current(interaction), self._apply)

    async def _change(self, interaction: discord.Interaction[Any], values: dict[str, Any]) -> None:
        _check_manager(interaction)
        await self._preferences.change_server(_guild(interaction), **values)
        await interaction.response.send_message(view=self._panel(interaction), ephemeral=True)

    def _current(self, interaction: discord.Interaction[Any]) -> ServerSettings:
        return self._preferences.server(interaction.guild_id)

    def _panel(self, interaction: discord.Interaction[Any]) -> discord.ui.LayoutView:
        words = words_of(interaction)
        return settings_view(words, self._current(interaction), self.offered)


def _as_numbers(values: dict[str, Any]) -> dict[str, Any]:
    """What people typed into the form as numbers.

    Raises:
        SettingRefused: one is not a number.
    """
    numbers = dict(values)
    for name in NUMBERS:
        typed = values.get(name)
        if typed is None:
            continue
        if not typed.isdecimal():  # in any script; `int` reads them all
            raise SettingRefused("“{what}” has to be a whole number.", what=NUMBERS[name])
        numbers[name] = int(typed)
    return numbers


def _check_manager(interaction: discord.Interaction[Any]) -> None:
    """Discord shows the commands to managers only, but servers may decide otherwise."""
    if not interaction.permissions.manage_guild:
        raise NotAllowed("Only people who may manage this server (Manage Server) may do this.")


def _guild(interaction: discord.Interaction[Any]) -> int:
    if interaction.guild_id is None:
        raise UserError("This works in servers only.")
    return interaction.guild_id
