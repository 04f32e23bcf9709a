"""Interactions (commands, presses, forms), and in which language they are answered.

Each carries it from the moment at which it comes in: `note_locales` is called before anybody
answers it.
"""

from __future__ import annotations

from typing import Any, Final

import discord

from backend.i18n import Words, words_for

Interaction = discord.Interaction[Any]
"""One of any client; nothing here asks which."""
_LOCALES: Final = "locales"  # https://discordpy.readthedocs.io: extras are the program's own


def note_locales(interaction: Interaction, own: str | None, public: str | None) -> None:
    """Note in an interaction the languages that its person and its server chose, if they did."""
    own = own or interaction.locale.value
    interaction.extras[_LOCALES] = (own, public or own)


def locale_of(interaction: Interaction) -> str:
    """Return the language that somebody chose for this bot, or else the one of their Discord."""
    return str(interaction.extras[_LOCALES][0])


def public_locale_of(interaction: Interaction) -> str:
    """Return the language of what everybody reads: the server's, or else that of who asks."""
    return str(interaction.extras[_LOCALES][1])


def words_of(interaction: Interaction) -> Words:
    """Return the words to answer who gave the command or pressed the button."""
    return words_for(locale_of(interaction))
