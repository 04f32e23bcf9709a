"""The last step of a job: its outcome to the chat, whatever the chat makes of it.

| Discord's answer (`bot.cards.answers`)  | what happens                                          |
|-----------------------------------------|-------------------------------------------------------|
| none, or an outage                      | raised: whoever asked tries again, however long       |
| the file is too large                   | it is encoded smaller and sent again, three times     |
| the thread is archived                  | the mention first, which opens it, then the card      |
| the card, its channel or server is gone | nobody is left to tell; the job counts as delivered   |
| refused in every way                    | the card, or else a message, says why, with a button  |
|                                         | that posts the picture later                          |

A requester is mentioned once: the mention carries the job's id as its nonce, so that a bot that is
killed after it but before the store knows of it posts no second one. Discord remembers a nonce for
a few minutes; a bot that was killed at just that moment and comes back later than that mentions
twice. Where the bot is not in the server, it posts through the interaction's token, without nonces.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import Final, TypeVar

import discord

from backend.errors import UserError
from backend.files.store import FileKey, FileStore
from backend.i18n import words_for
from backend.jobs.model import Job, JobState
from backend.jobs.progress import JobUpdate
from backend.metrics import DELIVERIES
from backend.records import EncodedImage, ResultFile
from bot.cards.answers import Meaning, meaning_of, why_refused
from bot.cards.place import mention
from bot.cards.posted import CardFile, PostedCard, files_of
from bot.cards.scheduler import Urgency
from bot.ui.cards import job_card, undeliverable_card
from bot.ui.media import result_name

_LOG = logging.getLogger(__name__)
T = TypeVar("T")

_SHRINKS: Final = 3

Shrink = Callable[[Job, int], Awaitable[EncodedImage]]
"""Encodes the result of a job anew, in so many bytes at most; raises UserError if it cannot."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The way of outcomes to their requesters; what it raises is an outage, or a missing file."""

    files: FileStore
    shrink: Shrink

    async def deliver(self, card: PostedCard, update: JobUpdate) -> int | None:
        """Show the final state and tell the requester, as far as the chat lets it.

        May be repeated until it succeeds; returns the message that told the requester, if any.
        """
        job = update.job
        try:
            told_id = await self._hand_over(card, update)
        except discord.HTTPException as error:
            if meaning_of(error) is Meaning.OUTAGE:
                raise
            return await self._give_up(card, job, error)
        DELIVERIES.labels("shown").inc()
        return told_id

    async def say_instead(
        self, card: PostedCard, job: Job, reason: str, *, kept: bool = False
    ) -> None:
        """Say why there is no picture to show: on the card and in a mention, or in one message.

        A picture that is kept may be posted later.
        """
        words, said = words_for(job.spec.locale), f"{mention(job.address)} {reason}"
        nonce = f"{job.id}-instead"  # it may be that the outcome itself was told before
        layout = undeliverable_card(job, reason, words, kept=kept)

        async def show() -> bool:
            await card.show(lambda: (layout, {}), Urgency.RESULT)
            return True

        if await _unless_refused(job, show()):
            await _tell(card, job, said, nonce=nonce)
        else:  # the button has to be somewhere
            message = undeliverable_card(job, said, words, kept=kept)
            await _tell(card, job, message.view, nonce=nonce)

    async def _hand_over(self, card: PostedCard, update: JobUpdate) -> int | None:
        try:
            await self.show(card, update)
        except discord.HTTPException as error:
            if meaning_of(error) is not Meaning.ARCHIVED:
                raise
            if await _tell_outcome(card, update.job) is None:  # a message opens the thread
                raise
            await self.show(card, update)
        return await _tell_outcome(card, update.job)

    async def show(self, card: PostedCard, update: JobUpdate) -> None:
        """Show the final state, unless the card has it; make a picture smaller that is too large.

        Raises:
            discord.HTTPException: Discord refuses it, or there is an outage.
        """
        job, files = update.job, files_of(self.files, update)
        if card.has_outcome:
            return
        for left in range(_SHRINKS, -1, -1):
            shown = job_card(replace(update, job=job), words_for(job.spec.locale)), files
            try:
                await card.show(partial(_same, shown), Urgency.RESULT)
            except discord.HTTPException as error:
                if meaning_of(error) is not Meaning.TOO_LARGE or job.result is None or not left:
                    raise
                image = await self._smaller(job, files[result_name(job)], error)
                job = _with_image(job, job.result, image)
                files[result_name(job)] = CardFile.of(image.data)
            else:
                card.has_outcome = True
                return

    async def _smaller(
        self, job: Job, result: CardFile, error: discord.HTTPException
    ) -> EncodedImage:
        """Return the result in half its size; raises `error` if that cannot be."""
        size = len(await result.read())
        _LOG.warning("Job %s: %d bytes are too many here.", job.id, size)
        try:
            smaller = await self.shrink(job, size // 2)
        except UserError as reason:
            _LOG.warning("Job %s cannot be made smaller: %s", job.id, reason)
            raise error from reason
        DELIVERIES.labels("shrunk").inc()
        return smaller

    async def _give_up(
        self, card: PostedCard, job: Job, error: discord.HTTPException
    ) -> int | None:
        """Say that Discord refuses the outcome, as far as it lets us."""
        DELIVERIES.labels("refused").inc()
        if meaning_of(error) is Meaning.GONE:
            _LOG.info("The card of job %s was deleted; nobody is told of the outcome.", job.id)
            return None
        _LOG.error("Job %s cannot be delivered.", job.id, exc_info=error)
        if job.result is None:
            return await _tell_outcome(card, job)
        reason = words_for(job.spec.locale)(why_refused(error))
        await self.say_instead(card, job, reason, kept=True)
        return None


def _same(shown: T) -> T:
    return shown


def _with_image(job: Job, result: ResultFile, image: EncodedImage) -> Job:
    """Return the job as if this image, which is not stored, were its result."""
    name = PurePosixPath(result.file).with_suffix(image.suffix)
    shown = replace(result, file=FileKey(str(name)), width=image.width, height=image.height)
    return replace(job, result=shown)


async def _tell_outcome(card: PostedCard, job: Job) -> int | None:
    """Tell the requester, once, and not one who has cancelled the job themselves."""
    words, person = words_for(job.spec.locale), mention(job.address)
    if job.delivered or card.told_id:
        return card.told_id or job.told_id
    if job.state is JobState.DONE and job.started_at is None:  # kept of what was painted before
        return None
    if job.state is JobState.DONE and job.spec.strengths:
        text = words(
            "{person}, your picture is ready in four strengths. Press one, and it is painted "
            "large.",
            person=person,
        )
    elif job.state is JobState.DONE and job.spec.versions:
        text = words("{person}, your pictures are ready. Keep those that you like.", person=person)
    elif job.state is JobState.DONE:
        is_film = job.result is not None and job.result.frames
        text = words(
            "{person}, your film is ready." if is_film else "{person}, your picture is ready.",
            person=person,
        )
    elif job.state is JobState.FAILED:
        error = job.error or words("The host's log says why.")
        text = words(
            "{person}, your picture could not be painted. {reason}", person=person, reason=error
        )
    else:
        return None
    card.told_id = await _tell(card, job, text)
    return card.told_id


async def _tell(
    card: PostedCard, job: Job, said: str | discord.ui.LayoutView, *, nonce: str | None = None
) -> int | None:
    telling = card.place.tell(said, nonce=nonce or job.id, private=job.spec.private)
    return await _unless_refused(job, telling)


async def _unless_refused(job: Job, attempt: Awaitable[T]) -> T | None:
    """Return what the attempt returns, None if Discord refuses it for good."""
    try:
        return await attempt
    except discord.HTTPException as error:
        if meaning_of(error) is Meaning.OUTAGE:
            raise
        _LOG.warning("Job %s: its requester could not be told.", job.id, exc_info=True)
        return None
