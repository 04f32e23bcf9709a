"""What a finished card has: the menu, colours, description, sharing, deletion."""

from __future__ import annotations

import io
import logging
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

import discord
from discord import ui

from backend.errors import FILES_GONE, JobNotFound, UserError
from backend.files.store import FileStore
from backend.i18n import Text, words_for
from backend.jobs.finished import FinishedJobs
from backend.jobs.model import FINAL, Job
from backend.jobs.progress import JobUpdate
from backend.jobs.queue import JobQueue
from backend.locks import Locks
from backend.tools import QuickWork
from bot.actions.deletion import CARD_STAYS, delete_with_card
from bot.actions.posting import check_post, pictures_to_post
from bot.actions.registry import ActionSpec
from bot.actions.rights import check_may_change, may_change
from bot.actions.running import is_behind_token
from bot.cards.answers import FAILURES
from bot.cards.place import CardPlace, is_reachable
from bot.cards.recolouring import Recolouring
from bot.orders.places import address_of
from bot.orders.submit import Orders
from bot.ui.buttons import (
    DELETE,
    DESCRIBE,
    ERASE,
    MENU,
    REPOST,
    SHARE,
    SPARE,
    TO_PHOTO,
    TO_STYLE,
    answer_panel,
    deletion_panel,
    menu_panel,
)
from bot.ui.cards import job_card
from bot.ui.form import FormLayout, Submission
from bot.ui.forms import describe_form
from bot.ui.language import Interaction, public_locale_of, words_of
from bot.ui.layouts import announced
from bot.ui.media import input_files, result_name
from nst.options import Colours

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardActions:
    """Opens the menu, and does what only a card's requester and moderators may do."""

    orders: Orders
    jobs: JobQueue
    finished: FinishedJobs
    recolouring: Recolouring
    files: FileStore
    quick: QuickWork
    announcement: Callable[[], str]
    _locks: Locks = field(init=False, default_factory=Locks)
    _sharing: set[str] = field(init=False, default_factory=set)

    @property
    def actions(self) -> list[ActionSpec]:
        """What the buttons do."""
        guarded = partial(ActionSpec, may=check_may_change)
        return [
            ActionSpec(MENU, self._menu),
            guarded(TO_PHOTO, partial(self._recolour, Colours.PHOTO)),
            guarded(TO_STYLE, partial(self._recolour, Colours.STYLE)),
            guarded(DESCRIBE, self._describe_form, is_form=True),
            guarded(DELETE, self._ask_deletion, states=FINAL),
            guarded(ERASE, self._delete, states=FINAL),
            ActionSpec(SPARE, self._spare),
            guarded(SHARE, self._share),
            guarded(REPOST, self._repost),
        ]

    async def _menu(self, interaction: Interaction, job: Job) -> None:
        changes = may_change(interaction, job)
        panel = menu_panel(words_of(interaction), job, may_change=changes)
        if changes and is_behind_token(interaction, job):
            # This press reaches the card for another 15 minutes, if it is what the press answers.
            await interaction.response.defer()
            await self.jobs.renew_token(job.id, interaction.token)
            await interaction.followup.send(view=panel, ephemeral=True)
        else:
            await interaction.response.send_message(view=panel, ephemeral=True)

    async def _recolour(self, colours: Colours, interaction: Interaction, job: Job) -> None:
        """Show the photo's colours instead of the style's, or these again, on the same card."""
        await interaction.response.defer()
        async with self._locks.of(job.id):  # two presses at once want the same
            job = await self.jobs.get(job.id)
            if job.spec.options.colours is not colours:
                most = min(job.spec.max_result_bytes, self.orders.result_limit(interaction))
                fitted = replace(job, spec=replace(job.spec, max_result_bytes=most))
                make = partial(self.recolouring.recolour, fitted, colours)
                image = await self.quick.do(interaction.user.id, (job.id, colours), make)
                options = replace(job.spec.options, colours=colours)
                job = await self.finished.recolour(job.id, options, image)
            await self._answer_with(interaction, job)

    async def _ask_deletion(self, interaction: Interaction, job: Job) -> None:
        panel = deletion_panel(words_of(interaction), job)
        await interaction.response.send_message(view=panel, ephemeral=True)

    async def _delete(self, interaction: Interaction, job: Job) -> None:
        """Delete the card, the picture and everything of it that nobody else needs."""
        await interaction.response.defer()
        is_gone = await delete_with_card(interaction, self.finished, job)
        said = words_of(interaction)(Text("Deleted.") if is_gone else CARD_STAYS)
        await interaction.edit_original_response(view=answer_panel(said))

    async def _spare(self, interaction: Interaction) -> None:
        """Take the question away; a client may name it below any message, which stays."""
        await interaction.response.defer()
        if interaction.message and interaction.message.flags.ephemeral:
            await interaction.delete_original_response()

    async def _share(self, interaction: Interaction, job: Job) -> None:
        """Post a private result for everybody, with a card of its own; of two quick presses one."""
        await check_post(self.orders, interaction, job)
        if job.id in self._sharing:
            raise UserError("It has been shared already.")
        self._sharing.add(job.id)
        try:
            await self._share_once(interaction, await self.jobs.get(job.id))
        finally:
            self._sharing.remove(job.id)

    async def _share_once(self, interaction: Interaction, job: Job) -> None:
        if not job.spec.private:
            raise UserError("It has been shared already.")
        # The picture may be on its way for longer than Discord waits for the first answer.
        await interaction.response.defer(thinking=True)
        locale = public_locale_of(interaction)
        spoiler = job.spec.spoiler or self.orders.settings(interaction).spoiler
        spec = replace(job.spec, private=False, locale=locale, spoiler=spoiler)
        try:
            with pictures_to_post():
                message_id = await self._answer_with(interaction, replace(job, spec=spec))
        except Exception:
            with suppress(*FAILURES):  # why there is none, only who pressed is told
                await interaction.delete_original_response()
            raise
        address = address_of(interaction, private=False)
        is_member = address.bot_is_member and await is_reachable(interaction)
        at = replace(address, message_id=message_id, bot_is_member=is_member)
        shared = await self.finished.publish(job.id, at, locale, spoiler=spoiler)
        await self._edited(_place(interaction, job), shared)  # Share goes from it

    async def _repost(self, interaction: Interaction, job: Job) -> None:
        """Show a result that Discord refused before, or say why it still does."""
        await self.orders.blocks.check_spec(job.spec, interaction.guild_id)
        await interaction.response.defer()
        with pictures_to_post():
            await self._answer_with(interaction, job)

    async def _answer_with(self, interaction: Interaction, job: Job) -> int:
        """Show a finished job on the answer, such as the card that was pressed; return its id."""
        view, files = await self._shown(job)
        message = await interaction.edit_original_response(
            view=view, attachments=files, allowed_mentions=discord.AllowedMentions.none()
        )
        return message.id

    async def _describe_form(self, interaction: Interaction, job: Job) -> FormLayout:
        return describe_form(words_of(interaction), job.alt, partial(self._describe, job))

    async def _describe(self, job: Job, interaction: Interaction, filled: Submission) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        job = await self.finished.describe(job.id, _readable(filled.text("text")) or None)
        words = words_of(interaction)
        if await self._edited(_place(interaction, job), job):
            said = words("Saved. Screen readers now read out your description.")
        else:
            said = words(
                "Saved. I cannot reach the card now; it will be there when the card next changes."
            )
        await interaction.followup.send(said, ephemeral=True)

    async def _edited(self, place: CardPlace, job: Job) -> bool:
        """Show a finished job on a card; return whether that can be reached."""
        try:
            await place.edit(*await self._shown(job))
        except FAILURES:
            _LOG.info("Job %s: its card could not be edited.", job.id, exc_info=True)
            return False
        return True

    async def _shown(self, job: Job) -> tuple[ui.LayoutView, list[discord.File]]:
        """Return the card of a finished job, and the files that it shows."""
        if job.result is None:
            raise JobNotFound("This picture is not kept any more. Please ask for it again.")
        card = job_card(JobUpdate(job=job), words_for(job.spec.locale))
        announced(card.view, self.announcement())
        keys = {**input_files(job), result_name(job): job.result.file}
        try:
            data = {name: await self.files.get(keys[name]) for name in card.files}
        except FileNotFoundError as error:
            raise JobNotFound(FILES_GONE) from error
        files = [discord.File(io.BytesIO(data[name]), filename=name) for name in card.files]
        return card.view, files


def _place(interaction: Interaction, job: Job) -> CardPlace:
    return CardPlace(interaction.client, job.address, job.token_dies_at)


def _readable(text: str) -> str:
    """Return a text without control characters, as a screen reader can say it."""
    kept = (sign for sign in text if sign == "\n" or unicodedata.category(sign) != "Cc")
    return "".join(kept).strip()
