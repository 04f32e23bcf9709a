"""Takes orders: answers at once with a card, gets the pictures in, hands the job to the queue."""

from __future__ import annotations

import asyncio
import logging
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final
from weakref import WeakValueDictionary

import discord

from bot.cards.place import is_reachable
from bot.cards.refusals import refuse
from bot.cards.updater import CardUpdater
from bot.control.control import HostControl
from bot.database.ids import new_id
from bot.errors import FILES_GONE, JobNotFound, UserError
from bot.i18n import Text, words_for
from bot.jobs.model import Address, NewJob
from bot.jobs.queue import JobQueue
from bot.jobs.store import JobStore
from bot.orders.acknowledgement import note, show_when_noted
from bot.orders.again import ways_out
from bot.orders.films import Gather, check_frames
from bot.preferences import Preferences, ServerSettings
from bot.records import JobSpec, ResultFile
from bot.settings import Settings
from bot.shelf.blocklist import Blocklist
from bot.ui.cards import receiving_card, refused_card
from bot.ui.explain import can_be_mended, explanation
from bot.ui.language import Interaction, locale_of, public_locale_of, words_of
from bot.ui.layouts import announced
from bot.ui.words import card_link

_LOG = logging.getLogger(__name__)

# Thumbnails travel in the same request as the result.
_ROOM_FOR_THUMBNAILS: Final = 512 * 1024
_LATEST: Final = 30  # of somebody's pictures, among which one that they have kept is looked for
_Locks = WeakValueDictionary[int, asyncio.Lock]
NEEDED: Final = {
    "view_channel": Text("View Channel"),
    "send_messages": Text("Send Messages"),
    "embed_links": Text("Embed Links"),
    "attach_files": Text("Attach Files"),
    "read_message_history": Text("Read Message History"),  # to answer below the card
}
_as_it_is: Final[Gather] = nullcontext


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Where every order comes in."""

    jobs: JobQueue
    store: JobStore
    updater: CardUpdater
    preferences: Preferences
    blocks: Blocklist
    control: HostControl
    host: Settings
    _locks: _Locks = field(init=False, default_factory=WeakValueDictionary)

    def settings(self, interaction: Interaction) -> ServerSettings:
        """Return what applies where the interaction happens."""
        return self.preferences.server(interaction.guild_id)

    def check_place(self, interaction: Interaction) -> None:
        """Refuse where the bot may not work here and now."""
        if self.updater.is_closed:
            raise UserError("The bot is about to restart. Please try again in a minute.")
        self.control.check_orders()
        is_nsfw = getattr(interaction.channel, "is_nsfw", None)
        self.settings(interaction).check_place(
            places(interaction), age_restricted=bool(is_nsfw and is_nsfw())
        )
        if missing := _missing_permissions(interaction):
            words = words_of(interaction)
            raise UserError(
                "I may not post pictures here. Please ask a moderator to give me: {permissions}.",
                permissions=words.listed([words(name) for name in missing]),
            )

    async def take(
        self, interaction: Interaction, spec: JobSpec, gather: Gather = _as_it_is
    ) -> None:
        """Answer with a card, gather the pictures, queue the job; later trouble is on the card.

        Raises:
            UserError: before anything was answered.
        """
        self.check_place(interaction)
        spec = replace(spec, locale=_card_locale(interaction, private=spec.private))
        if spec.parent_id is None:
            await self._take(interaction, spec, gather)
            return
        # A second quick press waits here until the first is a job, and hears so.
        async with self._locks.setdefault(interaction.user.id, asyncio.Lock()):
            await self._check_variation(interaction, spec)
            await self._take(interaction, spec, gather)

    async def _take(self, interaction: Interaction, spec: JobSpec, gather: Gather) -> None:
        """Take an order, which counts as a job from now on; no card where that is refused."""
        job_id, asker = new_id(), _address_of(interaction, private=spec.private)
        async with self.jobs.admitted(asker, _roles_of(interaction), spec.count) as admission:
            command, is_noted = await self._acknowledge(interaction, spec, job_id)
            try:
                async with gather(spec) as complete:
                    await self.blocks.check_spec(complete, interaction.guild_id)
                    self._check_frames(interaction, complete)
                    job = await self.jobs.submit(
                        replace(command, spec=complete), admission, job_id if is_noted else None
                    )
            except Exception as caught:
                error = caught
            else:
                self.updater.follow(job)
                return
        await self._refuse(interaction, command, job_id, error)

    async def keep(self, interaction: Interaction, spec: JobSpec, result: ResultFile) -> None:
        """Answer with a card for a picture that another job has made, once for each person.

        Raises:
            UserError: before anything was answered.
        """
        self.check_place(interaction)
        spec = replace(spec, locale=_card_locale(interaction, private=spec.private))
        async with self._locks.setdefault(interaction.user.id, asyncio.Lock()):
            for job in await self.store.latest_of_person(interaction.user.id, _LATEST):
                if job.result and job.result.file == result.file:
                    raise UserError(
                        "You have kept it already: [your card]({link}).",
                        link=card_link(job.address),
                    )
            await self.blocks.check_spec(spec, interaction.guild_id)
            await self.check_kept(spec)
            job_id = new_id()
            command, is_noted = await self._acknowledge(interaction, spec, job_id)
            try:
                job = await self.store.create(command, job_id if is_noted else None, result)
            except Exception as error:
                await self._refuse(interaction, command, job_id, error)
            else:
                self.updater.follow(job)

    async def _check_variation(self, interaction: Interaction, spec: JobSpec) -> None:
        """Refuse without a card, which everybody would see: its pictures are in already."""
        for job in (update.job for update in self.jobs.overview()):
            is_theirs = job.address.requester_id == interaction.user.id
            if is_theirs and _work_of(job.spec) == _work_of(spec):
                raise UserError(
                    "This picture is on its way already: [your card]({link}).",
                    link=card_link(job.address),
                )
        await self.blocks.check_spec(spec, interaction.guild_id)
        self._check_frames(interaction, spec)
        await self.check_kept(spec)

    def _check_frames(self, interaction: Interaction, spec: JobSpec) -> None:
        """Refuse a film beside others of the same person that have too many frames together."""
        limit, person = self.settings(interaction).max_frames, interaction.user.id
        check_frames(spec, self.jobs.overview(), person, limit)

    async def check_kept(self, spec: JobSpec) -> None:
        """Refuse where pictures that came in earlier, or the one to go on from, are gone."""
        keys = [image.file for image in spec.images]
        if not await self.store.files.exists(*keys, *filter(None, [spec.start_from])):
            raise JobNotFound(FILES_GONE)

    async def _acknowledge(
        self, interaction: Interaction, spec: JobSpec, job_id: str
    ) -> tuple[NewJob, bool]:
        """Note the command, answer with the first card, and note where that is.

        The note comes first, so that no card is forgotten wherever the bot may be ended. Until it
        is made Discord says that the bot is thinking, and after a while that it did not answer. If
        it cannot be made, the order goes on without it. Returns whether it is noted, too.
        """
        asked = NewJob(address=_address_of(interaction, private=spec.private), spec=spec)
        noting = asyncio.create_task(note(self.store, asked, job_id), name="note of a command")
        card = receiving_card(spec, interaction.user.id, words_for(spec.locale))
        announced(card.view, self.control.announcement())
        try:
            card_id = await show_when_noted(interaction, card.view, noting, private=spec.private)
        except discord.NotFound:  # too late: there is no card, and Discord has told the person
            await asyncio.wait({noting})
            await self.store.forget(job_id)
            raise
        is_member = asked.address.bot_is_member and await is_reachable(interaction)
        at = replace(asked.address, message_id=card_id, bot_is_member=is_member)
        if is_noted := await noting:
            try:
                await self.store.set_card(job_id, card_id)
            except Exception:  # it can be found without, and the job will say where it is
                _LOG.exception("Where the card of a command is could not be noted.")
        return replace(asked, address=at), is_noted

    async def _refuse(
        self, interaction: Interaction, command: NewJob, job_id: str, error: Exception
    ) -> None:
        """Say to who gave a command, in their language, why nothing comes of it; forget it."""
        words = words_of(interaction)
        reason = explanation(words, error)
        row = ways_out(interaction) if can_be_mended(error) else []
        card = refused_card(reason, command.spec, interaction.user.id, words, row)
        retries = self.updater.retries
        await refuse(interaction, command, card, retries)
        await retries.until_answered(partial(self.store.forget, job_id), "Forgetting a command")

    def result_limit(self, interaction: Interaction) -> int:
        """Return how many bytes a result may have where the interaction happens."""
        limit = min(self.host.max_result_mb * 2**20, interaction.filesize_limit)
        return limit - _ROOM_FOR_THUMBNAILS


def _work_of(spec: JobSpec) -> JobSpec:
    """Return what is to be painted, without what is of the place where it is asked for."""
    return replace(spec, max_result_bytes=0, locale="", private=False, spoiler=False)


def places(interaction: Interaction) -> set[int]:
    """Return the ids of the channel, of a thread's channel, and of the category of either."""
    channel = interaction.channel
    parent = getattr(channel, "parent", None)
    category = getattr(parent or channel, "category_id", None)
    found = (interaction.channel_id, getattr(channel, "parent_id", None), category)
    return {one for one in found if one}


def _card_locale(interaction: Interaction, *, private: bool) -> str:
    """Return the language of the card; a private one is for who asks alone."""
    return locale_of(interaction) if private else public_locale_of(interaction)


def _address_of(interaction: Interaction, *, private: bool) -> Address:
    """Return where the card of an order is going to be."""
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


def _roles_of(interaction: Interaction) -> list[str]:
    """Return names and ids of the roles of who asks."""
    member = interaction.user
    roles = member.roles if isinstance(member, discord.Member) else []
    return [text for role in roles for text in (role.name, str(role.id))]


def _is_member(interaction: Interaction) -> bool:
    """Return whether the bot is in the server, or the direct messages, where this happens."""
    if interaction.guild_id is not None:
        return interaction.client.get_guild(interaction.guild_id) is not None
    return interaction.context.dm_channel or not interaction.context.private_channel


def _missing_permissions(interaction: Interaction) -> list[Text]:
    """Return names of the permissions that the bot lacks in this channel.

    Where it is not a member it posts on behalf of who asks, whose permissions Discord applies.
    """
    if interaction.guild_id is None or not _is_member(interaction):
        return []
    have = interaction.app_permissions
    needed = dict(NEEDED)
    if isinstance(interaction.channel, discord.Thread):
        del needed["send_messages"]
        needed["send_messages_in_threads"] = Text("Send Messages in Threads")
    return [text for name, text in needed.items() if not getattr(have, name)]
