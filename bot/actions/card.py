"""Changes of a finished card: colours, description, sharing, deletion."""

from __future__ import annotations

import asyncio
import io
import logging
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from weakref import WeakValueDictionary

import discord
from discord import ui

from bot.cards.delivery import GONE, TROUBLE, why_refused
from bot.cards.place import CardPlace
from bot.cards.recolouring import Recolouring
from bot.errors import FILES_GONE, JobNotFound, UserError
from bot.i18n import Words, words_for
from bot.jobs.finished import FinishedJobs
from bot.jobs.model import Job
from bot.jobs.progress import JobUpdate
from bot.jobs.queue import JobQueue
from bot.ui.cards import job_card
from bot.ui.forms import MAX_NOTE, Form, fitting
from bot.ui.language import public_locale_of, words_of
from bot.ui.media import input_files, result_name
from bot.ui.panel import answer_panel, deletion_panel
from nst.options import Colours

_LOG = logging.getLogger(__name__)

MAX_ALT: Final = 1024
_SERVER_FAILED: Final = 500


class CardActions:
    """What only a card's requester and moderators may do.

    Args:
        jobs: the queue.
        finished: finished jobs.
        recolouring: makes other colours.
    """

    def __init__(self, *, jobs: JobQueue, finished: FinishedJobs, recolouring: Recolouring) -> None:
        self._jobs = jobs
        self._finished = finished
        self._recolouring = recolouring
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def to_photo(self, interaction: discord.Interaction[Any], job: Job) -> None:
        """The photo's colours instead of the style's, on the same card."""
        await self._recolour(interaction, job, Colours.PHOTO)

    async def to_style(self, interaction: discord.Interaction[Any], job: Job) -> None:
        """The style's colours again."""
        await self._recolour(interaction, job, Colours.STYLE)

    async def _recolour(
        self, interaction: discord.Interaction[Any], job: Job, colours: Colours
    ) -> None:
        await interaction.response.defer()
        async with self._lock(job):  # two presses at once want the same
            job = await self._jobs.get(job.id)
            if job.spec.options.colours is not colours:
                result = await self._recolouring.recolour(job, colours)
                options = replace(job.spec.options, colours=colours)
                job = await self._finished.recolour(job, options, result)
            view, files = await _shown(job)
            await interaction.edit_original_response(
                view=view, attachments=files, allowed_mentions=discord.AllowedMentions.none()
            )

    def description_form(self, words: Words, job: Job) -> Form:
        """Asks for the result's description."""
        return AltForm(words, job, self._describe)

    async def ask_deletion(self, interaction: discord.Interaction[Any], job: Job) -> None:
        """Ask whether it is meant."""
        panel = deletion_panel(words_of(interaction), job)
        await interaction.response.send_message(view=panel, ephemeral=True)

    async def delete(self, interaction: discord.Interaction[Any], job: Job) -> None:
        """The card, the picture and everything of it that nobody else needs are gone."""
        await interaction.response.defer()
        await self._finished.delete(job)
        place, words = CardPlace(interaction.client, job.address), words_of(interaction)
        if await _deleted(place, job.address.message_id):
            said = words("Deleted.")
        else:
            said = words(
                "The picture is deleted here. I cannot reach its card; dismiss it yourself."
            )
        if job.told_id:
            await _deleted(place, job.told_id)
        await interaction.edit_original_response(view=answer_panel(said))

    async def share(self, interaction: discord.Interaction[Any], job: Job) -> None:
        """Post a private result for everybody, with a card of its own."""
        async with self._lock(job):  # of two quick presses one posts it
            await self._share(interaction, await self._jobs.get(job.id))

    async def _share(self, interaction: discord.Interaction[Any], job: Job) -> None:
        if not job.spec.private:
            raise UserError("It has been shared already.")
        locale = public_locale_of(interaction)
        view, files = await _shown(
            replace(job, spec=replace(job.spec, private=False, locale=locale))
        )
        answer = await interaction.response.send_message(
            view=view, files=files, allowed_mentions=discord.AllowedMentions.none()
        )
        if answer.message_id is None:
            raise RuntimeError("Discord did not say where the card is")
        guild = interaction.guild_id and interaction.client.get_guild(interaction.guild_id)
        shared = await self._finished.publish(
            job.id,
            replace(
                job.address,
                message_id=answer.message_id,
                bot_is_member=bool(guild) or interaction.context.dm_channel,
                interaction_token=interaction.token,
            ),
            locale,
        )
        await _edited(CardPlace(interaction.client, job.address), shared)  # Share goes from it

    async def repost(self, interaction: discord.Interaction[Any], job: Job) -> None:
        """Show a result that Discord refused before.

        Raises:
            UserError: it does so still; the text says why.
        """
        await interaction.response.defer()
        view, files = await _shown(job)
        try:
            await interaction.edit_original_response(
                view=view, attachments=files, allowed_mentions=discord.AllowedMentions.none()
            )
        except discord.HTTPException as error:
            if error.status >= _SERVER_FAILED:
                raise
            raise UserError(why_refused(error)) from error

    def _lock(self, job: Job) -> asyncio.Lock:
        return self._locks.setdefault(job.id, asyncio.Lock())

    async def _describe(
        self, interaction: discord.Interaction[Any], job: Job, alt: str | None
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        job = await self._finished.describe(job.id, alt)
        words = words_of(interaction)
        if await _edited(CardPlace(interaction.client, job.address), job):
            said = words("Saved. Screen readers now read out your description.")
        else:
            said = words(
                "Saved. I cannot reach the card now; it will be there when the card next changes."
            )
        await interaction.followup.send(said, ephemeral=True)


class AltForm(Form):
    """Asks for the description.

    Args:
        words: of who opened it.
        job: done.
        keep: does it.
    """

    def __init__(
        self,
        words: Words,
        job: Job,
        keep: Callable[[discord.Interaction[Any], Job, str | None], Awaitable[None]],
    ) -> None:
        super().__init__(words("Describe the picture"))
        self._job = job
        self._keep = keep
        self._text: ui.TextInput[Any] = ui.TextInput(
            style=discord.TextStyle.paragraph,
            max_length=MAX_ALT,
            required=False,
            default=job.alt,
            placeholder=fitting(
                words("What the picture shows, for those who cannot see it"), MAX_NOTE
            ),
        )
        note = words("Leave it empty for the bot's own words.")
        self.add_field("text", words("Description"), self._text, note)

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Keep it."""
        await self._keep(interaction, self._job, _readable(self._text.value) or None)


def _readable(text: str) -> str:
    """What a screen reader can say of a text: without control characters."""
    kept = (sign for sign in text if sign == "\n" or unicodedata.category(sign) != "Cc")
    return "".join(kept).strip()


async def _edited(place: CardPlace, job: Job) -> bool:
    """Show a finished job on a card; whether that can be reached."""
    try:
        await place.edit(*await _shown(job))
    except TROUBLE:
        _LOG.info("Job %s: its card could not be edited.", job.id, exc_info=True)
        return False
    return True


async def _deleted(place: CardPlace, message_id: int) -> bool:
    """Take a message away; whether it is gone."""
    try:
        await place.delete(message_id)
    except discord.HTTPException as error:
        if error.code not in GONE:
            _LOG.info("Message %d could not be deleted.", message_id, exc_info=True)
            return False
    return True


async def _shown(job: Job) -> tuple[ui.LayoutView, list[discord.File]]:
    """The card of a finished job, and the files that it shows.

    Raises:
        JobNotFound: the files are gone.
    """
    if job.result is None:
        raise JobNotFound("This picture is not kept any more. Please ask for it again.")
    card = job_card(JobUpdate(job=job), words_for(job.spec.locale))
    paths = {**input_files(job), result_name(job): job.result.path}
    try:
        data = await asyncio.to_thread(_read, {name: paths[name] for name in card.files})
    except FileNotFoundError as error:
        raise JobNotFound(FILES_GONE) from error
    return card.view, [discord.File(io.BytesIO(data[name]), filename=name) for name in card.files]


def _read(paths: dict[str, Path]) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in paths.items()}
