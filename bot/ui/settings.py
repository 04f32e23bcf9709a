"""The panel of `/settings show`: every setting of a server, each with a control to change it.

Controls are dynamic items, so that a panel works for ever, after restarts too.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol, Self, cast

import discord
from discord import ui

from bot.i18n import LANGUAGES, Text, Words
from bot.preferences import ServerSettings
from bot.preferences.model import MAX_CHANNELS, NUMBERS
from bot.ui.forms import Form
from bot.ui.language import words_of
from bot.ui.words import preset_name
from nst.options import Preset

Apply = Callable[[discord.Interaction[Any], dict[str, Any]], Awaitable[None]]
"""Changes settings and shows the panel as it is then."""

COG: Final = "Settings of servers"
"""The name under which the client knows the cog."""

LANGUAGE_NAMES: Final[Mapping[str, str]] = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "pt_BR": "Português do Brasil",
    "ja": "日本語",
}
SWITCHES: Final[Mapping[str, Text]] = {
    "spoiler": Text("Spoiler by default"),
    "age_restricted_only": Text("Age-restricted channels only"),
    "shelf_approval": Text("New styles need approval"),
}
_TEAL: Final = discord.Colour(0x2FA8A0)
_NONE: Final = "none"


class SettingsActions(Protocol):
    """The cog behind the controls."""

    async def apply(self, interaction: discord.Interaction[Any], values: dict[str, Any]) -> None:
        """Change settings and show the panel as it is then."""
        ...

    async def ask_numbers(self, interaction: discord.Interaction[Any]) -> None:
        """Open the form with the numbers."""
        ...


def _actions(interaction: discord.Interaction[Any]) -> SettingsActions:
    return cast("SettingsActions", interaction.client.get_cog(COG))


class Switch(
    ui.DynamicItem[ui.Button[Any]],
    template=rf"set-(?P<name>{'|'.join(SWITCHES)}):(?P<to>on|off)",
):
    """Turns one thing on or off."""

    def __init__(self, name: str, words: Words, *, is_on: bool) -> None:
        state = words("on") if is_on else words("off")
        super().__init__(
            ui.Button(
                label=words("{name}: {value}", name=SWITCHES[name], value=state),
                style=discord.ButtonStyle.success if is_on else discord.ButtonStyle.secondary,
                custom_id=f"set-{name}:{'off' if is_on else 'on'}",
            )
        )
        self._name = name
        self._to = not is_on

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],
        item: ui.Item[Any],  # noqa: ARG003 - discord.py's signature
        match: re.Match[str],
    ) -> Self:
        """Build the button from what was pressed."""
        is_on = match["to"] == "off"
        return cls(match["name"], words_of(interaction), is_on=is_on)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Turn it."""
        await _actions(interaction).apply(interaction, {self._name: self._to})


class Channels(ui.DynamicItem[ui.ChannelSelect[Any]], template=r"set-channels"):
    """Chooses where the bot may be used."""

    def __init__(self, words: Words, channels: Sequence[int] = ()) -> None:
        super().__init__(
            ui.ChannelSelect(
                custom_id="set-channels",
                placeholder=words("Everywhere"),
                channel_types=[discord.ChannelType.text, discord.ChannelType.forum],
                min_values=0,
                max_values=MAX_CHANNELS,
                default_values=[
                    discord.SelectDefaultValue(
                        id=channel, type=discord.SelectDefaultValueType.channel
                    )
                    for channel in channels
                ],
            )
        )

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],
        item: ui.Item[Any],  # noqa: ARG003 - discord.py's signature
        match: re.Match[str],  # noqa: ARG003
    ) -> Self:
        """Build the select menu from what was chosen."""
        return cls(words_of(interaction))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Store the choice."""
        chosen = [channel.id for channel in self.item.values]
        await _actions(interaction).apply(interaction, {"channels": chosen or None})


class Choice(ui.DynamicItem[ui.Select[Any]], template=r"set-(?P<name>preset|language)"):
    """Chooses the default preset or the language."""

    def __init__(self, name: str, options: Sequence[discord.SelectOption]) -> None:
        super().__init__(ui.Select(custom_id=f"set-{name}", options=list(options)))
        self._name = name

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],  # noqa: ARG003 - discord.py's signature
        item: ui.Item[Any],
        match: re.Match[str],
    ) -> Self:
        """Build the select menu from what was chosen."""
        options = item.options if isinstance(item, ui.Select) else []
        return cls(match["name"], options)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Store the choice."""
        value = self.item.values[0]
        await _actions(interaction).apply(
            interaction, {self._name: None if value == _NONE else value}
        )


class NumbersButton(ui.DynamicItem[ui.Button[Any]], template=r"set-numbers"):
    """Opens the form with the numbers."""

    def __init__(self, words: Words) -> None:
        super().__init__(ui.Button(label=words("Change the limits"), custom_id="set-numbers"))

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],
        item: ui.Item[Any],  # noqa: ARG003 - discord.py's signature
        match: re.Match[str],  # noqa: ARG003
    ) -> Self:
        """Build the button from what was pressed."""
        return cls(words_of(interaction))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Open it."""
        await _actions(interaction).ask_numbers(interaction)


class NumbersForm(Form):
    """A form with the numbers as they are; an empty field resets one.

    Args:
        words: of who opened it.
        settings: as they are.
        apply: does it.
    """

    def __init__(self, words: Words, settings: ServerSettings, apply: Apply) -> None:
        super().__init__(words("Limits of this server"))
        self._apply = apply
        self._typed: dict[str, ui.TextInput[Any]] = {}
        for name, label in NUMBERS.items():
            field: ui.TextInput[Any] = ui.TextInput(
                default=str(getattr(settings, name)), max_length=6, required=False
            )
            self._typed[name] = field
            self.add_field(name, words(label), field)

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Store them."""
        values = {name: field.value.strip() or None for name, field in self._typed.items()}
        await self._apply(interaction, values)


CONTROLS: Final = (Switch, Channels, Choice, NumbersButton)


def settings_view(
    words: Words, settings: ServerSettings, presets: Sequence[Preset]
) -> ui.LayoutView:
    """Every setting of a server, and controls to change them."""
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=_TEAL)
    title = words("Settings of this server")
    container.add_item(ui.TextDisplay(f"### {title}\n{_numbers(words, settings)}"))
    container.add_item(ui.ActionRow(NumbersButton(words)))
    container.add_item(ui.TextDisplay(words("**Where I may be used**")))
    container.add_item(ui.ActionRow(Channels(words, settings.channels)))
    container.add_item(ui.TextDisplay(words("**Default preset**")))
    container.add_item(ui.ActionRow(Choice("preset", _presets(words, settings, presets))))
    container.add_item(ui.TextDisplay(words("**Language**")))
    container.add_item(ui.ActionRow(Choice("language", _languages(words, settings.language))))
    switches = [Switch(name, words, is_on=getattr(settings, name)) for name in SWITCHES]
    container.add_item(ui.ActionRow(*switches))
    view = ui.LayoutView(timeout=None)
    view.add_item(container)
    view.stop()
    return view


def _numbers(words: Words, settings: ServerSettings) -> str:
    lines = [
        words("{name}: {value}", name=label, value=f"**{getattr(settings, name)}**")
        for name, label in NUMBERS.items()
    ]
    roles = [
        words("{role}: at most {n} at a time", role=f"<@&{role}>", n=jobs)
        for role, jobs in settings.role_jobs.items()
    ]
    return "\n".join(f"- {line}" for line in lines + roles)


def _presets(
    words: Words, settings: ServerSettings, presets: Sequence[Preset]
) -> list[discord.SelectOption]:
    return [
        discord.SelectOption(
            label=preset_name(words, preset), value=preset, default=preset is settings.preset
        )
        for preset in presets
    ]


def _languages(words: Words, chosen: str | None) -> list[discord.SelectOption]:
    each = discord.SelectOption(label=words("Everybody's own"), value=_NONE, default=chosen is None)
    return [
        each,
        *(
            discord.SelectOption(
                label=LANGUAGE_NAMES[language], value=language, default=language == chosen
            )
            for language in LANGUAGES
        ),
    ]
