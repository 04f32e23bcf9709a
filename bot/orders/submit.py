"""Takes orders: answers at once with a card, gets the pictures in, hands the job to the queue."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from weakref import WeakValueDictionary

import discord

from bot.cards.refusals import refuse
from bot.cards.updater import CardUpdater
from bot.errors import UserError
from bot.i18n import Text, words_for
from bot.intake import Intake
from bot.jobs.arrivals import Arrival, Arrivals
from bot.jobs.model import Address, Job, JobSpec, NewJob
from bot.jobs.queue import JobQueue
from bot.orders.attachments import check_kept
from bot.orders.order import JobImages, Order
from bot.preferences import Preferences, ServerSettings
from bot.shelf.blocklist import Blocklist
from bot.ui.cards import receiving_card, refused_card
from bot.ui.explain import explanation
from bot.ui.language import locale_of, public_locale_of, words_of
from bot.ui.words import card_link
from nst.options import Preset

_LOG = logging.getLogger(__name__)

# Thumbnails travel in the same request as the result.
_ROOM_FOR_THUMBNAILS: Final = 512 * 1024
# The acknowledgement has three seconds; a slow disk must not use them up.
_NOTE_SECONDS: Final = 0.5
_ON_ITS_WAY: Final = Text("This picture is on its way already: [your card]({link}).")
_NEEDED: Final = {
    "view_channel": Text("View Channel"),
    "send_messages": Text("Send Messages"),
    "embed_links": Text("Embed Links"),
    "attach_files": Text("Attach Files"),
    "read_message_history": Text("Read Message History"),  # to answer below the card
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HostOffer:
    """What the host offers.

    Attributes:
        presets: presets that people may choose.
        default_size: longest side in pixels if the person does not say.
        max_result_bytes: largest file posted.
    """

    presets: Sequence[Preset]
    default_size: int
    max_result_bytes: int


class Orders:
    """Where every order comes in.

    Args:
        intake: keeps the pictures that come in.
        jobs: the queue.
        arrivals: commands that are not jobs yet.
        updater: follows the jobs.
        preferences: what servers and people decided.
        blocks: pictures that may not be used as styles.
        offer: what the host offers.
    """

    def __init__(
        self,
        *,
        intake: Intake,
        jobs: JobQueue,
        arrivals: Arrivals,
        updater: CardUpdater,
        preferences: Preferences,
        blocks: Blocklist,
        offer: HostOffer,
    ) -> None:
        self._intake = intake
        self._jobs = jobs
        self._arrivals = arrivals
        self._updater = updater
        self._preferences = preferences
        self._blocks = blocks
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self.offer = offer

    def settings(self, interaction: discord.Interaction[Any]) -> ServerSettings:
        """What applies where the interaction happens."""
        return self._preferences.server(interaction.guild_id)

    def check_place(self, interaction: discord.Interaction[Any]) -> None:
        """Whether the bot may work here and now.

        Raises:
            UserError: it may not; the text says why.
        """
        if self._updater.is_closed:
            raise UserError("The bot is about to restart. Please try again in a minute.")
        channel = interaction.channel
        parent = getattr(channel, "parent_id", None) if channel else None
        ids: Collection[int] = {one for one in (interaction.channel_id, parent) if one}
        is_nsfw = getattr(channel, "is_nsfw", None)
        self.settings(interaction).check_place(ids, age_restricted=bool(is_nsfw and is_nsfw()))
        if missing := _missing_permissions(interaction):
            words = words_of(interaction)
            raise UserError(
                "I may not post pictures here. Please ask a moderator to give me: {permissions}.",
                permissions=words.listed([words(name) for name in missing]),
            )

    async def take(self, interaction: discord.Interaction[Any], order: Order) -> None:
        """Answer with a card, get the pictures, queue the job; trouble after that is on the card.

        Raises:
            UserError: before anything was answered.
        """
        self.check_place(interaction)
        if order.parent_id is None:
            await self._check_limits(interaction, order)
            await self._take(interaction, order)
            return
        # A second quick press waits here until the first is a job, and hears so.
        async with self._locks.setdefault(interaction.user.id, asyncio.Lock()):
            await self._check_variation(interaction, order)
            await self._take(interaction, order)

    async def _take(self, interaction: discord.Interaction[Any], order: Order) -> None:
        address = await self._acknowledge(interaction, order)
        try:
            job = await self._submit(interaction, address, order)
        except Exception as error:
            await self._refuse(interaction, address, order, error)
        else:
            self._updater.follow(job)

    async def _check_variation(self, interaction: discord.Interaction[Any], order: Order) -> None:
        """Refuse without a card, which everybody would see: its pictures are in already.

        Raises:
            UserError: the same is on its way already, its style was taken down, its files are not
                kept any more, or no more is taken.
        """
        for job in (update.job for update in self._jobs.overview()):
            asked = (
                job.address.requester_id,
                job.spec.parent_id,
                job.spec.options,
                job.spec.strengths,
            )
            if asked == (interaction.user.id, order.parent_id, order.options, order.strengths):
                raise UserError(_ON_ITS_WAY, link=card_link(job.address))
        images = await order.gather()
        await self._check_blocks(images, interaction.guild_id)
        await check_kept(images.images, order.start_from)
        await self._check_limits(interaction, order)

    async def _check_limits(self, interaction: discord.Interaction[Any], order: Order) -> None:
        """The queue refuses as well, but on a card, which everybody would see."""
        asker = _address(interaction, private=order.private)
        await self._jobs.check_limits(asker, _roles(interaction))

    async def _acknowledge(self, interaction: discord.Interaction[Any], order: Order) -> Address:
        """Take note of the order, answer with the first card, and tell where that is.

        The note comes first, so that no card is forgotten wherever the bot may be ended; if the
        note cannot be made, the order goes on without it.
        """
        asked = _address(interaction, private=order.private)
        arrival = Arrival(address=asked, options=order.options, locale=_locale(interaction, order))
        noting = asyncio.create_task(self._arrivals.add(arrival), name="note of an arrival")
        await asyncio.wait({noting}, timeout=_NOTE_SECONDS)
        words = words_for(_locale(interaction, order))
        card = receiving_card(order.options, interaction.user.id, words, order.strengths)
        answer = await interaction.response.send_message(view=card.view, ephemeral=order.private)
        if answer.message_id is None:
            raise RuntimeError("Discord did not say where the card is")
        address = replace(asked, message_id=answer.message_id)
        try:
            await noting
            await self._arrivals.set_card(address)
        except Exception:
            _LOG.exception("A command could not be noted; a restart now would forget its card.")
        return address

    async def _submit(
        self, interaction: discord.Interaction[Any], address: Address, order: Order
    ) -> Job:
        images = await order.gather()
        try:
            await self._check_blocks(images, interaction.guild_id)
            return await self._jobs.submit(
                NewJob(
                    address=address,
                    spec=JobSpec(
                        options=order.options,
                        content=images.content,
                        styles=images.styles,
                        mask=images.mask,
                        max_result_bytes=self._result_limit(interaction),
                        parent_id=order.parent_id,
                        start_from=order.start_from,
                        strengths=order.strengths,
                        locale=_locale(interaction, order),
                        private=order.private,
                        spoiler=order.spoiler,
                    ),
                ),
                _roles(interaction),
            )
        except BaseException:
            await self._intake.discard(*images.received)
            raise

    async def _check_blocks(self, images: JobImages, guild_id: int | None) -> None:
        """Also those of variations: their style may have been taken down meanwhile."""
        for style in images.styles:
            await self._blocks.check(style.image, guild_id)

    async def _refuse(
        self,
        interaction: discord.Interaction[Any],
        address: Address,
        order: Order,
        error: Exception,
    ) -> None:
        words = words_for(_locale(interaction, order))
        reason = explanation(words, error)
        card = refused_card(reason, order.options, interaction.user.id, words, order.strengths)
        if await refuse(interaction, address, card, reason):
            await self._arrivals.remove(address)

    def _result_limit(self, interaction: discord.Interaction[Any]) -> int:
        limit = min(self.offer.max_result_bytes, interaction.filesize_limit)
        return limit - _ROOM_FOR_THUMBNAILS


def _locale(interaction: discord.Interaction[Any], order: Order) -> str:
    """The language of the card; a private one is for who asks alone."""
    return locale_of(interaction) if order.private else public_locale_of(interaction)


def _address(interaction: discord.Interaction[Any], *, private: bool) -> Address:
    """Where the card of an order is going to be."""
    if interaction.channel_id is None:
        raise RuntimeError("Discord did not say where the command was given")
    return Address(
        requester_id=interaction.user.id,
        guild_id=interaction.guild_id,
        channel_id=interaction.channel_id,
        message_id=0,
        # The bot's own token reaches no message that only one person sees.
        bot_is_member=not private and _is_member(interaction),
        interaction_token=interaction.token,
        application_id=interaction.application_id,
    )


def _roles(interaction: discord.Interaction[Any]) -> list[str]:
    """Names and ids of the roles of who asks."""
    member = interaction.user
    roles = member.roles if isinstance(member, discord.Member) else []
    return [text for role in roles for text in (role.name, str(role.id))]


def _is_member(interaction: discord.Interaction[Any]) -> bool:
    """Whether the bot is in the server, or in the direct messages, where this happens."""
    if interaction.guild_id is not None:
        return interaction.client.get_guild(interaction.guild_id) is not None
    return interaction.context.dm_channel or not interaction.context.private_channel


def _missing_permissions(interaction: discord.Interaction[Any]) -> list[Text]:
    """Names of the permissions that the bot lacks in this channel.

    Where it is not a member it posts on behalf of who asks, whose permissions Discord applies.
    """
    if interaction.guild_id is None or not _is_member(interaction):
        return []
    have = interaction.app_permissions
    needed = dict(_NEEDED)
    if isinstance(interaction.channel, discord.Thread):
        del needed["send_messages"]
        needed["send_messages_in_threads"] = Text("Send Messages in Threads")
    return [text for name, text in needed.items() if not getattr(have, name)]
