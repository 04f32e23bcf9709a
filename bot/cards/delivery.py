"""The last step of a job: its outcome to the chat, whatever the chat makes of it.

| the chat says                | what happens                                                    |
|------------------------------|-----------------------------------------------------------------|
| 413, the file is too large   | it is encoded smaller and sent again, three times at most       |
| 404, card or channel is gone | nobody is left to tell; the job counts as delivered             |
| 200000, AutoMod              | the card and a mention say so, without the picture              |
| 403 and other refusals       | the same, with what a moderator can do about it                 |
| 5xx, no connection           | again after growing pauses, then at the next start of the bot   |

A requester is mentioned once: the mention carries the job's id as its nonce, so that a bot that is
killed after it but before the store knows of it posts no second one. Discord remembers a nonce for
a few minutes; a bot that was killed at just that moment and comes back later than that mentions
twice. Where the bot is not in the server, it posts through the interaction's token, without nonces.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Final

import aiohttp
import discord

from bot.cards.place import CardPlace, mention
from bot.errors import TOO_LARGE, UserError
from bot.files.store import FileKey, FileStore
from bot.i18n import Text, words_for
from bot.jobs.model import Job, JobState
from bot.jobs.progress import JobUpdate
from bot.metrics import DELIVERIES
from bot.records import EncodedImage, ResultFile
from bot.ui.cards import Card, job_card, undeliverable_card
from bot.ui.media import result_name

_LOG = logging.getLogger(__name__)

TROUBLE: Final = (discord.HTTPException, aiohttp.ClientError, TimeoutError)
GONE: Final = frozenset({10003, 10004, 10008})  # unknown channel, guild, message
_SHRINKS: Final = 3
_TOO_LARGE: Final = 413
_SERVER_FAILED: Final = 500
_AUTOMOD: Final = frozenset({200000, 200001})
_REFUSED_WORDS: Final = Text(
    "Discord did not let me post the picture here. Please ask a moderator to check my permissions "
    "in this channel (Send Messages, Attach Files, Embed Links)."
)
_AUTOMOD_WORDS: Final = Text(
    "This server's AutoMod blocked my message with the picture. Please ask a moderator to let me "
    "post here."
)

Shrink = Callable[[Job, int], Awaitable[EncodedImage]]
"""Encodes the result of a job anew, in so many bytes at most; raises UserError if it cannot."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome is in the chat, as far as the chat lets it.

    Attributes:
        told_id: the message that told the requester, if one did.
    """

    told_id: int | None = None


class Delivery:
    """Brings outcomes to their requesters.

    Args:
        client: connected to the chat.
        files: where results are.
        shrink: for results that turn out to be too large.
        pauses: before an outcome is sent again, in seconds.
    """

    def __init__(
        self,
        client: discord.Client,
        files: FileStore,
        shrink: Shrink,
        pauses: tuple[float, ...],
    ) -> None:
        self._client = client
        self._files = files
        self._shrink = shrink
        self._pauses = pauses

    async def deliver(self, update: JobUpdate, inputs: Mapping[str, bytes]) -> Receipt | None:
        """Show the final state and tell the requester.

        Args:
            update: in a final state.
            inputs: the small pictures of the card by name.

        Returns:
            None if the chat cannot be reached; the next start is to try again.

        Raises:
            OSError: the result cannot be read.
        """
        for pause in (*self._pauses, None):
            try:
                told_id = await self._hand_over(update, inputs)
            except discord.HTTPException as error:
                if error.status < _SERVER_FAILED:  # trying again would not help
                    await self._give_up(update.job, error)
                    return Receipt()
                _LOG.warning("Job %s: delivery failed.", update.job.id, exc_info=True)
            except (aiohttp.ClientError, TimeoutError):
                _LOG.warning("Job %s: delivery failed.", update.job.id, exc_info=True)
            else:
                DELIVERIES.labels("shown").inc()
                return Receipt(told_id)
            if pause is not None:
                await asyncio.sleep(pause)
        _LOG.error("Job %s: not delivered; the next start tries again.", update.job.id)
        DELIVERIES.labels("postponed").inc()
        return None

    async def say_instead(self, job: Job, reason: str, *, kept: bool = False) -> None:
        """Say on the card, and to the requester, why there is no picture to show.

        Args:
            job: over.
            reason: what the card and the mention say.
            kept: whether the picture is there, and may be posted later.
        """
        words = words_for(job.spec.locale)
        card = undeliverable_card(job, reason, words, kept=kept)
        said = f"{mention(job.address)} {reason}"
        for place in self._places(job):
            shown = await _try(job, edit(place, card, {}))
            told = await _try(job, place.tell(said, nonce=job.id, private=job.spec.private))
            if shown or told:
                return

    def _places(self, job: Job) -> list[CardPlace]:
        """Return the card, and the same through the interaction's token while that lives."""
        places = [CardPlace(self._client, job.address)]
        if job.address.bot_is_member and datetime.now(UTC) < job.token_dies_at:
            places.append(CardPlace(self._client, replace(job.address, bot_is_member=False)))
        return places

    async def _hand_over(self, update: JobUpdate, inputs: Mapping[str, bytes]) -> int | None:
        place = CardPlace(self._client, update.job.address)
        await self._show(update, place, inputs)
        try:
            return await _tell_outcome(place, update.job)
        except discord.HTTPException as error:
            if error.status >= _SERVER_FAILED:
                raise
            # The outcome is on the card, and stays there.
            _LOG.warning("Job %s: its requester could not be told.", update.job.id, exc_info=True)
            return None

    async def _show(self, update: JobUpdate, place: CardPlace, inputs: Mapping[str, bytes]) -> None:
        """Edit the card; a picture that is too large is made smaller."""
        job, files = update.job, dict(inputs)
        if job.result is not None:
            files[result_name(job)] = await self._files.get(job.result.file)
        for left in range(_SHRINKS, -1, -1):
            card = job_card(replace(update, job=job), words_for(job.spec.locale))
            try:
                return await edit(place, card, files)
            except discord.HTTPException as error:
                if error.status != _TOO_LARGE or job.result is None or not left:
                    raise
                size = len(files[result_name(job)])
                _LOG.warning("Job %s: %d bytes are too many here.", job.id, size)
                try:
                    image = await self._shrink(job, size // 2)
                except UserError as reason:
                    _LOG.warning("Job %s cannot be made smaller: %s", job.id, reason)
                    raise error from reason
                job = _with_image(job, job.result, image)
                files[result_name(job)] = image.data
                DELIVERIES.labels("shrunk").inc()
        return None

    async def _give_up(self, job: Job, error: discord.HTTPException) -> None:
        """Say that Discord refuses the outcome for good, as far as it lets us."""
        DELIVERIES.labels("refused").inc()
        if error.code in GONE:
            _LOG.info("The card of job %s was deleted; nobody is told of the outcome.", job.id)
            return
        _LOG.error("Job %s cannot be delivered.", job.id, exc_info=error)
        if job.result is None:
            await _try(job, _tell_outcome(CardPlace(self._client, job.address), job))
        else:
            await self.say_instead(job, words_for(job.spec.locale)(why_refused(error)), kept=True)


def why_refused(error: discord.HTTPException) -> Text:
    """Say why Discord takes no picture here, and what can be done about it."""
    if error.status == _TOO_LARGE:
        return TOO_LARGE
    return _AUTOMOD_WORDS if error.code in _AUTOMOD else _REFUSED_WORDS


async def edit(place: CardPlace, card: Card, contents: Mapping[str, bytes]) -> None:
    """Show a card; raises what `CardPlace.edit` raises."""
    files = [discord.File(io.BytesIO(contents[name]), filename=name) for name in card.files]
    await place.edit(card.view, files)


def _with_image(job: Job, result: ResultFile, image: EncodedImage) -> Job:
    """Return the job as if this image, which is not stored, were its result."""
    name = PurePosixPath(result.file).with_suffix(image.suffix)
    shown = replace(result, file=FileKey(str(name)), width=image.width, height=image.height)
    return replace(job, result=shown)


async def _tell_outcome(place: CardPlace, job: Job) -> int | None:
    """Tell the requester; whoever cancelled a job knows it already."""
    words, person = words_for(job.spec.locale), mention(job.address)
    if job.state is JobState.DONE and job.spec.strengths:
        text = words(
            "{person}, your sheet of four strengths is ready. Press one, and it is painted in full "
            "size.",
            person=person,
        )
    elif job.state is JobState.DONE:
        text = words("{person}, your picture is ready.", person=person)
    elif job.state is JobState.FAILED:
        error = job.error or words("The host's log says why.")
        text = words(
            "{person}, your picture could not be painted. {reason}", person=person, reason=error
        )
    else:
        return None
    return await place.tell(text, nonce=job.id, private=job.spec.private)


async def _try(job: Job, attempt: Awaitable[object]) -> bool:
    try:
        await attempt
    except TROUBLE:
        _LOG.warning("Job %s: its requester could not be told.", job.id, exc_info=True)
        return False
    return True
