"""Takes orders: answers at once with a card, gets the pictures in, hands the job to the queue."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import discord

from backend.control.control import HostControl
from backend.database.ids import new_id
from backend.errors import FILES_GONE, JobNotFound, UserError
from backend.i18n import words_for
from backend.jobs.model import Job, NewJob
from backend.jobs.queue import JobQueue
from backend.jobs.quota import Admission
from backend.jobs.store import JobStore
from backend.locks import Locks
from backend.preferences import Preferences, ServerSettings
from backend.records import JobSpec, ResultFile
from backend.settings import Settings
from backend.shelf.blocklist import Blocklist
from bot.cards.answers import Meaning, meaning_of
from bot.cards.place import is_reachable
from bot.cards.refusals import refuse
from bot.cards.updater import CardUpdater
from bot.orders.acknowledgement import note, patiently, show_when_noted
from bot.orders.again import ways_out
from bot.orders.films import Gather, check_frames, fitted
from bot.orders.places import address_of, missing_permissions, places, roles_of
from bot.ui.cards import receiving_card, refused_card
from bot.ui.explain import explanation
from bot.ui.language import Interaction, locale_of, public_locale_of, words_of
from bot.ui.layouts import announced
from bot.ui.words import card_link

_LOG = logging.getLogger(__name__)

# Thumbnails travel in the same request as the result.
_ROOM_FOR_THUMBNAILS: Final = 512 * 1024
_LATEST: Final = 30  # of somebody's pictures, among which one that they have kept is looked for
_QUICK: Final = timedelta(seconds=5)  # between two presses that are meant as one


@dataclass(frozen=True, slots=True)
class _Refused:
    """A command that has a card and comes to nothing."""

    command: NewJob
    job_id: str
    error: Exception


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
    _locks: Locks = field(init=False, default_factory=Locks)

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
        if missing := missing_permissions(interaction):
            words = words_of(interaction)
            raise UserError(
                "I may not post pictures here. Please ask a moderator to give me: {permissions}.",
                permissions=words.listed([words(name) for name in missing]),
            )

    async def take(
        self, interaction: Interaction, spec: JobSpec, gather: Gather | None = None
    ) -> Job | None:
        """Answer with a card, gather the pictures, queue the job; later trouble is on the card.

        Without `gather` its pictures are in already. Returns the job; None if it was refused there.

        Raises:
            UserError: before anything was answered.
        """
        self.check_place(interaction)
        spec = replace(spec, locale=_card_locale(interaction, private=spec.private))
        if gather:
            if spec.parent_id:
                await self._check_kept(interaction, spec)
            return await self._outcome(interaction, await self._order(interaction, spec, gather))
        spec = fitted(spec, self.settings(interaction))
        # A second quick press waits here until the first is a job, and hears so.
        async with self._locks.of(interaction.user.id):
            self._check_new(interaction, spec)
            await self._check_kept(interaction, spec)
            taken = await self._order(interaction, spec, nullcontext)
        return await self._outcome(interaction, taken)

    async def _order(
        self, interaction: Interaction, spec: JobSpec, gather: Gather
    ) -> Job | _Refused:
        """Take an order, which counts as a job from now on; no card where that is refused."""
        job_id, asker = new_id(), address_of(interaction, private=spec.private)
        async with self.jobs.admitted(asker, roles_of(interaction), spec.count) as admission:
            command, is_noted = await self._acknowledge(interaction, spec, job_id)
            try:
                async with self._gathered(interaction, spec, gather, admission) as complete:
                    return await self.jobs.submit(
                        replace(command, spec=complete), admission, job_id if is_noted else None
                    )
            except Exception as error:
                return _Refused(command, job_id, error)

    async def look(self, interaction: Interaction, spec: JobSpec, gather: Gather) -> None:
        """Look at the pictures of an order that has other problems; who asked alone is answered.

        Nothing is kept of them; meanwhile it counts as a job, as any order does.

        Raises:
            UserError: what else stands against it. Nothing was said but, where that took long, that
                there will be an answer.
        """
        self.check_place(interaction)
        asker = address_of(interaction, private=spec.private)
        async with self.jobs.admitted(asker, roles_of(interaction), spec.count) as admission:
            await patiently(interaction, self._look(interaction, spec, gather, admission))

    async def _look(
        self, interaction: Interaction, spec: JobSpec, gather: Gather, admission: Admission
    ) -> None:
        async with self._gathered(interaction, spec, gather, admission):
            pass

    @asynccontextmanager
    async def _gathered(
        self, interaction: Interaction, spec: JobSpec, gather: Gather, admission: Admission
    ) -> AsyncIterator[JobSpec]:
        """Yield an order with its pictures, as it may be painted here."""
        async with gather(spec) as gathered:
            complete = fitted(gathered, self.settings(interaction))
            await self.blocks.check_spec(complete, interaction.guild_id)
            self._check_frames(interaction, complete)
            await self.jobs.count_day(admission, complete.pictures_of_a_day)
            yield complete

    async def _outcome(self, interaction: Interaction, taken: Job | _Refused) -> Job | None:
        """Follow a job, or say why there is none, which may take as long as an outage."""
        if isinstance(taken, _Refused):
            await self._refuse(interaction, taken)
            return None
        self.updater.follow(taken)
        return taken

    async def keep(self, interaction: Interaction, spec: JobSpec, result: ResultFile) -> None:
        """Answer with a card for a picture that another job has made, once for each person.

        Raises:
            UserError: before anything was answered.
        """
        self.check_place(interaction)
        spec = replace(spec, locale=_card_locale(interaction, private=spec.private))
        async with self._locks.of(interaction.user.id):
            taken = await self._keep_once(interaction, spec, result)
        await self._outcome(interaction, taken)

    async def _keep_once(
        self, interaction: Interaction, spec: JobSpec, result: ResultFile
    ) -> Job | _Refused:
        for job in await self.store.latest_of_person(interaction.user.id, _LATEST):
            if job.result and job.result.file == result.file:
                raise UserError(
                    "You have kept it already: [your card]({link}).", link=card_link(job.address)
                )
        await self.blocks.check_spec(spec, interaction.guild_id)
        await self.check_kept(spec)
        job_id = new_id()
        command, is_noted = await self._acknowledge(interaction, spec, job_id)
        try:
            return await self.store.create(command, job_id if is_noted else None, result)
        except Exception as error:
            return _Refused(command, job_id, error)

    def _check_new(self, interaction: Interaction, spec: JobSpec) -> None:
        """Refuse what is on its way for this person already; of another version, a quick press."""
        for job in (update.job for update in self.jobs.overview()):
            is_theirs = job.address.requester_id == interaction.user.id
            if is_theirs and _is_same(job, spec):
                raise UserError(
                    "This picture is on its way already: [your card]({link}).",
                    link=card_link(job.address),
                )

    async def _check_kept(self, interaction: Interaction, spec: JobSpec) -> None:
        """Refuse pictures that are in already without a card, which everybody would see."""
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
        asked = NewJob(address=address_of(interaction, private=spec.private), spec=spec)
        noting = asyncio.create_task(note(self.store, asked, job_id), name="note of a command")
        card = receiving_card(spec, interaction.user.id, words_for(spec.locale))
        announced(card.view, self.control.announcement())
        retries = self.updater.retries
        try:
            card_id = await show_when_noted(interaction, card.view, asked, noting, retries)
        except discord.HTTPException as error:
            if meaning_of(error) is not Meaning.OUTAGE:  # there is no card, such as when too late
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

    async def _refuse(self, interaction: Interaction, refused: _Refused) -> None:
        """Say to who gave a command, in their language, why nothing comes of it; forget it."""
        words, error = words_of(interaction), refused.error
        reason, spec = explanation(words, error), refused.command.spec
        row = ways_out(interaction, error)
        card = refused_card(reason, spec, interaction.user.id, words, row)
        announced(card.view, self.control.announcement())
        await refuse(interaction, refused.command, card, self.updater.retries)
        forget = partial(self.store.forget, refused.job_id)
        await self.updater.retries.until_answered(forget, "Forgetting a command")

    def result_limit(self, interaction: Interaction) -> int:
        """Return how many bytes a result may have where the interaction happens."""
        limit = min(self.host.max_result_mb * 2**20, interaction.filesize_limit)
        return limit - _ROOM_FOR_THUMBNAILS


def _is_same(job: Job, spec: JobSpec) -> bool:
    """Tell whether a job paints what is asked for, or is of the same press a moment ago."""
    if datetime.now(UTC) - job.created_at > _QUICK:
        return _work_of(job.spec) == _work_of(spec)
    return _asked_of(job.spec) == _asked_of(spec)


def _work_of(spec: JobSpec) -> JobSpec:
    """Return what is to be painted, without what is of the place where it is asked for."""
    return replace(spec, max_result_bytes=0, locale="", private=False, spoiler=False)


def _asked_of(spec: JobSpec) -> JobSpec:
    """Return the same without what is left to chance: seeds, and styles of a surprise."""
    return replace(
        _work_of(spec),
        options=replace(spec.options, seed=0),
        takes=(0,) * len(spec.takes),
        styles=() if spec.apart else spec.styles,
    )


def _card_locale(interaction: Interaction, *, private: bool) -> str:
    """Return the language of the card; a private one is for who asks alone."""
    return locale_of(interaction) if private else public_locale_of(interaction)
