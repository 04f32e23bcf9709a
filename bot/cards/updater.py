"""Cards of all jobs: who follows them, and what they say when the bot restarts.

`follower` keeps one card up to date, `delivery` brings its outcome, `scheduler` says who may edit
next, `retries` when to try again, `answers` what Discord's answers mean.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, TypeVar

import discord

from backend.jobs.model import Job, JobState
from backend.jobs.queue import JobQueue
from backend.jobs.store import JobStore
from bot.cards.delivery import Delivery, Shrink
from bot.cards.follower import Follower
from bot.cards.place import CardPlace
from bot.cards.posted import PostedCard
from bot.cards.refusals import tell_interrupted
from bot.cards.retries import Retries
from bot.cards.scheduler import EditScheduler
from bot.timings import Timings

_LOG = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(eq=False, slots=True)
class CardUpdater:
    """Follows jobs until their outcome is in the chat.

    Attributes:
        shrink: for results that turn out to be too large for the chat.
        announcement: returns what stands below each card, such as nothing.
        is_closed: the bot is about to end; whoever asks for something should hear that.
        retries: when to try again what Discord does not answer.
    """

    client: discord.Client
    jobs: JobQueue
    store: JobStore
    shrink: Shrink
    _: KW_ONLY
    timings: Timings
    announcement: Callable[[], str] = str
    retries: Retries = field(init=False)
    is_closed: bool = field(init=False, default=False)
    _is_open: bool = field(init=False, default=False)  # there is a chat to bring something to
    _scheduler: EditScheduler = field(init=False, default_factory=EditScheduler)
    _followers: dict[str, Follower] = field(init=False, default_factory=dict)
    _tasks: dict[str, asyncio.Task[None]] = field(init=False, default_factory=dict)
    _changes: set[asyncio.Task[Any]] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.retries = Retries(self.timings.first_retry, self.timings.longest_retry)

    async def resume(self) -> None:
        """Take up what the bot's last end left: jobs without a delivery, commands without a job.

        Only before the first new command comes in.
        """
        self._is_open = True
        for job in await self.jobs.undelivered():
            self.follow(job)
        for job in await self.store.in_states(JobState.RECEIVING):
            self._start(job.id, self._tell_interrupted(job), name=f"updater of command {job.id}")

    async def reconnected(self) -> None:
        """Try everything again that Discord did not answer: the gateway is connected."""
        self.retries.wake()

    def follow(self, job: Job) -> None:
        """Keep the job's card up to date from now on, and deliver the outcome.

        Before `resume` that is left to it, after `close` to the next start.
        """
        if job.id not in self._tasks and self._is_open and not self.is_closed:
            follower = self._followers[job.id] = self._follower(job)
            self._start(job.id, follower.run(), name=f"updater of job {job.id}")

    async def collect(self, job: Job, token: str) -> None:
        """Follow a job with the fresh interaction token that its requester has brought.

        Raises:
            JobNotFound: it is not kept any more.
        """
        if self.is_closed:
            return
        renewed = await self._finish(self.jobs.renew_token(job.id, token))
        if before := self._tasks.pop(job.id, None):
            before.cancel()
        self.follow(renewed)

    async def leave(self, guild_id: int) -> None:
        """Cancel the jobs of a server that has removed the bot: nobody there waits for them."""
        for update in self.jobs.overview():
            address = update.job.address
            if address.guild_id == guild_id and address.bot_is_member:
                _LOG.info("Job %s is cancelled: its server removed the bot.", update.job.id)
                await self._finish(self.jobs.cancel(update.job.id))

    async def close(self) -> None:
        """Stop editing, and say on the cards that their jobs go on after the restart.

        What is undelivered is taken up at the next start. Cards whose interaction has died, and
        that are more in one channel than the rate limits let through in `Timings.goodbye`, stay as
        they are.
        """
        self.is_closed = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *self._changes, return_exceptions=True)
        try:
            async with asyncio.timeout(self.timings.goodbye):
                await asyncio.gather(
                    *(
                        (
                            self._followers.get(update.job.id) or self._follower(update.job)
                        ).say_pausing(update)
                        for update in self.jobs.overview()
                    )
                )
        except TimeoutError:
            _LOG.warning("Not every card could be told of the restart.")

    def _follower(self, job: Job) -> Follower:
        place = CardPlace(
            self.client, job.address, job.token_dies_at, reserve=self.timings.token_reserve
        )
        return Follower(
            job=job,
            card=PostedCard(place, self._scheduler, self.announcement),
            jobs=self.jobs,
            files=self.store.files,
            delivery=Delivery(self.store.files, self.shrink),
            retries=self.retries,
            timings=self.timings,
            finish=self._finish,
        )

    def _start(self, key: str, work: Coroutine[None, None, None], *, name: str) -> None:
        def forget(_: asyncio.Task[None]) -> None:
            if self._tasks.get(key) is task:
                self._tasks.pop(key)
                if not self.is_closed:  # taking leave still needs to know what the cards hold
                    self._followers.pop(key, None)

        task = asyncio.create_task(work, name=name)
        self._tasks[key] = task
        task.add_done_callback(forget)

    async def _tell_interrupted(self, job: Job) -> None:
        await tell_interrupted(self.client, job, self.retries, self.announcement())
        await self._finish(self.store.forget(job.id))

    async def _finish(self, change: Coroutine[Any, Any, T]) -> T:
        """End a change of the store even if whoever wants it is cancelled meanwhile."""
        task = asyncio.create_task(change)
        self._changes.add(task)
        task.add_done_callback(self._changes.discard)
        return await asyncio.shield(task)
