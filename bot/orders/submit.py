"""Takes orders: answers at once with a card, gets the pictures in, hands the job to the queue."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final
from weakref import WeakValueDictionary

import discord

from bot.cards.place import is_reachable
from bot.cards.refusals import refuse
from bot.cards.updater import CardUpdater
from bot.database.ids import new_id
from bot.errors import FILES_GONE, JobNotFound, UserError
from bot.files.store import FileKey
from bot.i18n import words_for
from bot.intake import Intake
from bot.jobs.model import Job, NewJob
from bot.jobs.queue import JobQueue
from bot.jobs.store import JobStore
from bot.orders.order import JobImages, Order
from bot.orders.place import address_of, card_locale, missing_permissions, roles_of
from bot.preferences import Preferences, ServerSettings
from bot.records import JobSpec, StoredImage
from bot.settings import Settings
from bot.shelf.blocklist import Blocklist
from bot.ui.cards import receiving_card, refused_card
from bot.ui.explain import explanation
from bot.ui.interaction import Interaction
from bot.ui.language import words_of
from bot.ui.words import card_link

_LOG = logging.getLogger(__name__)

# Thumbnails travel in the same request as the result.
_ROOM_FOR_THUMBNAILS: Final = 512 * 1024
# The acknowledgement has three seconds; a slow disk must not use them up.
_NOTE_SECONDS: Final = 0.5
_Locks = WeakValueDictionary[int, asyncio.Lock]


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Where every order comes in."""

    intake: Intake
    jobs: JobQueue
    store: JobStore
    updater: CardUpdater
    preferences: Preferences
    blocks: Blocklist
    host: Settings
    _locks: _Locks = field(init=False, default_factory=WeakValueDictionary)

    def settings(self, interaction: Interaction) -> ServerSettings:
        """Return what applies where the interaction happens."""
        return self.preferences.server(interaction.guild_id)

    def check_place(self, interaction: Interaction) -> None:
        """Refuse where the bot may not work here and now."""
        if self.updater.is_closed:
            raise UserError("The bot is about to restart. Please try again in a minute.")
        channel = interaction.channel
        parent = getattr(channel, "parent_id", None) if channel else None
        ids = {one for one in (interaction.channel_id, parent) if one}
        is_nsfw = getattr(channel, "is_nsfw", None)
        self.settings(interaction).check_place(ids, age_restricted=bool(is_nsfw and is_nsfw()))
        if missing := missing_permissions(interaction):
            words = words_of(interaction)
            raise UserError(
                "I may not post pictures here. Please ask a moderator to give me: {permissions}.",
                permissions=words.listed([words(name) for name in missing]),
            )

    async def take(self, interaction: Interaction, order: Order) -> None:
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

    async def _take(self, interaction: Interaction, order: Order) -> None:
        job_id = new_id()
        command, is_noted = await self._acknowledge(interaction, order, job_id)
        try:
            job = await self._submit(interaction, command, order, job_id if is_noted else None)
        except Exception as error:
            await self._refuse(interaction, command, error)
            await self.store.forget(job_id)
        else:
            self.updater.follow(job)

    async def _check_variation(self, interaction: Interaction, order: Order) -> None:
        """Refuse without a card, which everybody would see: its pictures are in already."""
        for job in (update.job for update in self.jobs.overview()):
            spec, requester = job.spec, job.address.requester_id
            asked = (requester, spec.parent_id, spec.options, spec.strengths)
            if asked == (interaction.user.id, order.parent_id, order.options, order.strengths):
                raise UserError(
                    "This picture is on its way already: [your card]({link}).",
                    link=card_link(job.address),
                )
        images = await order.gather()
        await self._check_blocks(images, interaction.guild_id)
        await self.check_kept(images.images, order.start_from)
        await self._check_limits(interaction, order)

    async def check_kept(
        self, images: Iterable[StoredImage], start_from: FileKey | None = None
    ) -> None:
        """Refuse where pictures that came in earlier, or the one to go on from, are gone."""
        keys = [*(image.file for image in images), *([start_from] if start_from else [])]
        if not await self.store.files.exists(*keys):
            raise JobNotFound(FILES_GONE)

    async def _check_limits(self, interaction: Interaction, order: Order) -> None:
        """Refuse before there is a card, which everybody would see; the queue refuses as well."""
        asker = address_of(interaction, private=order.private)
        await self.jobs.check_limits(asker, roles_of(interaction))

    async def _acknowledge(
        self, interaction: Interaction, order: Order, job_id: str
    ) -> tuple[NewJob, bool]:
        """Note the command, answer with the first card, and note where that is.

        The note comes first, so that no card is forgotten wherever the bot may be ended; if it
        cannot be made, the order goes on without it.

        Returns:
            The command, and whether it is noted.
        """
        asked = self._command(interaction, order)
        noting = asyncio.create_task(self.store.receive(asked, job_id), name="note of a command")
        await asyncio.wait({noting}, timeout=_NOTE_SECONDS)
        spec = asked.spec
        words = words_for(spec.locale)
        card = receiving_card(spec.options, interaction.user.id, words, spec.strengths)
        try:
            answer = await interaction.response.send_message(view=card.view, ephemeral=spec.private)
        except discord.NotFound:  # too late: there is no card, and Discord has told the person
            await asyncio.wait({noting})
            await self.store.forget(job_id)
            raise
        if answer.message_id is None:
            raise RuntimeError("Discord did not say where the card is")
        is_member = asked.address.bot_is_member and await is_reachable(interaction)
        at = replace(asked.address, message_id=answer.message_id, bot_is_member=is_member)
        command = replace(asked, address=at)
        try:
            await noting
            await self.store.set_card(job_id, answer.message_id)
        except Exception:
            _LOG.exception("A command could not be noted; a restart now would forget its card.")
            return command, False
        return command, True

    def _command(self, interaction: Interaction, order: Order) -> NewJob:
        """Return the job of an order as far as it is known before its pictures are in."""
        return NewJob(
            address=address_of(interaction, private=order.private),
            spec=JobSpec(
                options=order.options,
                max_result_bytes=self._result_limit(interaction),
                parent_id=order.parent_id,
                start_from=order.start_from,
                strengths=order.strengths,
                locale=card_locale(interaction, private=order.private),
                private=order.private,
                spoiler=order.spoiler,
            ),
        )

    async def _submit(
        self, interaction: Interaction, command: NewJob, order: Order, job_id: str | None
    ) -> Job:
        images = await order.gather()
        try:
            await self._check_blocks(images, interaction.guild_id)
            spec = replace(
                command.spec, content=images.content, styles=images.styles, mask=images.mask
            )
            return await self.jobs.submit(
                replace(command, spec=spec), roles_of(interaction), job_id
            )
        finally:
            await self.intake.discard(*images.received)

    async def _check_blocks(self, images: JobImages, guild_id: int | None) -> None:
        """Check the styles, also of variations: one may have been taken down meanwhile."""
        for style in images.styles:
            await self.blocks.check(style.image, guild_id)

    async def _refuse(self, interaction: Interaction, command: NewJob, error: Exception) -> None:
        """Say on the card why nothing comes of a command."""
        spec = command.spec
        words = words_for(spec.locale)
        reason = explanation(words, error)
        card = refused_card(reason, spec.options, interaction.user.id, words, spec.strengths)
        await refuse(interaction, command.address, card, reason, self.updater.retries)

    def _result_limit(self, interaction: Interaction) -> int:
        limit = min(self.host.max_result_mb * 2**20, interaction.filesize_limit)
        return limit - _ROOM_FOR_THUMBNAILS
