"""`/stylize`: from two attachments to a queued job and its card."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.courier import Courier
from bot.errors import FAULT, ImageRefused, UserError
from bot.i18n import Text, words_for
from bot.intake import Attachment, Intake, check_pair
from bot.jobs.arrivals import Arrival, Arrivals
from bot.jobs.model import Address, Job, JobStyle, NewJob, SpooledImage
from bot.jobs.queue import JobQueue
from bot.ui.cards import receiving_card, refused_card
from bot.ui.place import CardPlace
from nst.options import (
    MAX_SEED,
    MAX_SIZE,
    MAX_STRENGTH,
    MIN_SIZE,
    MIN_STRENGTH,
    Colours,
    Options,
    Preset,
)

_LOG = logging.getLogger(__name__)

# Thumbnails travel in the same request as the result.
_ROOM_FOR_THUMBNAILS: Final = 256 * 1024
# The acknowledgement has three seconds; a slow disk must not use them up.
_NOTE_SECONDS: Final = 0.5
_SIZES: Final = (256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096)
_PRESETS: Final = {
    Preset.DRAFT: Text("draft: a quick look"),
    Preset.STANDARD: Text("standard: good and fast"),
    Preset.FINE: Text("fine: more strokes, takes longer"),
    Preset.REFERENCE: Text("reference: the classic recipe, very slow"),
}
_BOTH: Final = "{first}\n{second}"
_NEEDED: Final = {
    "view_channel": Text("View Channel"),
    "send_messages": Text("Send Messages"),
    "embed_links": Text("Embed Links"),
    "attach_files": Text("Attach Files"),
    "read_message_history": Text("Read Message History"),  # to answer below the card
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """What the host offers.

    Attributes:
        presets: presets that people may choose.
        default_size: longest side in pixels if the person does not say.
        max_size: largest size in pixels.
        max_result_bytes: largest file posted.
    """

    presets: Sequence[Preset]
    default_size: int
    max_size: int
    max_result_bytes: int


class Stylize(commands.Cog):
    """The command that everything is about."""

    def __init__(
        self, *, intake: Intake, jobs: JobQueue, arrivals: Arrivals, courier: Courier, menu: Menu
    ) -> None:
        self._intake = intake
        self._jobs = jobs
        self._arrivals = arrivals
        self._courier = courier
        self._menu = menu

    @app_commands.command()
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.describe(
        content="The photo to paint",
        style="A picture whose look you like",
        preset="How much patience the picture is worth",
        strength="0 keeps the photo, 100 is all style; 50 if you leave it out",
        size="Longest side of the result in pixels",
        keep_colours="Keep the photo's colours, take only the strokes",
        seed="The same number repeats a picture exactly; leave it out for a new take",
    )
    async def stylize(
        self,
        interaction: discord.Interaction[Any],
        content: discord.Attachment,
        style: discord.Attachment,
        preset: str | None = None,
        strength: app_commands.Range[int, MIN_STRENGTH, MAX_STRENGTH] = 50,
        size: app_commands.Range[int, MIN_SIZE, MAX_SIZE] | None = None,
        keep_colours: bool = False,
        seed: app_commands.Range[int, 0, MAX_SEED] | None = None,
    ) -> None:
        """Paint a photo in the style of a picture."""
        options = Options(
            preset=self._preset(preset),
            strength=strength,
            size=self._size(size),
            colours=Colours.PHOTO if keep_colours else Colours.STYLE,
            seed=random.randrange(10_000) if seed is None else seed,  # noqa: S311 - not a secret
        )
        if self._courier.is_closed:
            raise UserError("The bot is about to restart. Please try again in a minute.")
        words = words_for(interaction.locale.value)
        if missing := _missing_permissions(interaction):
            raise UserError(
                "I may not post pictures here. Please ask a moderator to give me: {permissions}.",
                permissions=words.listed([words(name) for name in missing]),
            )
        address = await self._acknowledge(interaction, options)
        try:
            job = await self._submit(interaction, address, options, content, style)
        except Exception as error:
            await self._refuse(interaction, address, options, error)
        else:
            self._courier.follow(job)

    @stylize.autocomplete("preset")
    async def _suggest_presets(
        self, interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[str]]:
        words = words_for(interaction.locale.value)
        names = {preset: words(_PRESETS[preset]) for preset in self._menu.presets}
        typed = current.strip().lower()
        return [
            app_commands.Choice(name=name, value=preset.value)
            for preset, name in names.items()
            if typed in name.lower() or typed in preset.value
        ]

    @stylize.autocomplete("size")
    async def _suggest_sizes(
        self, _interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[int]]:
        typed = str(current).strip()
        return [
            app_commands.Choice(name=f"{size} px", value=size)
            for size in _SIZES
            if size <= self._menu.max_size and str(size).startswith(typed)
        ]

    async def _acknowledge(
        self, interaction: discord.Interaction[Any], options: Options
    ) -> Address:
        """Take note of the command, answer with the first card, and tell where that is.

        The note comes first, so that no card is forgotten wherever the bot may be ended; if the
        note cannot be made, the command goes on without it.
        """
        asked = _address(interaction)
        arrival = Arrival(address=asked, options=options, locale=interaction.locale.value)
        noting = asyncio.create_task(self._arrivals.add(arrival), name="note of an arrival")
        await asyncio.wait({noting}, timeout=_NOTE_SECONDS)
        address = replace(asked, message_id=await _answer(interaction, options))
        try:
            await noting
            await self._arrivals.set_card(address)
        except Exception:
            _LOG.exception("A command could not be noted; a restart now would forget its card.")
        return address

    async def _submit(
        self,
        interaction: discord.Interaction[Any],
        address: Address,
        options: Options,
        content: discord.Attachment,
        style: discord.Attachment,
    ) -> Job:
        images = await self._receive(content, style)
        try:
            check_pair(*images)
            return await self._jobs.submit(
                NewJob(
                    address=address,
                    options=options,
                    content=images[0],
                    styles=(JobStyle(image=images[1]),),
                    max_result_bytes=self._result_limit(interaction),
                    locale=interaction.locale.value,
                )
            )
        except BaseException:
            await self._intake.discard(*images)
            raise

    async def _receive(
        self, content: discord.Attachment, style: discord.Attachment
    ) -> tuple[SpooledImage, SpooledImage]:
        """Both pictures at once; if one is refused, the other is not kept.

        Raises:
            ImageRefused: naming every picture that is refused.
        """
        photo, picture = await asyncio.gather(
            self._intake.receive(_attachment(content), role="photo"),
            self._intake.receive(_attachment(style), role="style picture"),
            return_exceptions=True,
        )
        if isinstance(photo, SpooledImage) and isinstance(picture, SpooledImage):
            return photo, picture
        await self._intake.discard(*[i for i in (photo, picture) if isinstance(i, SpooledImage)])
        errors = [error for error in (photo, picture) if isinstance(error, BaseException)]
        for error in errors:
            if not isinstance(error, ImageRefused):
                raise error
        first, *others = [error.text for error in errors if isinstance(error, ImageRefused)]
        raise ImageRefused(Text(_BOTH, first=first, second=others[0]) if others else first)

    async def _refuse(
        self,
        interaction: discord.Interaction[Any],
        address: Address,
        options: Options,
        error: Exception,
    ) -> None:
        words = words_for(interaction.locale.value)
        if isinstance(error, UserError):
            reason = words(error.text)
        else:
            _LOG.error("/stylize failed", exc_info=error)
            reason = words(FAULT)
        card = refused_card(reason, options, interaction.user.id, words)
        await CardPlace(interaction.client, address).edit(card.view, [])
        await self._arrivals.remove(address)

    def _preset(self, name: str | None) -> Preset:
        offered = {preset.value: preset for preset in self._menu.presets}
        if name is None:
            return offered.get(Preset.STANDARD, self._menu.presets[0])
        if name not in offered:
            raise UserError(
                "There is no preset “{name}” here; choose one of {names}.",
                name=discord.utils.escape_markdown(name[:40]),
                names=", ".join(offered),
            )
        return offered[name]

    def _size(self, size: int | None) -> int:
        if size is not None and size > self._menu.max_size:
            raise UserError(
                "{size} px is too large for this bot: choose a size up to {limit}.",
                size=size,
                limit=self._menu.max_size,
            )
        return size or self._menu.default_size

    def _result_limit(self, interaction: discord.Interaction[Any]) -> int:
        limit = min(self._menu.max_result_bytes, interaction.filesize_limit)
        return limit - _ROOM_FOR_THUMBNAILS


async def _answer(interaction: discord.Interaction[Any], options: Options) -> int:
    """Send the first card, before any work; returns its id."""
    card = receiving_card(options, interaction.user.id, words_for(interaction.locale.value))
    answer = await interaction.response.send_message(view=card.view)
    if answer.message_id is None:
        raise RuntimeError("Discord did not say where the card is")
    return answer.message_id


def _address(interaction: discord.Interaction[Any]) -> Address:
    """Where the card of a command is going to be."""
    if interaction.channel_id is None:
        raise RuntimeError("Discord did not say where the command was given")
    in_server = interaction.guild_id is not None
    return Address(
        requester_id=interaction.user.id,
        guild_id=interaction.guild_id,
        channel_id=interaction.channel_id,
        message_id=0,
        bot_is_member=not in_server or bool(interaction.client.get_guild(interaction.guild_id)),
        interaction_token=interaction.token,
        application_id=interaction.application_id,
    )


def _attachment(sent: discord.Attachment) -> Attachment:
    return Attachment(
        url=sent.url, filename=sent.filename, size=sent.size, content_type=sent.content_type
    )


def _missing_permissions(interaction: discord.Interaction[Any]) -> list[Text]:
    """Names of the permissions that the bot lacks in this channel; empty in direct messages."""
    if interaction.guild_id is None:
        return []
    have = interaction.app_permissions
    needed = dict(_NEEDED)
    if isinstance(interaction.channel, discord.Thread):
        del needed["send_messages"]
        needed["send_messages_in_threads"] = Text("Send Messages in Threads")
    return [text for name, text in needed.items() if not getattr(have, name)]
