"""`/settings`: what a server decides (Manage Server)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from backend.errors import Problems, SettingRefused, UserError
from backend.i18n import words_for
from backend.preferences import Preferences, ServerSettings
from backend.preferences.model import MAX_COOLDOWN, NUMBERS
from bot.actions.posting import post
from bot.actions.registry import ActionSpec
from bot.actions.rights import check_manager, guild_of
from bot.commands.suggestions import OffersPresets
from bot.orders.acknowledgement import patiently
from bot.ui.form import FormLayout, Submission
from bot.ui.forms import numbers_form
from bot.ui.language import Interaction, public_locale_of, words_of
from bot.ui.settings import LANGUAGE_NAMES, NONE, SWITCHES, settings_view
from nst.options import MAX_SIZE, MIN_SIZE, Preset

_LANGUAGES: Final = [
    app_commands.Choice(name=name, value=language) for language, name in LANGUAGE_NAMES.items()
]
_MANY: Final = 1000


class _AnyChannel(app_commands.Transformer):
    """A channel of any kind: Discord's description of its API does not know media channels yet."""

    @property
    def type(self) -> discord.AppCommandOptionType:
        """Return the kind of the option."""
        return discord.AppCommandOptionType.channel

    async def transform(self, _: Interaction, value: Any, /) -> Any:
        """Return the channel, of which the id is all that is wanted."""
        return value


_Channel = app_commands.Transform[app_commands.AppCommandChannel, _AnyChannel]


@app_commands.default_permissions(manage_guild=True)
@app_commands.guild_only()
@dataclass(eq=False)
class ServerSettingsCog(
    OffersPresets,
    commands.GroupCog,
    group_name="settings",
    group_description="What this server wants from the bot",
):
    """Commands to see and change settings; only who asks sees the answers."""

    preferences: Preferences
    offered: Sequence[Preset]

    @property
    def actions(self) -> list[ActionSpec]:
        """Return what the controls of the panel do."""
        switch = rf"set-(?P<name>{'|'.join(SWITCHES)}):(?P<to>on|off)"
        return [
            ActionSpec(switch, self._switch, may=check_manager),
            ActionSpec("set-(?P<name>channels|preset|language)", self._choose, may=check_manager),
            # Forms of older versions are called as behind the bar.
            ActionSpec("set-numbers|numbers", self._numbers_form, may=check_manager, is_form=True),
        ]

    @app_commands.command()
    async def show(self, interaction: Interaction) -> None:
        """See all settings of this server, with controls to change them."""
        check_manager(interaction)
        await interaction.response.send_message(view=self._panel(interaction), ephemeral=True)

    @app_commands.command()
    @app_commands.describe(
        max_size="Largest size of a picture, in pixels",
        per_person="How many pictures one person may have waiting or in progress",
        per_server="How many pictures the whole server may have waiting or in progress",
        cooldown="Seconds between two pictures of one person",
        max_frames="Most frames of a film; 1 paints films as pictures",
        preset="What is used if a person does not say",
        spoiler="Hide pictures until somebody clicks on them",
        age_restricted_only="Work in age-restricted channels only",
        shelf_approval="Moderators look at new styles before they can be used",
        language="For everybody in this server",
    )
    @app_commands.choices(language=_LANGUAGES)
    async def change(  # noqa: PLR0913, PLR0917 - discord.py makes an option of each argument
        self,
        interaction: Interaction,
        max_size: app_commands.Range[int, MIN_SIZE, MAX_SIZE] | None = None,
        per_person: app_commands.Range[int, 1, _MANY] | None = None,
        per_server: app_commands.Range[int, 1, _MANY] | None = None,
        cooldown: app_commands.Range[int, 0, MAX_COOLDOWN] | None = None,
        max_frames: app_commands.Range[int, 1, _MANY] | None = None,
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
            "max_frames": max_frames,
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
        self, interaction: Interaction, channel: _Channel, allowed: bool = True
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
        interaction: Interaction,
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
    @app_commands.describe(
        channel="Where moderators read them; leave it out and pictures cannot be reported any more"
    )
    async def reports(self, interaction: Interaction, channel: _Channel | None = None) -> None:
        """Choose where reports of pictures go, from the menu of messages."""
        check_manager(interaction)
        if channel:
            words = words_for(public_locale_of(interaction))
            said = words("Reports of pictures are shown here.")
            await patiently(interaction, post(interaction, channel.id, said))
        await self._change(interaction, {"report_channel": channel and channel.id})

    @app_commands.command()
    async def reset(self, interaction: Interaction) -> None:
        """Forget all settings of this server: the host's defaults apply again."""
        await self._change(interaction, dict.fromkeys(ServerSettings.__slots__))

    async def _switch(self, interaction: Interaction, name: str, to: str) -> None:
        await self._change(interaction, {name: to == "on"})

    async def _choose(self, interaction: Interaction, name: str, values: list[str]) -> None:
        value: Any = values[0] if values and values[0] != NONE else None
        if name == "channels":
            value = [int(each) for each in values] or None
        await self._change(interaction, {name: value})

    async def _numbers_form(self, interaction: Interaction) -> FormLayout:
        return numbers_form(words_of(interaction), self._current(interaction), self._set_numbers)

    async def _set_numbers(self, interaction: Interaction, filled: Submission) -> None:
        values, problems, current = dict[str, int | None](), Problems(), self._current(interaction)
        for name in NUMBERS:
            if filled.text(name) == str(getattr(current, name)):
                continue  # what nobody changed goes on following the host's
            with problems.noted():
                values[name] = _number(filled, name, *self.preferences.range_of(name))
        with problems.noted():
            self.preferences.check(values)
        problems.check()
        await self._change(interaction, values)

    async def _change(self, interaction: Interaction, values: dict[str, Any]) -> None:
        """Change settings, and show the panel as it is then: the one that was used, or another."""
        check_manager(interaction)
        message = interaction.message
        is_on_panel = message is not None and message.flags.components_v2
        changing = self.preferences.change_server(guild_of(interaction), **values)
        await patiently(interaction, changing, thinking=not is_on_panel)
        panel = self._panel(interaction)
        if interaction.response.is_done():
            await interaction.edit_original_response(view=panel)
        elif is_on_panel:
            await interaction.response.edit_message(view=panel)
        else:  # of a command, or of a form that was opened again below a refusal
            await interaction.response.send_message(view=panel, ephemeral=True)

    def _current(self, interaction: Interaction) -> ServerSettings:
        return self.preferences.server(interaction.guild_id)

    def _panel(self, interaction: Interaction) -> discord.ui.LayoutView:
        words = words_of(interaction)
        return settings_view(words, self._current(interaction), self.offered)


def _number(filled: Submission, name: str, low: int, high: int) -> int | None:
    """Return the number that somebody typed into a field, or None to reset it."""
    typed = filled.text(name).strip()
    if typed and not typed.isdecimal():  # in any script; `int` reads them all
        raise SettingRefused(
            "“{what}” has to be a whole number from {low} to {high}.",
            what=NUMBERS[name],
            low=low,
            high=high,
        )
    return int(typed) if typed else None
