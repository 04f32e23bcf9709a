"""Keep cards up to date while their jobs wait and run; `bot.cards.delivery` does the rest.

Where the bot is not in the server, or only the requester sees the card, it is changed through the
interaction's token. Two minutes before that dies the card gets a button, Collect, and each press of
it brings a token for another quarter of an hour (`CardUpdater.collect`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import discord

from bot.cards.delivery import GONE, TROUBLE, Delivery, Shrink, edit
from bot.cards.place import CardPlace
from bot.cards.refusals import tell_interrupted
from bot.errors import JobNotFound
from bot.i18n import Text, Words, words_for
from bot.jobs.model import Job, JobState
from bot.jobs.progress import JobUpdate
from bot.jobs.queue import JobQueue
from bot.jobs.store import JobStore
from bot.logs import JOB_ID
from bot.metrics import EDITS
from bot.timings import Timings
from bot.ui.cards import collect_card, job_card, pausing_card
from bot.ui.media import PREVIEW, input_files

_LOG = logging.getLogger(__name__)
T = TypeVar("T")

_GOODBYE_SECONDS: Final = 5.0  # as long as a window of the rate limit for edits
_GONE_WORDS: Final = Text(
    "The files of this picture are gone from the bot's disk, so it cannot be finished. Please send "
    "the command again."
)


class CardUpdater:
    """Follows jobs until their outcome is in the chat; an async context manager.

    Args:
        client: connected to the chat.
        jobs: the queue.
        store: has the files, and commands that were cut off.
        shrink: encodes results anew that turn out to be too large for the chat.
        timings: how long to wait for what.

    Attributes:
        is_closed: the bot is about to end; whoever asks for something should hear that.
    """

    def __init__(
        self,
        client: discord.Client,
        jobs: JobQueue,
        store: JobStore,
        shrink: Shrink,
        *,
        timings: Timings,
    ) -> None:
        self._client = client
        self._jobs = jobs
        self._store = store
        self._delivery = Delivery(client, store.files, shrink, timings.deliveries)
        self._timings = timings
        self.is_closed = False
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._notes: set[asyncio.Task[Any]] = set()

    async def resume(self) -> None:
        """Take up what the bot's last end left: jobs without a delivery, commands without a job.

        Only before the first new command comes in.
        """
        for job in await self._jobs.undelivered():
            self.follow(job)
        for job in await self._store.in_states(JobState.RECEIVING):
            self._start(job.id, self._tell_interrupted(job), name=f"updater of command {job.id}")

    def follow(self, job: Job) -> None:
        """Keep the job's card up to date from now on, and deliver the outcome.

        After `close` that is left to the next start.
        """
        if job.id not in self._tasks and not self.is_closed:
            self._start(job.id, self._follow(job), name=f"updater of job {job.id}")

    async def collect(self, job: Job, token: str) -> None:
        """Follow a job with the fresh interaction token that its requester has brought.

        Raises:
            JobNotFound: it is not kept any more.
        """
        if self.is_closed:
            return
        renewed = await self._note(self._jobs.renew_token(job.id, token))
        if before := self._tasks.pop(job.id, None):
            before.cancel()
        self.follow(renewed)

    async def leave(self, guild_id: int) -> None:
        """Cancel the jobs of a server that removed the bot: nobody there waits any more."""
        for update in self._jobs.overview():
            address = update.job.address
            if address.guild_id == guild_id and address.bot_is_member:
                _LOG.info("Job %s is cancelled: its server removed the bot.", update.job.id)
                await self._note(self._jobs.cancel(update.job.id))

    async def close(self) -> None:
        """Stop editing, and say on the cards that their jobs go on after the restart.

        What is undelivered is taken up at the next start. Cards that cannot be edited within
        `_GOODBYE_SECONDS`, because there are more than the rate limits let through, stay as they
        are.
        """
        self.is_closed = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *self._notes, return_exceptions=True)
        try:
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await asyncio.gather(*map(self._pause, self._jobs.overview()))
        except TimeoutError:
            _LOG.warning("Not every card could be told of the restart.")

    def _start(self, key: str, work: Coroutine[None, None, None], *, name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._tasks.get(key) is task and self._tasks.pop(key))

    async def _tell_interrupted(self, job: Job) -> None:
        if await tell_interrupted(self._client, job):
            await self._note(self._store.forget(job.id))

    async def _inputs(self, job: Job) -> dict[str, bytes]:
        """Return the small pictures of a card by name."""
        return {name: await self._store.files.get(key) for name, key in input_files(job).items()}

    async def _note(self, writing: Coroutine[Any, Any, T]) -> T:
        """Finish a change of the store even if whoever wants it is cancelled meanwhile."""
        task = asyncio.create_task(writing)
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)
        return await asyncio.shield(task)

    async def _follow(self, job: Job) -> None:
        JOB_ID.set(job.id)
        try:
            await self._follow_while_it_can_be_shown(job)
        except JobNotFound:
            _LOG.info("Job %s is not kept any more; its card stays as it is.", job.id)
        except OSError:
            await self._explain_missing_files(job)
        except Exception:
            _LOG.exception("The card of job %s cannot be kept up to date.", job.id)

    async def _explain_missing_files(self, job: Job) -> None:
        """Show a card without them, where the files of a job cannot be read."""
        ended = await self._note(self._jobs.cancel(job.id))
        if ended.state is JobState.FAILED and ended.error:  # such as of a style taken down
            reason = ended.error
        else:
            _LOG.exception("The files of job %s cannot be read.", job.id)
            reason = _words(job)(_GONE_WORDS)
        await self._delivery.say_instead(job, reason)
        await self._note(self._jobs.mark_delivered(job.id))

    async def _follow_while_it_can_be_shown(self, job: Job) -> None:
        inputs = await self._inputs(job)
        try:
            async with asyncio.timeout(_seconds_left(job, self._timings.token_margin)) as limit:
                final = await self._follow_to_the_end(job, inputs)
                limit.reschedule(None)
        except TimeoutError:
            await self._offer_collect(job, inputs)
            return
        if final and (receipt := await self._delivery.deliver(final, inputs)):
            await self._note(self._jobs.mark_delivered(job.id, receipt.told_id))

    async def _follow_to_the_end(self, job: Job, inputs: dict[str, bytes]) -> JobUpdate | None:
        async for update in self._jobs.watch(job.id):
            if update.job.state.is_final:
                return update
            if not await self._show(update, inputs):
                await self._note(self._jobs.cancel(job.id))
            else:
                await asyncio.sleep(self._timings.edit)
        return None

    async def _show(self, update: JobUpdate, inputs: dict[str, bytes]) -> bool:
        """Edit the card once; a failure is logged and the next edit tries anew.

        Returns:
            False if the card was deleted, which means that nobody wants the picture any more.
        """
        job, outcome = update.job, "failed"
        try:
            place = CardPlace(self._client, job.address)
            await edit(place, job_card(update, _words(job)), _files(update, inputs))
            outcome = "shown"
        except discord.NotFound as error:
            if error.code in GONE:
                _LOG.info("The card of job %s was deleted; the job is cancelled.", job.id)
                return False
            _LOG.warning("Job %s: the card was not found.", job.id, exc_info=True)
        except TROUBLE:
            _LOG.warning("Job %s: an edit of its card failed.", job.id, exc_info=True)
        finally:
            EDITS.labels(outcome).inc()
        return True

    async def _offer_collect(self, job: Job, inputs: dict[str, bytes]) -> None:
        """Offer a fresh start: the token is about to die, and with it the bot's way to the card."""
        _LOG.info("Job %s outlives its interaction token; its card offers to collect it.", job.id)
        async with aclosing(self._jobs.watch(job.id)) as updates:
            update = await anext(updates)
        try:
            place = CardPlace(self._client, job.address)
            await edit(place, collect_card(update, _words(job)), _files(update, inputs))
        except TROUBLE:
            _LOG.warning("Job %s: its card could not offer to collect it.", job.id, exc_info=True)

    async def _pause(self, update: JobUpdate) -> None:
        job = update.job
        try:
            inputs = await self._inputs(job)
            place = CardPlace(self._client, job.address)
            await edit(place, pausing_card(update, _words(job)), inputs)
        except (*TROUBLE, OSError):
            _LOG.warning("Job %s: its card was not told of the restart.", job.id)


def _files(update: JobUpdate, inputs: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return what the card of a job that is not over may refer to."""
    return {**inputs, PREVIEW: update.preview} if update.preview else dict(inputs)


def _seconds_left(job: Job, margin: float) -> float | None:
    """Return how long the card can be kept up to date; None for ever."""
    if job.address.bot_is_member:
        return None
    left = (job.token_dies_at - datetime.now(UTC)).total_seconds()
    return max(0.0, left - margin)


def _words(job: Job) -> Words:
    return words_for(job.spec.locale)
