"""Names and descriptions of commands in every language, as discord.py asks for them.

https://discordpy.readthedocs.io/en/stable/interactions/api.html#translator
"""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Location

from bot.i18n.words import COMMAND, OPTION, words_for

_NAMES = {
    Location.command_name: COMMAND,
    Location.group_name: COMMAND,
    Location.parameter_name: OPTION,
}


class CatalogueTranslator(app_commands.Translator):
    """Looks everything up in the catalogues; what they lack stays English."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContext[Any, Any],
    ) -> str | None:
        """Return the text in the language of `locale`, or None where it would be the same."""
        words = words_for(locale.value)
        kind = _NAMES.get(context.location)
        if isinstance(context.data, app_commands.ContextMenu):
            kind = None  # its name is a phrase with capitals and spaces
        said = words(string.message) if kind is None else words.named(kind, string.message)
        return None if said == string.message else said
