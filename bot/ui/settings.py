"""The panel of `/settings show`: every setting of a server, each with a control to change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import discord
from discord import ui

from backend.i18n import Text, Words
from backend.preferences import ServerSettings
from backend.preferences.model import MAX_LISTED, NUMBERS
from bot.ui.forms import choices
from bot.ui.layouts import box, button, layout
from bot.ui.words import preset_name
from nst.options import Preset

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
NONE: Final = "none"
"""The value of a list's entry that resets a setting."""
_TEAL: Final = discord.Colour(0x2FA8A0)


def settings_view(
    words: Words, settings: ServerSettings, presets: Sequence[Preset]
) -> ui.LayoutView:
    """Show every setting of a server, and controls to change them."""
    title = words("Settings of this server")
    numbers = button(words("Change the limits"), "set-numbers")
    named = {preset: preset_name(words, preset) for preset in presets}
    languages = {NONE: words("Everybody's own"), **LANGUAGE_NAMES}
    switches = [_switch(words, name, is_on=getattr(settings, name)) for name in SWITCHES]
    return layout(
        box(
            _TEAL,
            f"### {title}\n{_numbers(words, settings)}",
            ui.ActionRow(numbers),
            words("**Where I may be used**"),
            ui.ActionRow(_channels(words, settings.channels)),
            words("**Default preset**"),
            ui.ActionRow(_choice("preset", settings.preset, named)),
            words("**Language**"),
            ui.ActionRow(_choice("language", settings.language or NONE, languages)),
            ui.ActionRow(*switches),
        )
    )


def _switch(words: Words, name: str, *, is_on: bool) -> ui.Button[Any]:
    state = words("on") if is_on else words("off")
    label = words("{name}: {value}", name=SWITCHES[name], value=state)
    style = discord.ButtonStyle.success if is_on else discord.ButtonStyle.secondary
    return button(label, f"set-{name}:{'off' if is_on else 'on'}", style)


def _channels(words: Words, channels: Iterable[int]) -> ui.ChannelSelect[Any]:
    kind = discord.SelectDefaultValueType.channel
    return ui.ChannelSelect(
        custom_id="set-channels",
        placeholder=words("Everywhere"),
        min_values=0,
        max_values=MAX_LISTED,
        default_values=[discord.SelectDefaultValue(id=each, type=kind) for each in channels],
    )


def _choice(name: str, chosen: str, labels: Mapping[Any, str]) -> ui.Select[Any]:
    return ui.Select(custom_id=f"set-{name}", options=choices(labels, chosen))


def _numbers(words: Words, settings: ServerSettings) -> str:
    lines = [
        words("{name}: {value}", name=label, value=f"**{getattr(settings, name)}**")
        for name, label in NUMBERS.items()
    ]
    roles = [
        words("{role}: at most {n} at a time", role=f"<@&{role}>", n=jobs)
        for role, jobs in settings.role_jobs.items()
    ]
    reports = [
        words("Reports of pictures go to {channel}", channel=f"<#{channel}>")
        for channel in [settings.report_channel]
        if channel
    ]
    return "\n".join(f"- {line}" for line in lines + roles + reports)
