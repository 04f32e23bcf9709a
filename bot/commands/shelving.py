"""Putting the picture that somebody uses as their style on the shelf: a form."""

from __future__ import annotations

from typing import Any, Final

import discord
from discord import ui

from bot.errors import NotAllowed
from bot.i18n import Words
from bot.jobs.model import SpooledImage
from bot.preferences import Preferences
from bot.shelf import Shelf
from bot.shelf.names import MAX_CREDIT, MAX_NAME
from bot.ui.forms import Form
from bot.ui.language import words_of

SHELVE: Final = "shelve"
"""What the form's address begins with; after a colon follows the beginning of the style's hash."""


class ShelveForm(Form):
    """Asks what the style is called and whom to credit.

    Args:
        words: of who fills it in.
        image: the style.
        shelf: where it goes.
        preferences: know whether new styles wait for approval.
    """

    def __init__(
        self, words: Words, image: SpooledImage, shelf: Shelf, preferences: Preferences
    ) -> None:
        super().__init__(words("Add it to the shelf"))
        self._image = image
        self._shelf = shelf
        self._preferences = preferences
        self._name: ui.TextInput[Any] = ui.TextInput(max_length=MAX_NAME)
        self._credit: ui.TextInput[Any] = ui.TextInput(max_length=MAX_CREDIT, required=False)
        self.add_field("name", words("What to call it"), self._name)
        self.add_field("credit", words("Whose work it is"), self._credit)

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Add it, or leave it to the moderators where the server wants that."""
        guild_id = interaction.guild_id
        if guild_id is None:
            raise NotAllowed("There is a shelf in servers only.")
        await interaction.response.defer(ephemeral=True, thinking=True)
        must_wait = self._preferences.server(guild_id).shelf_approval
        style = await self._shelf.add(
            guild_id,
            self._name.value,
            self._image,
            contributor_id=interaction.user.id,
            credit=self._credit.value,
            approved=not must_wait or interaction.permissions.manage_messages,
        )
        words = words_of(interaction)
        if style.approved:
            said = words("“{name}” is on the shelf.", name=style.name)
        else:
            said = words("“{name}” waits for a moderator's approval.", name=style.name)
        await interaction.followup.send(said, ephemeral=True)
