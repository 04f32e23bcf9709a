"""Context menus on messages with a picture: "Stylize this…" and "Use as style"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

import discord
from discord import app_commands

from backend.errors import JobNotFound, Problems, UserError
from backend.i18n import Text
from backend.intake import Attachment
from backend.jobs.model import Job, JobState
from backend.preferences import Preferences
from backend.records import JobStyle, StoredImage
from bot.actions.registry import ActionSpec, show_form
from bot.actions.rights import check_may_repeat, check_state, guild_of
from bot.commands.style import Style
from bot.commands.suggestions import everywhere
from bot.orders.images import ImageSources, RequestedImages
from bot.orders.options import RequestedOptions
from bot.orders.pictures import job_of_card, linked, pictures_in, pictures_of
from bot.orders.resolve import Resolver
from bot.orders.typed import whole
from bot.ui.buttons import job_pattern
from bot.ui.choice import part_choice, part_names, picture_choice
from bot.ui.form import FormLayout, Submission, Submit
from bot.ui.forms import MAX_CHOICES, shelve_form, stylize_form
from bot.ui.language import Interaction, words_of
from bot.ui.layouts import below, button
from nst.options import MAX_STRENGTH, MIN_STRENGTH

_STYLIZE_CARD: Final = "stylize-card"
_PICK_PHOTO: Final = "pick-photo"
_PICK_STYLE: Final = "pick-style"
_PICK_PART: Final = "pick-part"
_SHELVE: Final = "shelve:"


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureMenus:
    """The entries of the context menu of a message."""

    resolver: Resolver
    sources: ImageSources
    style: Style
    preferences: Preferences

    @property
    def menus(self) -> list[app_commands.ContextMenu]:
        """Return the entries."""
        menu = app_commands.ContextMenu
        return [
            everywhere(menu(name=app_commands.locale_str("Stylize this…"), callback=self._stylize)),
            everywhere(menu(name=app_commands.locale_str("Use as style"), callback=self._use)),
        ]

    @property
    def actions(self) -> list[ActionSpec]:
        """Return what answers its forms and choices."""
        always = partial(ActionSpec, states=tuple(JobState), may=check_may_repeat)
        return [
            ActionSpec(
                r"stylize(?P<hidden>-hidden)?(?P<private>-private)?:(?P<link>https?://.+)",
                self._link_form,
                is_form=True,
            ),
            always(job_pattern(_STYLIZE_CARD), self._card_form, is_form=True),
            ActionSpec(f"(?P<what>{_PICK_PHOTO}|{_PICK_STYLE})(?P<private>-private)?", self._pick),
            always(job_pattern(_PICK_PART), self._use_part),
            ActionSpec(rf"{_SHELVE}(?P<style>[0-9a-f]{{16}})", self._shelve_form, is_form=True),
        ]

    async def _stylize(self, interaction: Interaction, message: discord.Message) -> None:
        if job := await self._job(interaction, message):
            form = await self._card_form(interaction, job)
            await show_form(interaction, form, f"{_STYLIZE_CARD}:{job.id}")
        elif picture := await self._only(interaction, message, _PICK_PHOTO):
            await self._ask(interaction, picture, private=message.flags.ephemeral)

    async def _use(self, interaction: Interaction, message: discord.Message) -> None:
        if job := await self._job(interaction, message):
            words, parts = words_of(interaction), list(pictures_of(job))
            view = part_choice(words, job, parts, f"{_PICK_PART}:{job.id}")
            await interaction.response.send_message(view=view, ephemeral=True)
        elif picture := await self._only(interaction, message, _PICK_STYLE):
            await self._use_picture(interaction, picture, private=message.flags.ephemeral)

    async def _job(self, interaction: Interaction, message: discord.Message) -> Job | None:
        """Return the job of a card whose pictures are kept; None for other messages."""
        job_id = job_of_card(message, interaction.client.user.id)
        try:
            job = await self.style.jobs.get(job_id) if job_id else None
        except JobNotFound:  # what the card shows is still there
            return None
        if job is None:
            return None
        check_state(interaction, job, tuple(JobState))
        if job.state is JobState.CANCELLED and interaction.user.id != job.address.requester_id:
            return None  # its card does not show the pictures: maybe they were the wrong ones
        keys = [each.file for each in pictures_of(job).values() if each.file]
        return job if keys and await self.style.files.exists(*keys) else None

    async def _only(
        self, interaction: Interaction, message: discord.Message, custom_id: str
    ) -> Attachment | None:
        """Return the picture of a message; where there are several, ask which, and return None."""
        first, *others = pictures = pictures_in(message, self.sources.intake.downloader.allows)
        if not others:
            return first
        custom_id += "-private" if message.flags.ephemeral else ""
        view = picture_choice(words_of(interaction), pictures, custom_id)
        await interaction.response.send_message(view=view, ephemeral=True)
        return None

    async def _pick(
        self, interaction: Interaction, what: str, private: str | None, values: list[str]
    ) -> None:
        """Go on with a picture that was chosen; the message with the choice shows them all."""
        if interaction.message is None:
            raise UserError("There is no picture in this message.")
        allows = self.sources.intake.downloader.allows
        picture = pictures_in(interaction.message, allows)[int(values[0])]
        go_on = self._use_picture if what == _PICK_STYLE else self._ask
        await go_on(interaction, picture, private=private is not None)

    async def _ask(self, interaction: Interaction, picture: Attachment, *, private: bool) -> None:
        # Others' messages cannot be read again without a privileged intent, so the form itself has
        # to keep the link; a signed one of Discord's ends in an "&" that nothing follows.
        hidden, link = "-hidden" if picture.spoiler else "", picture.url.rstrip("&")
        alone = "-private" if private else ""
        form = await self._link_form(interaction, hidden, alone, link)
        await show_form(interaction, form, f"stylize{hidden}{alone}:{link}")

    async def _link_form(
        self, interaction: Interaction, hidden: str | None, private: str | None, link: str
    ) -> FormLayout:
        """Ask for a style; what only who asks has seen stays so."""
        photo = linked(link, spoiler=bool(hidden))
        return await self._form(interaction, partial(self._order, photo, bool(private) or None))

    async def _card_form(self, interaction: Interaction, job: Job) -> FormLayout:
        parts = part_names(words_of(interaction), job, list(pictures_of(job)))
        return await self._form(interaction, partial(self._order_part, job), parts)

    async def _form(
        self, interaction: Interaction, submit: Submit, parts: dict[str, str] | None = None
    ) -> FormLayout:
        usual = await self.resolver.check(interaction, RequestedOptions())
        styles = await self.style.shelf.search(interaction.guild_id, "", MAX_CHOICES)
        return stylize_form(words_of(interaction), usual.strength, styles, submit, parts)

    async def _order_part(self, job: Job, interaction: Interaction, filled: Submission) -> None:
        photo = await self._part(interaction, job, filled.chosen("picture")[0])
        await self._order(photo, job.spec.private or None, interaction, filled)

    async def _order(
        self, photo: Attachment, private: bool | None, interaction: Interaction, filled: Submission
    ) -> None:
        uploads, names = filled.uploads("upload"), filled.chosen("named")
        problems, strength = Problems(), 0
        if uploads and names:
            both = "Choose a style from the shelf or upload one, not both."
            problems.add(UserError(both))
        with problems.noted():
            typed = filled.text("strength")
            strength = whole(Text("Strength"), typed, MIN_STRENGTH, MAX_STRENGTH)
        colours = filled.chosen("colours")[0]
        requested = RequestedOptions(strength=strength, colours=colours, private=private)
        images = RequestedImages(content=photo, styles=uploads, names=names)
        await self.resolver.order(interaction, requested, images, problems)

    async def _use_part(self, interaction: Interaction, job: Job, values: list[str]) -> None:
        picture = await self._part(interaction, job, values[0])
        await self._use_picture(interaction, picture, private=job.spec.private)

    async def _part(self, interaction: Interaction, job: Job, part: str) -> Attachment:
        """Return a picture of a card; a result goes with what it was painted from."""
        if part == "result":
            await self.style.shelf.blocks.check_spec(job.spec, interaction.guild_id)
        return pictures_of(job)[part]

    async def _use_picture(
        self, interaction: Interaction, picture: Attachment, *, private: bool
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        user_id, guild_id = interaction.user.id, interaction.guild_id
        async with self.sources.style(picture, user_id=user_id, guild_id=guild_id) as image:
            style = JobStyle(image=image)
            await self.preferences.remember_style(user_id, style, private=private)
        words = words_of(interaction)
        said = words(
            "“{name}” is your style now: `/stylize` without a style paints with it.",
            name=image.filename,
        )
        if private or interaction.guild_id is None or not interaction.is_guild_integration():
            await interaction.followup.send(said, ephemeral=True)
            return
        shelve = button(words("Add it to the shelf…"), f"{_SHELVE}{image.sha256[:16]}")
        await interaction.followup.send(said, view=below(shelve), ephemeral=True)

    async def _shelve_form(self, interaction: Interaction, style: str) -> FormLayout:
        person = await self.preferences.person(interaction.user.id)
        last = person.last_style
        if last is None or not last.image.sha256.startswith(style):
            raise UserError("This is not your style any more; choose “Use as style” once more.")
        if person.last_style_private:
            raise UserError(
                "Only you have seen this picture, and everybody sees what is on the shelf. To put "
                "it there, use `/style add`."
            )
        return shelve_form(words_of(interaction), partial(self._shelve, last.image))

    async def _shelve(
        self, image: StoredImage, interaction: Interaction, filled: Submission
    ) -> None:
        guild_of(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        name, credit = filled.text("name"), filled.text("credit")
        style = await self.style.shelve(interaction, image, name, credit)
        words = words_of(interaction)
        if style.approved:
            said = words("“{name}” is on the shelf.", name=style.name)
        else:
            said = words("“{name}” waits for a moderator's approval.", name=style.name)
        await interaction.followup.send(said, ephemeral=True)
