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

    def language_in(self, guild_id: int | None) -> str | None:
        """The language that a server chose for what everybody reads; None if it did not."""
        ...


def locale_of(interaction: discord.Interaction[Any]) -> str:
    """The language that somebody chose for this bot, or else the one of their Discord."""
    chosen = cast("KnowsLanguages", interaction.client).language_of(interaction.user.id)
    return chosen or interaction.locale.value


def public_locale_of(interaction: discord.Interaction[Any]) -> str:
    """The language of what everybody reads: the server's, or else that of who asks."""
    client = cast("KnowsLanguages", interaction.client)
    return client.language_in(interaction.guild_id) or locale_of(interaction)


def words_of(interaction: discord.Interaction[Any]) -> Words:
    """What whoever gave the command or pressed the button is answered with."""
    return words_for(locale_of(interaction))
