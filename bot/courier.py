"""The courier carries what happens to a job to its card, and the result to its requester.

A requester is mentioned once: the mention carries the job's id as its nonce, so that a bot that is
killed after it but before the store knows of it posts no second one. Discord remembers a nonce for
a few minutes; a bot that was killed at just that moment and comes back later than that mentions
twice. Where the bot is not in the server, it posts through the interaction's token, without nonces.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Awaitable, Coroutine
from pathlib import Path
from typing import Final

import aiofiles
import aiohttp
import discord

from bot.apologies import apologize
from bot.errors import JobNotFound
from bot.i18n import Text, Words, words_for
from bot.jobs.arrivals import Arrivals
from bot.jobs.model import Job, JobState
from bot.jobs.progress import JobUpdate
from bot.jobs.queue import JobQueue
from bot.ui.cards import (
    PHOTO,
    PREVIEW,
    STYLE,
    Card,
    job_card,
    pausing_card,
    result_name,
    undeliverable_card,
)
from bot.ui.place import CardPlace, mention

_LOG = logging.getLogger(__name__)

# Discord lets a channel's messages be edited about five times in five seconds; a card that is
# edited more rarely than every two seconds leaves room for its neighbours.
EDIT_SECONDS: Final = 2.5
_GOODBYE_SECONDS: Final = 5.0  # as long as a window of the rate limit for edits
_RETRY_SECONDS: Final = (2.0, 10.0, 60.0)
_UNKNOWN_MESSAGE: Final = 10008
_TOO_LARGE: Final = 413
_SERVER_FAILED: Final = 500
_TOO_LARGE_WORDS: Final = Text(
    "The picture is larger than this server takes. Please ask for a smaller size."
)
_REFUSED_WORDS: Final = Text(
    "Discord did not let me post the picture here. Please ask a moderator to check my permissions "
    "in this channel (Send Messages, Attach Files, Embed Links)."
)
_GONE_WORDS: Final = Text(
    "The files of this picture are gone from the bot's disk, so it cannot be finished. Please send "
    "the command again."
)
_TROUBLE: Final = (discord.HTTPException, aiohttp.ClientError, TimeoutError)


class Courier:
    """Follows jobs until their outcome is in the chat; an async context manager.

    Args:
        client: connected to the chat.
        jobs: the queue.
        arrivals: commands that are not jobs yet.
        edit_seconds: least time between two edits of a card.

    Attributes:
        is_closed: the bot is about to end; whoever asks for something should hear that.
    """

    def __init__(
        self,
        client: discord.Client,
        jobs: JobQueue,
        arrivals: Arrivals,
        *,
        edit_seconds: float = EDIT_SECONDS,
    ) -> None:
        self._client = client
        self._jobs = jobs
        self._arrivals = arrivals
        self._edit_seconds = edit_seconds
        self.is_closed = False
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def resume(self) -> None:
        """Take up what the bot's last end left: jobs without a delivery, commands without a job.

        Only before the first new command comes in.
        """
        for job in await self._jobs.undelivered():
            self.follow(job)
        for arrival in await self._arrivals.all():
            self._start(
                arrival.address.interaction_token,
                apologize(self._client, self._arrivals, arrival),
                name="courier of a command that was cut off",
            )

    def follow(self, job: Job) -> None:
        """Keep the job's card up to date from now on, and deliver the outcome.

        After `close` that is left to the next start.
        """
        if job.id not in self._tasks and not self.is_closed:
            self._start(job.id, self._follow(job), name=f"courier of job {job.id}")

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
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await asyncio.gather(*map(self._pause, self._jobs.overview()))
        except TimeoutError:
            _LOG.warning("Not every card could be told of the restart.")

    def _start(self, key: str, work: Coroutine[None, None, None], *, name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._tasks.pop(key, None))

    async def _follow(self, job: Job) -> None:
        try:
            place = CardPlace(self._client, job.address)
            inputs = await _inputs(job)
            async for update in self._jobs.watch(job.id):
                if update.job.state.is_final:
                    await self._deliver(update, place, inputs)
                elif not await self._show(update, place, inputs):
                    await self._jobs.cancel(job.id)
                else:
                    await asyncio.sleep(self._edit_seconds)
        except JobNotFound:
            _LOG.info("Job %s is not kept any more; its card stays as it is.", job.id)
        except OSError:
            _LOG.exception("The files of job %s cannot be read.", job.id)
            await self._jobs.cancel(job.id)
            await self._say_instead(job, CardPlace(self._client, job.address), _GONE_WORDS)
            await self._jobs.mark_delivered(job.id)
        except Exception:
            _LOG.exception("The card of job %s cannot be kept up to date.", job.id)

    async def _show(self, update: JobUpdate, place: CardPlace, inputs: dict[str, bytes]) -> bool:
        """Edit the card once; a failure is logged and the next edit tries anew.

        Returns:
            False if the card was deleted, which means that nobody wants the picture any more.
        """
        files = dict(inputs)
        if update.preview is not None:
            files[PREVIEW] = update.preview
        try:
            await _edit(place, job_card(update, _words(update.job)), files)
        except discord.NotFound as error:
            if error.code == _UNKNOWN_MESSAGE:
                _LOG.info("The card of job %s was deleted; the job is cancelled.", update.job.id)
                return False
            _LOG.warning("Job %s: the card was not found.", update.job.id, exc_info=True)
        except _TROUBLE:
            _LOG.warning("Job %s: an edit of its card failed.", update.job.id, exc_info=True)
        return True

    async def _pause(self, update: JobUpdate) -> None:
        place = CardPlace(self._client, update.job.address)
        try:
            await _edit(place, pausing_card(update, _words(update.job)), await _inputs(update.job))
        except (*_TROUBLE, OSError):
            _LOG.warning("Job %s: its card was not told of the restart.", update.job.id)

    async def _deliver(self, update: JobUpdate, place: CardPlace, inputs: dict[str, bytes]) -> None:
        """Show the final state and tell the requester; then the job counts as delivered."""
        job = update.job
        files = dict(inputs)
        if job.result is not None:
            files[result_name(job)] = await _read(job.result.path)
        for pause in (*_RETRY_SECONDS, None):
            try:
                await self._hand_over(update, place, files)
            except discord.HTTPException as error:
                if error.status < _SERVER_FAILED:  # trying again would not help
                    await self._give_up(job, place, error)
                    break
                _LOG.warning("Job %s: delivery failed.", job.id, exc_info=True)
            except (aiohttp.ClientError, TimeoutError):
                _LOG.warning("Job %s: delivery failed.", job.id, exc_info=True)
            else:
                break
            if pause is None:
                _LOG.error("Job %s: not delivered; the next start tries again.", job.id)
                return
            await asyncio.sleep(pause)
        await self._jobs.mark_delivered(job.id)

    async def _hand_over(
        self, update: JobUpdate, place: CardPlace, files: dict[str, bytes]
    ) -> None:
        job = update.job
        await _edit(place, job_card(update, _words(update.job)), files)
        try:
            await _tell_outcome(place, job)
        except discord.HTTPException as error:
            if error.status >= _SERVER_FAILED:
                raise
            # The outcome is on the card, and stays there.
            _LOG.warning("Job %s: its requester could not be told.", job.id, exc_info=True)

    async def _give_up(self, job: Job, place: CardPlace, error: discord.HTTPException) -> None:
        """Discord refuses the outcome for good: say so as far as it lets us."""
        if isinstance(error, discord.NotFound) and error.code == _UNKNOWN_MESSAGE:
            _LOG.info("The card of job %s was deleted; nobody is told of the outcome.", job.id)
            return
        _LOG.error("Job %s cannot be delivered.", job.id, exc_info=error)
        if job.result is None:
            await _try(job, _tell_outcome(place, job))
            return
        reason = _TOO_LARGE_WORDS if error.status == _TOO_LARGE else _REFUSED_WORDS
        await self._say_instead(job, place, reason)

    async def _say_instead(self, job: Job, place: CardPlace, text: Text) -> None:
        words = words_for(job.locale)
        reason = words(text)
        await _try(job, _edit(place, undeliverable_card(job, reason, words), {}))
        await _try(job, place.tell(f"{mention(job.address)} {reason}", nonce=job.id))


async def _tell_outcome(place: CardPlace, job: Job) -> None:
    """Whoever cancelled a job knows it already; all others are told."""
    words, person = _words(job), mention(job.address)
    if job.state is JobState.DONE:
        text = words("{person} your picture is ready.", person=person)
    elif job.state is JobState.FAILED:
        error = job.error or words("The host's log says why.")
        text = words("{person} your picture failed. {reason}", person=person, reason=error)
    else:
        return
    await place.tell(text, nonce=job.id)


async def _try(job: Job, attempt: Awaitable[None]) -> None:
    try:
        await attempt
    except _TROUBLE:
        _LOG.warning("Job %s: its requester could not be told.", job.id, exc_info=True)


async def _edit(place: CardPlace, card: Card, contents: dict[str, bytes]) -> None:
    files = [discord.File(io.BytesIO(contents[name]), filename=name) for name in card.files]
    await place.edit(card.view, files)


async def _inputs(job: Job) -> dict[str, bytes]:
    return {PHOTO: await _read(job.content.thumbnail), STYLE: await _read(job.style.thumbnail)}


def _words(job: Job) -> Words:
    return words_for(job.locale)


async def _read(path: Path) -> bytes:
    async with aiofiles.open(path, "rb") as file:
        return await file.read()
