"""One job from its card's point of view: shown while it waits and runs, then delivered.

Where only an interaction's token reaches the card, it gets a button, Collect, shortly before that
dies; a press brings a token for another quarter of an hour (`CardUpdater.collect`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import discord

from backend.errors import JobNotFound
from backend.files.store import FileStore
from backend.i18n import Words, words_for
from backend.jobs.model import Job, JobState
from backend.jobs.progress import JobUpdate
from backend.jobs.queue import JobQueue
from backend.logs import JOB_ID
from backend.metrics import UNDELIVERED
from bot.cards.answers import FAILURES, Meaning, meaning_of
from bot.cards.delivery import Delivery
from bot.cards.posted import CardFile, PostedCard, files_of
from bot.cards.retries import Retries
from bot.cards.scheduler import Urgency
from bot.timings import Timings
from bot.ui.cards import Card, collect_card, job_card, pausing_card

_LOG = logging.getLogger(__name__)
T = TypeVar("T")

_IN_FLIGHT_SECONDS: Final = 3.0
"""How long an edit on its way may keep a more urgent one of the same card waiting."""
_NOTABLE_SHARE: Final = 0.25
_NOTABLE_SECONDS: Final = 2.0
"""By how much the start of one that waits has to change for its card to be drawn anew."""


@dataclass(eq=False, slots=True, kw_only=True)
class Follower:
    """Keeps one card up to date until its outcome is in the chat.

    Attributes:
        job: as it was when the following began.
        finish: ends a change of the store even if whoever wants it is cancelled meanwhile.
    """

    job: Job
    card: PostedCard
    jobs: JobQueue
    files: FileStore
    delivery: Delivery
    retries: Retries
    timings: Timings
    finish: Callable[[Coroutine[Any, Any, None]], Awaitable[None]]
    _latest: JobUpdate | None = field(init=False, default=None)
    _shown: JobUpdate | None = field(init=False, default=None)
    _shown_at: float = field(init=False, default=0.0)  # by the loop's clock
    _files_gone: bool = field(init=False, default=False)
    # Discord was being told something when the outcome came.
    _cut_off: bool = field(init=False, default=False)

    async def run(self) -> None:
        """Follow the job to its end; return when nothing can be done any more, or at once."""
        JOB_ID.set(self.job.id)
        try:
            await self._follow()
        except JobNotFound:
            _LOG.info("Job %s is not kept any more; its card stays as it is.", self.job.id)
        except Exception:
            _LOG.exception("The card of job %s cannot be kept up to date.", self.job.id)

    async def say_pausing(self, update: JobUpdate) -> None:
        """Say on the card that the bot restarts."""
        words = words_for(update.job.spec.locale)
        try:
            await self.card.show(
                lambda: (pausing_card(update, words), files_of(self.files, update)), Urgency.RESULT
            )
        except FAILURES:
            _LOG.warning("Job %s: its card was not told of the restart.", update.job.id)

    async def _follow(self) -> None:
        final: JobUpdate | None = None
        try:
            async with asyncio.timeout(self._seconds_left(self.timings.token_margin)):
                final = await self._until_over()
        except TimeoutError:
            await self._in_time(self._offer_collect)
            return
        if final:
            with UNDELIVERED.track_inprogress():
                await self._in_time(lambda: self._deliver(final))
            if self._cut_off:
                await self._in_time(lambda: self._show_again(final))

    async def _in_time(self, act: Callable[[], Awaitable[None]]) -> None:
        try:
            async with asyncio.timeout(self._seconds_left(0)):
                await act()
        except TimeoutError:
            _LOG.warning("Job %s: there is no way to its card until it is collected.", self.job.id)

    async def _until_over(self) -> JobUpdate | None:
        """Show what happens until the job is over; None if the bot ends before."""
        showing: asyncio.Task[None] | None = None
        try:
            async with aclosing(self.jobs.watch(self.job.id)) as updates:
                async for update in updates:
                    before, self._latest = self._latest, update
                    if update.job.state.is_final:
                        return update
                    if showing and before and before.job.state is not update.job.state:
                        await self._stop(showing)
                    if showing is None or showing.done():
                        showing = asyncio.create_task(self._show_news(), name="edits of a card")
            return None
        finally:
            if showing:
                await self._stop(showing)

    async def _stop(self, showing: asyncio.Task[None]) -> None:
        """Make room for something more urgent; what Discord is just being told may arrive."""
        if self.card.is_sending:
            await asyncio.wait({showing}, timeout=_IN_FLIGHT_SECONDS)
            self._cut_off |= self.card.is_sending
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)

    async def _show_news(self) -> None:
        """Edit the card until it shows the latest state; a failure makes that rarer, no more."""
        failed = 0
        while self._has_news():
            await asyncio.sleep(self._shown_at + self._gap() - asyncio.get_running_loop().time())
            try:
                await self.card.show(self._render, self._urgency())
            except FileNotFoundError:
                self._files_gone = True
                await self.jobs.cancel(self.job.id)
                return
            except FAILURES as error:
                if meaning_of(error) is Meaning.GONE:
                    _LOG.info("The card of job %s was deleted; it is cancelled.", self.job.id)
                    await self.jobs.cancel(self.job.id)
                    return
                failed += 1
                self._shown = None
                _LOG.warning("Job %s: an edit of its card failed.", self.job.id, exc_info=True)
                await self.retries.pause(failed, error)
            else:
                failed = 0
                self._shown_at = asyncio.get_running_loop().time()
                self.retries.answered()

    def _has_news(self) -> bool:
        """Whether the card shows something else than it should."""
        shown, latest = self._shown, self._latest
        if shown is None or latest is None or shown.job.state is not latest.job.state:
            return True
        if latest.job.state is JobState.QUEUED:
            has_moved = _is_notable(shown.starts_in, latest.starts_in)
            return has_moved or (shown.place, shown.held) != (latest.place, latest.held)
        return shown != latest

    def _gap(self) -> float:
        """Seconds between the last edit and the next."""
        if self._shown is None:
            return 0.0
        waits = self._shown.job.state is JobState.QUEUED and self._urgency() is Urgency.WAITING
        return self.timings.waiting_edit if waits else self.timings.edit

    def _urgency(self) -> Urgency:
        waits = self._latest is None or self._latest.job.state is JobState.QUEUED
        return Urgency.WAITING if waits else Urgency.PAINTING

    def _render(self) -> tuple[Card, Mapping[str, CardFile]]:
        if self._latest is None:
            raise RuntimeError("there is nothing to show yet")
        self._shown = self._latest
        return job_card(self._latest, self._words), files_of(self.files, self._latest)

    async def _deliver(self, final: JobUpdate) -> None:
        """Bring the outcome, however long that takes, and note that it was brought."""
        told_id = None
        try:
            told_id = await self._answered(lambda: self._hand_over(final))
        except FileNotFoundError:
            await self._answered(lambda: self._explain_missing_files(final.job))
        await self._note_delivered(told_id)

    async def _show_again(self, final: JobUpdate) -> None:
        """Show the outcome once more: an edit that was cut off may have arrived after it."""
        await asyncio.sleep(self.timings.settle)
        self.card.distrust()

        async def show() -> None:
            job = await self.jobs.get(final.job.id)  # with other colours by now, perhaps
            await self.delivery.show(self.card, replace(final, job=job))

        try:
            await self._answered(show)
        except (discord.HTTPException, FileNotFoundError):
            _LOG.info("Job %s: its card stays as it is.", final.job.id, exc_info=True)

    async def _hand_over(self, final: JobUpdate) -> int | None:
        if self._files_gone:
            raise FileNotFoundError
        await self.jobs.get(final.job.id)  # it may have been deleted since the last attempt
        return await self.delivery.deliver(self.card, final)

    async def _explain_missing_files(self, job: Job) -> None:
        """Say it on the card: a card without pictures is all that there will be."""
        if job.state is JobState.FAILED and job.error:  # such as of a style taken down
            reason = job.error
        else:
            _LOG.error("The files of job %s cannot be read.", job.id)
            reason = self._words(
                "The files of this picture are gone from the bot's disk, so it cannot be finished. "
                "Please send the command again."
            )
        await self.delivery.say_instead(self.card, job, reason)

    async def _offer_collect(self) -> None:
        """Say how to get the picture later: the bot's only way to the card is about to close."""
        _LOG.info("Job %s outlives its token; its card offers to collect it.", self.job.id)
        async with aclosing(self.jobs.watch(self.job.id)) as updates:
            update = await anext(updates)
        layout, files = collect_card(update, self._words), files_of(self.files, update)
        try:
            await self._answered(lambda: self.card.show(lambda: (layout, files), Urgency.RESULT))
        except (discord.HTTPException, FileNotFoundError):
            _LOG.warning("Job %s: its card cannot offer to collect it.", self.job.id, exc_info=True)

    async def _answered(self, attempt: Callable[[], Awaitable[T]]) -> T:
        return await self.retries.until_answered(attempt, f"Delivery of job {self.job.id}")

    async def _note_delivered(self, told_id: int | None) -> None:
        failed = 0
        while True:
            try:
                await self.finish(self.jobs.mark_delivered(self.job.id, told_id))
            except Exception as error:
                failed += 1
                _LOG.exception("Job %s is delivered, but that cannot be stored.", self.job.id)
                await self.retries.pause(failed, error)
            else:
                return

    def _seconds_left(self, margin: float) -> float | None:
        """Return how long there is a way to the card; None for ever."""
        if self.job.address.bot_is_member:
            return None
        left = (self.job.token_dies_at - datetime.now(UTC)).total_seconds()
        return max(0.0, left - margin)

    @property
    def _words(self) -> Words:
        return words_for(self.job.spec.locale)


def _is_notable(shown: float | None, latest: float | None) -> bool:
    """Whether the time until a start has become known or unknown, or has changed by much."""
    if shown is None or latest is None:
        return shown is not latest
    return abs(latest - shown) > max(_NOTABLE_SECONDS, _NOTABLE_SHARE * shown)
