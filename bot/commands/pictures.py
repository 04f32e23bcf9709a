"""Context menus on messages with a picture: "Stylize this…" and "Use as style"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import discord
from discord import app_commands

from bot.actions.registry import ActionSpec, show_form
from bot.actions.rights import guild_of
from bot.commands.style import Style
from bot.errors import UserError
from bot.i18n import Text
from bot.intake import Attachment
from bot.orders.images import ImageSources, RequestedImages
from bot.orders.resolve import RequestedOptions, Resolver
from bot.orders.typed import whole
from bot.preferences import Preferences
from bot.records import JobStyle, StoredImage
from bot.ui.form import FormLayout, Submission
from bot.ui.forms import MAX_CHOICES, shelve_form, stylize_form
from bot.ui.language import Interaction, words_of
from bot.ui.layouts import below, button
from nst.options import MAX_STRENGTH, MIN_STRENGTH

_STYLIZE: Final = "stylize:"
_SHELVE: Final = "shelve:"


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureMenus:
    """The entries of the context menu of a message."""

    resolver: Resolver
    sources: ImageSources
    style: Style
    preferences: Preferences

    @property
    def menus(self) -> list[app_commands.ContextMenu]:
        """Return the entries."""
        menu = partial(
            app_commands.ContextMenu,
            allowed_contexts=app_commands.AppCommandContext(
                guild=True, dm_channel=True, private_channel=True
            ),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
        )
        return [
            menu(name=app_commands.locale_str("Stylize this…"), callback=self._stylize),
            menu(name=app_commands.locale_str("Use as style"), callback=self._use),
        ]

    @property
    def actions(self) -> list[ActionSpec]:
        """Return what answers its forms."""
        return [
            ActionSpec(rf"{_STYLIZE}(?P<link>https?://.+)", self._stylize_form, is_form=True),
            ActionSpec(rf"{_SHELVE}(?P<style>[0-9a-f]{{16}})", self._shelve_form, is_form=True),
        ]

    async def _stylize(self, interaction: Interaction, message: discord.Message) -> None:
        # Others' messages cannot be read again without a privileged intent, so the form itself has
        # to keep the link; a signed one of Discord's ends in an "&" that nothing follows.
        link = _picture(message).url.rstrip("&")
        form = await self._stylize_form(interaction, link)
        await show_form(interaction, form, f"{_STYLIZE}{link}")

    async def _stylize_form(self, interaction: Interaction, link: str) -> FormLayout:
        usual = await self.resolver.check(interaction, RequestedOptions())
        styles = await self.style.shelf.search(interaction.guild_id, "", MAX_CHOICES)
        submit = partial(self._order, _linked(link))
        return stylize_form(words_of(interaction), usual.strength, styles, submit)

    async def _order(self, photo: Attachment, interaction: Interaction, filled: Submission) -> None:
        uploads, names = filled.uploads("upload"), filled.chosen("named")
        if uploads and names:
            raise UserError("Choose a style of the shelf or upload one, not both.")
        strength = whole(Text("Strength"), filled.text("strength"), MIN_STRENGTH, MAX_STRENGTH)
        requested = RequestedOptions(strength=strength, colours=filled.chosen("colours")[0])
        images = RequestedImages(content=photo, styles=uploads, names=names)
        await self.resolver.order(interaction, requested, images)

    async def _use(self, interaction: Interaction, message: discord.Message) -> None:
        sent = _picture(message)
        await interaction.response.defer(ephemeral=True, thinking=True)
        async with self.sources.style(sent, interaction.guild_id) as image:
            await self.preferences.remember_style(interaction.user.id, JobStyle(image=image))
        words = words_of(interaction)
        said = words(
            "“{name}” is your style now: `/stylize` without a style paints with it.",
            name=image.filename,
        )
        if interaction.guild_id is None or not interaction.is_guild_integration():
            await interaction.followup.send(said, ephemeral=True)
            return
        shelve = button(words("Add it to the shelf…"), f"{_SHELVE}{image.sha256[:16]}")
        await interaction.followup.send(said, view=below(shelve), ephemeral=True)

    async def _shelve_form(self, interaction: Interaction, style: str) -> FormLayout:
        last = (await self.preferences.person(interaction.user.id)).last_style
        if last is None or not last.image.sha256.startswith(style):
            raise UserError("This is not your style any more; choose “Use as style” once more.")
        return shelve_form(words_of(interaction), partial(self._shelve, last.image))

    async def _shelve(
        self, image: StoredImage, interaction: Interaction, filled: Submission
    ) -> None:
        guild_of(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        name, credit = filled.text("name"), filled.text("credit")
        style = await self.style.shelve(interaction, image, name, credit)
        words = words_of(interaction)
        if style.approved:
            said = words("“{name}” is on the shelf.", name=style.name)
        else:
            said = words("“{name}” waits for a moderator's approval.", name=style.name)
        await interaction.followup.send(said, ephemeral=True)


def _picture(message: discord.Message) -> Attachment:
    """Return the first picture of a message: attached, forwarded, or in a gallery as on a card."""
    layers: list[discord.Message | discord.MessageSnapshot]
    layers = [message, *message.message_snapshots]
    for sent in (one for layer in layers for one in layer.attachments):
        if (sent.content_type or "image/").startswith("image/"):
            return Attachment.of(sent)
    for media in (one for layer in layers for one in _media(layer.components)):
        return _linked(media.url)
    raise UserError("There is no picture in this message.")


def _linked(link: str) -> Attachment:
    """Return what lies behind a link that Discord gave; the download counts its bytes."""
    return Attachment(url=link, filename=link.partition("?")[0].rpartition("/")[2], size=1)


def _media(components: Any) -> Iterator[discord.UnfurledMediaItem]:
    """Yield the pictures in galleries, from top to bottom."""
    for component in components:
        for item in getattr(component, "items", ()):
            if (item.media.content_type or "image/").startswith("image/"):
                yield item.media
        yield from _media(getattr(component, "children", ()))
