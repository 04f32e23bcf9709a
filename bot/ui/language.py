"""Which language a person is answered in."""

from __future__ import annotations

from typing import Any, Protocol, cast

import discord

from bot.i18n import Words, words_for


class KnowsLanguages(Protocol):
    """A client that knows what people prefer."""

    def language_of(self, user_id: int) -> str | None:
        """The language that somebody chose, as in `bot.i18n.LANGUAGES`; None if they did not."""
        ...


def locale_of(interaction: discord.Interaction[Any]) -> str:
    """The language that somebody chose for this bot, or else the one of their Discord."""
    chosen = cast("KnowsLanguages", interaction.client).language_of(interaction.user.id)
    return chosen or interaction.locale.value


def words_of(interaction: discord.Interaction[Any]) -> Words:
    """What whoever gave the command or pressed the button is answered with."""
    return words_for(locale_of(interaction))
