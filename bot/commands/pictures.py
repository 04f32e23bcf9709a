"""Context menus on messages with a picture: "Stylize this…" and "Use as style"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.actions.change import colours_select, number_input, whole
from bot.commands.compose import shelf_select
from bot.commands.shelving import SHELVE, ShelveForm
from bot.errors import UserError
from bot.i18n import Text, Words
from bot.intake import Attachment
from bot.jobs.model import JobStyle
from bot.orders.attachments import attachment
from bot.orders.images import ImageSources, RequestedImages
from bot.orders.resolve import RequestedOptions, Resolver
from bot.preferences import Preferences
from bot.shelf import Shelf, ShelfStyle
from bot.ui.forms import Form, FormButton, Forms
from bot.ui.language import words_of
from nst.options import MAX_STRENGTH, MIN_STRENGTH, Colours

_MAX_CHOICES: Final = 25
_STYLIZE: Final = "stylize"
_NO_PICTURE: Final = Text("There is no picture in this message.")


class PictureMenus:
    """The entries of the context menu of a message.

    Args:
        resolver: writes the orders.
        sources: gets pictures in.
        shelf: styles to choose from, and where one can be added.
        preferences: remember the last style of a person.
        forms: gets the forms.
    """

    def __init__(
        self,
        *,
        resolver: Resolver,
        sources: ImageSources,
        shelf: Shelf,
        preferences: Preferences,
        forms: Forms,
    ) -> None:
        self._resolver = resolver
        self._sources = sources
        self._shelf = shelf
        self._preferences = preferences
        self._forms = forms
        forms.add(rf"{_STYLIZE}:(?P<link>https?://.+)", self._stylize_form)
        forms.add(rf"{SHELVE}:(?P<style>[0-9a-f]{{16}})", self._shelve_form)

    async def add_to(self, client: commands.Bot) -> None:
        """Register the menus."""
        everywhere = app_commands.AppCommandContext(
            guild=True, dm_channel=True, private_channel=True
        )
        for name, callback in (
            (app_commands.locale_str("Stylize this…"), self._stylize),
            (app_commands.locale_str("Use as style"), self._use),
        ):
            menu = app_commands.ContextMenu(
                name=name,
                callback=callback,
                allowed_contexts=everywhere,
                allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
            )
            client.tree.add_command(menu)

    async def _stylize(
        self, interaction: discord.Interaction[Any], message: discord.Message
    ) -> None:
        # Others' messages cannot be read again without a privileged intent, so the form itself has
        # to keep the link; a signed one of Discord's ends in an "&" that nothing follows.
        link = _picture(message).url.rstrip("&")
        await self._forms.open(interaction, f"{_STYLIZE}:{link}")

    async def _stylize_form(
        self, interaction: discord.Interaction[Any], match: re.Match[str]
    ) -> Form:
        usual = await self._resolver.check(interaction, RequestedOptions())
        styles = await self._shelf.search(interaction.guild_id, "", _MAX_CHOICES)
        photo, words = _linked(match["link"]), words_of(interaction)
        return StylizeForm(words, self._resolver, photo, styles, strength=usual.strength)

    async def _shelve_form(
        self, interaction: discord.Interaction[Any], match: re.Match[str]
    ) -> Form:
        last = (await self._preferences.person(interaction.user.id)).last_style
        if last is None or not last.image.sha256.startswith(match["style"]):
            raise UserError("This is not your style any more; choose “Use as style” once more.")
        return ShelveForm(words_of(interaction), last.image, self._shelf, self._preferences)

    async def _use(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        sent = _picture(message)
        await interaction.response.defer(ephemeral=True, thinking=True)
        image = await self._sources.receive_style(sent, interaction.guild_id)
        try:
            await self._preferences.remember_style(interaction.user.id, JobStyle(image=image))
        finally:
            await self._sources.discard(image)
        words = words_of(interaction)
        said = words(
            "“{name}” is your style now: `/stylize` without a style paints with it.",
            name=image.filename,
        )
        if interaction.guild_id is None:
            await interaction.followup.send(said, ephemeral=True)
            return
        view = ui.View(timeout=None)
        form = f"{SHELVE}:{image.sha256[:16]}"
        view.add_item(FormButton(words("Add it to the shelf…"), form))
        view.stop()
        await interaction.followup.send(said, view=view, ephemeral=True)


class StylizeForm(Form):
    """Asks for a style and how much of it.

    Args:
        words: of who fills it in.
        resolver: writes the order.
        photo: the picture of the message.
        styles: of the shelf, to choose from; 25 at most.
        strength: that this person usually has.
    """

    def __init__(
        self,
        words: Words,
        resolver: Resolver,
        photo: Attachment,
        styles: list[ShelfStyle],
        *,
        strength: int,
    ) -> None:
        super().__init__(words("Stylize this picture"))
        self._resolver = resolver
        self._photo = photo
        self._named = shelf_select(words, styles, most=1)
        self._upload: ui.FileUpload[Any] = ui.FileUpload(min_values=0, max_values=1, required=False)
        self._strength = number_input(strength)
        self._colours = colours_select(words, Colours.STYLE)
        self.add_field(
            "named",
            words("A style of the shelf"),
            self._named,
            words("Or your last style: leave both empty"),
        )
        self.add_field("upload", words("Or a picture of your own"), self._upload)
        self.add_field(
            "strength", words("Strength: 0 keeps the photo, 100 is all style"), self._strength
        )
        self.add_field("colours", words("Colours"), self._colours)

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Order it."""
        uploads = [attachment(one) for one in self._upload.values]
        if uploads and self._named.values:
            raise UserError("Choose a style of the shelf or upload one, not both.")
        strength = whole(Text("Strength"), self._strength.value, MIN_STRENGTH, MAX_STRENGTH)
        requested = RequestedOptions(strength=strength, colours=self._colours.values[0])
        pictures = RequestedImages(content=self._photo, styles=uploads, names=self._named.values)
        await self._resolver.order(interaction, requested, pictures)


def _picture(message: discord.Message) -> Attachment:
    """The first picture of a message: attached, forwarded, or in a gallery such as a card's.

    Raises:
        UserError: there is none.
    """
    layers: list[discord.Message | discord.MessageSnapshot]
    layers = [message, *message.message_snapshots]
    for sent in (one for layer in layers for one in layer.attachments):
        if (sent.content_type or "image/").startswith("image/"):
            return attachment(sent)
    for media in (one for layer in layers for one in _media(layer.components)):
        return _linked(media.url)
    raise UserError(_NO_PICTURE)


def _linked(link: str) -> Attachment:
    """What lies behind a link that Discord gave; the download counts its bytes."""
    return Attachment(url=link, filename=link.partition("?")[0].rpartition("/")[2], size=1)


def _media(components: Any) -> Iterator[discord.UnfurledMediaItem]:
    """Pictures in galleries, from top to bottom."""
    for component in components:
        for item in getattr(component, "items", ()):
            if (item.media.content_type or "image/").startswith("image/"):
                yield item.media
        yield from _media(getattr(component, "children", ()))
