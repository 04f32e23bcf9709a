"""“Report this picture” in the menu of messages, and what moderators do about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, cast

import discord
from discord import app_commands

from backend.errors import JobNotFound, UserError
from backend.files.store import FileKey
from backend.i18n import Text, words_for
from backend.jobs.finished import FinishedJobs
from backend.jobs.model import Job, JobState
from backend.jobs.queue import JobQueue
from backend.preferences import Preferences
from backend.records import StoredImage
from backend.shelf import Shelf
from bot.actions.deletion import delete_with_card
from bot.actions.posting import post
from bot.actions.registry import ActionSpec, show_form
from bot.actions.rights import check_moderator, check_moderator_of, guild_of
from bot.commands.suggestions import everywhere
from bot.orders.pictures import job_of_card
from bot.ui.form import FormLayout, Submission, fitting
from bot.ui.forms import report_form
from bot.ui.language import Interaction, public_locale_of, words_of
from bot.ui.layouts import MAX_CONTENT
from bot.ui.reports import (
    BLOCK,
    DELETE_REPORTED,
    DISMISS,
    report_buttons,
    report_text,
    rest_of_buttons,
)

_MOST_KNOWN: Final = 1000


@dataclass(eq=False, kw_only=True)
class Reports:
    """Takes reports of my pictures to the channel that the server's moderators chose."""

    jobs: JobQueue
    finished: FinishedJobs
    shelf: Shelf
    preferences: Preferences
    _known: dict[int, None] = field(init=False, default_factory=dict)  # messages, the latest

    @property
    def menus(self) -> list[app_commands.ContextMenu]:
        """Return the entry of the menu of messages."""
        name = app_commands.locale_str("Report this picture")
        return [everywhere(app_commands.ContextMenu(name=name, callback=self._report))]

    @property
    def actions(self) -> list[ActionSpec]:
        """Return what its form and the buttons below a report do."""
        over = tuple(state for state in JobState if state.is_final)
        form = r"report:(?P<message>\d+):(?P<card>[0-9a-z]*)"
        block = rf"{BLOCK}:(?P<sha256>[0-9a-f]{{64}}):(?P<fingerprint>[0-9a-f]*)"
        return [
            ActionSpec(form, self._form, is_form=True),
            ActionSpec(DELETE_REPORTED, self._delete, states=over, may=check_moderator_of),
            ActionSpec(block, self._block, may=check_moderator),
            ActionSpec(DISMISS, self._dismiss, may=check_moderator),
        ]

    async def _report(self, interaction: Interaction, message: discord.Message) -> None:
        """Ask what is wrong with a picture of mine."""
        bot_id = interaction.client.user.id
        if message.author.id != bot_id:
            raise UserError(
                "Here you can report pictures that I have painted. For everything else there is "
                "Discord's own “Report Message”."
            )
        if message.flags.ephemeral:
            raise UserError("Nobody but you can see this message.")
        self._check(interaction, message.id)
        card = job_of_card(message, bot_id) or ""
        form = await self._form(interaction, str(message.id), card)
        await show_form(interaction, form, f"report:{message.id}:{card}")

    def _check(self, interaction: Interaction, message_id: int) -> int:
        """Return the channel for reports; refuse where there is none, or it was reported before."""
        channel = self.preferences.server(guild_of(interaction)).report_channel
        if channel is None:
            raise UserError(
                "In this server nobody has chosen yet where reports go. Please tell a moderator: "
                "it is done with `/settings reports`."
            )
        if message_id in self._known:
            raise UserError("This picture has been reported; the moderators know of it.")
        return channel

    async def _form(self, interaction: Interaction, message: str, card: str) -> FormLayout:
        return report_form(words_of(interaction), partial(self._send, int(message), card))

    async def _send(
        self, message_id: int, card: str, interaction: Interaction, filled: Submission
    ) -> None:
        """Bring a report to the moderators."""
        channel = self._check(interaction, message_id)
        await interaction.response.defer(ephemeral=True, thinking=True)
        try:
            job = await self.jobs.get(card) if card else None
        except JobNotFound:
            job = None
        link = (
            f"https://discord.com/channels/{interaction.guild_id}/{interaction.channel_id}"
            f"/{message_id}"
        )
        words = words_for(public_locale_of(interaction))
        text = report_text(words, link, interaction.user.id, job, filled.text("reason"))
        await post(interaction, channel, text, report_buttons(words, job))
        self._known[message_id] = None
        while len(self._known) > _MOST_KNOWN:
            del self._known[next(iter(self._known))]
        words = words_of(interaction)
        said = words("Thank you. The moderators of this server have your report.")
        await interaction.followup.send(said, ephemeral=True)

    async def _delete(self, interaction: Interaction, job: Job) -> None:
        await interaction.response.defer()
        if await delete_with_card(interaction, self.finished, job):
            done = Text("{what}: done by {person}.")
        else:
            done = Text(
                "{what}: done by {person}, but I cannot reach the card. Delete it yourself."
            )
        await self._note(interaction, done)

    async def _block(self, interaction: Interaction, sha256: str, fingerprint: str) -> None:
        """Block a picture in this server, also as a photo."""
        await interaction.response.defer()
        nowhere = FileKey("")  # only how it looks is kept
        image = StoredImage(
            file=nowhere,
            thumbnail=nowhere,
            filename="",
            sha256=sha256,
            width=0,
            height=0,
            fingerprint=fingerprint or None,
        )
        server, moderator = guild_of(interaction), interaction.user.id
        await self.shelf.take_down(image, guild_id=server, asked_by=moderator)
        await self.jobs.check_waiting()
        done = Text("{what}: done by {person}. What looks like it cannot be used here any more.")
        await self._note(interaction, done)

    async def _dismiss(self, interaction: Interaction) -> None:
        await interaction.response.defer()
        await self._note(interaction, Text("{what}: said by {person}."))

    async def _note(self, interaction: Interaction, done: Text) -> None:
        """Write below a report what was done; the button that was pressed goes from it."""
        report, data = interaction.message, cast(dict[str, Any], interaction.data)
        if report is None:
            raise RuntimeError("Discord did not say which message was pressed")
        what, others = rest_of_buttons(report, data["custom_id"])
        words = words_for(public_locale_of(interaction))
        said = words(done, what=what, person=f"<@{interaction.user.id}>")
        await interaction.edit_original_response(
            content=fitting(f"{report.content}\n-# {said}", MAX_CONTENT),
            view=others,
            allowed_mentions=discord.AllowedMentions.none(),
        )
