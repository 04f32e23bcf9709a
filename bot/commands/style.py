"""`/style`: the style shelf of a server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import discord
from discord import app_commands
from discord.ext import commands

from backend.errors import NotAllowed, Problems, UserError
from backend.files.store import FileStore
from backend.i18n import Text
from backend.intake import Attachment, Intake
from backend.jobs.queue import JobQueue
from backend.preferences import Preferences
from backend.records import StoredImage
from backend.shelf import Shelf, ShelfStyle
from backend.shelf.names import MAX_CREDIT, style_name
from bot.actions.explain import whisper
from bot.actions.panels import show_panel
from bot.actions.registry import ActionSpec
from bot.actions.rights import check_contributor, check_moderator, guild_of, is_moderator
from bot.commands.suggestions import SuggestsStyles, everywhere
from bot.orders.acknowledgement import patiently
from bot.ui.language import Interaction, words_of
from bot.ui.layouts import Layout, below, button
from bot.ui.shelf import PAGE_SIZE, PENDING_SIZE, list_layout, pending_layout, style_layout
from bot.ui.words import quoted, shown

Name = app_commands.Range[str, 1, 100]
_suggesting = app_commands.autocomplete(name=SuggestsStyles.suggest_styles)


@everywhere
@dataclass(eq=False)
class Style(
    SuggestsStyles,
    commands.GroupCog,
    group_name="style",
    group_description="The shelf of styles to paint with",
):
    """Pictures that a server keeps to paint with; only who asks sees the answers."""

    shelf: Shelf
    intake: Intake
    jobs: JobQueue
    preferences: Preferences
    files: FileStore

    @property
    def actions(self) -> list[ActionSpec]:
        """Return what the buttons below its answers do."""
        style = "(?P<style>[0-9a-z]{1,16})"
        page = r"(?P<page>\d{1,9})"
        pending = partial(self._turn, pending=True)
        return [
            ActionSpec(f"shelf-all:{page}", self._turn),
            ActionSpec(f"shelf-pending:{page}", pending, may=check_moderator),
            ActionSpec(f"shelf-(?P<to>approve|refuse):{style}", self._decide, may=check_moderator),
            ActionSpec("shelf-lift:(?P<sha256>[0-9a-f]{64})", self._lift, may=check_moderator),
        ]

    @app_commands.command()
    @app_commands.describe(
        name="What to call it", picture="A picture whose look you like", credit="Whose work it is"
    )
    async def add(
        self,
        interaction: Interaction,
        name: Name,
        picture: discord.Attachment,
        credit: app_commands.Range[str, 1, MAX_CREDIT] = "",
    ) -> None:
        """Put a picture on this server's shelf of styles."""
        guild_of(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        problems, images = Problems(), list[StoredImage]()
        with problems.noted():
            style_name(name)
        with problems.noted():
            images.append(await self._receive(interaction, picture))
        try:
            problems.check()
            style = await self.shelve(interaction, images[0], name, credit)
        finally:
            await self.intake.discard(*images)
        words = words_of(interaction)
        title = words("On the shelf") if style.approved else words("Sent to the moderators")
        await self._show(interaction, style_layout(words, style, title))

    async def _receive(self, interaction: Interaction, sent: discord.Attachment) -> StoredImage:
        person = interaction.user.id
        return await self.intake.receive(Attachment.of(sent), role="style picture", person=person)

    async def shelve(
        self, interaction: Interaction, image: StoredImage, name: str, credit: str
    ) -> ShelfStyle:
        """Put a picture on the shelf; where the server wants that, moderators look at it first."""
        guild_id = guild_of(interaction)
        if image.spoiler:
            raise UserError(
                "This picture is a spoiler, and everybody sees what is on the shelf. To add it, "
                "send it without the spoiler mark."
            )
        must_wait = self.preferences.server(guild_id).shelf_approval
        return await self.shelf.add(
            guild_id,
            name,
            image,
            contributor_id=interaction.user.id,
            credit=credit,
            approved=not must_wait or is_moderator(interaction),
        )

    @app_commands.command(name="list")
    @app_commands.describe(page="Which page to begin with")
    async def list_styles(
        self, interaction: Interaction, page: app_commands.Range[int, 1, 100_000] = 1
    ) -> None:
        """See the styles of this server, and the starter styles."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._show_page(interaction, page - 1)

    @app_commands.command()
    @app_commands.describe(name="Which style")
    @_suggesting
    async def show(self, interaction: Interaction, name: Name) -> None:
        """See one style, who added it and whom to credit."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        style = await self.shelf.find(interaction.guild_id, name)
        if not style.approved:
            check_contributor(interaction, style)
        words = words_of(interaction)
        await self._show(interaction, style_layout(words, style, words("Style")))

    @app_commands.command()
    @app_commands.describe(name="Which style")
    @_suggesting
    async def remove(self, interaction: Interaction, name: Name) -> None:
        """Take a style off the shelf: your own, or any as a moderator."""
        style = await self.shelf.find(guild_of(interaction), name)
        check_contributor(interaction, style)
        await patiently(interaction, self.shelf.remove(style))
        words = words_of(interaction)
        said = words(
            "“{name}” is off the shelf. Pictures already asked for are still painted with it.",
            name=shown(style.name),
        )
        await whisper(interaction, said)

    @app_commands.command()
    @app_commands.describe(name="Which style", new_name="What to call it from now on")
    @_suggesting
    async def rename(self, interaction: Interaction, name: Name, new_name: Name) -> None:
        """Give a style another name: your own, or any as a moderator."""
        guild_id = guild_of(interaction)
        style = await self.shelf.find(guild_id, name)
        check_contributor(interaction, style)
        if style.approved and self.preferences.server(guild_id).shelf_approval:
            check_moderator(interaction)  # what was approved is the name as well
        renamed = await patiently(interaction, self.shelf.rename(style, new_name))
        old, new = shown(style.name), shown(renamed.name)
        words = words_of(interaction)
        said = words("“{old}” is called “{new}” now.", old=old, new=new)
        await whisper(interaction, said)

    @app_commands.command()
    async def pending(self, interaction: Interaction) -> None:
        """Approve or refuse new styles (moderators)."""
        check_moderator(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._show_page(interaction, 0, pending=True)

    @app_commands.command()
    @app_commands.describe(
        picture="The picture that must not be used as a style any more",
        name="Or the style on the shelf that shows it",
    )
    @_suggesting
    async def takedown(
        self,
        interaction: Interaction,
        picture: discord.Attachment | None = None,
        name: Name | None = None,
    ) -> None:
        """Ban a picture and its look-alikes as styles in this server (moderators)."""
        check_moderator(interaction)
        guild_id = guild_of(interaction)
        if (picture is None) == (name is None):
            raise UserError("Give either the picture or the name of a style that shows it.")
        await interaction.response.defer(ephemeral=True, thinking=True)
        if picture is None:
            image = (await self.shelf.find(guild_id, str(name))).image
        else:
            image = await self._receive(interaction, picture)
        try:
            moderator = interaction.user.id
            gone = await self.shelf.take_down(image, guild_id=guild_id, asked_by=moderator)
        finally:
            await self.intake.discard(image)
        await self._refuse_waiting(guild_id, image, gone)
        words = words_of(interaction)
        said = words(
            "This picture and its look-alikes cannot be used as styles in this server any more."
        )
        if gone:
            names = words.listed([quoted(words, style.name) for style in gone[:20]])
            said += "\n" + words("Gone from the shelf: {names}.", names=names)
        undo = below(button(words("Undo"), f"shelf-lift:{image.sha256}"))
        await interaction.followup.send(said, view=undo, ephemeral=True)

    async def _refuse_waiting(
        self, guild_id: int, image: StoredImage, gone: Sequence[ShelfStyle]
    ) -> None:
        """End the server's jobs that wait to be painted with a style that is banned now.

        Those that look like it, from the shelf or sent along, and those whose files are gone. One
        that is being painted has read its files, and is finished.
        """
        look, files = image.look, {style.image.file for style in gone}
        reason = Text(
            "The style that you chose was taken down before your picture's turn came. Please "
            "choose another one."
        )
        for job in (update.job for update in self.jobs.overview()):
            styles = [style.image for style in job.spec.styles]
            if job.address.guild_id == guild_id and any(
                each.file in files or look.is_like(each.sha256, each.fingerprint) for each in styles
            ):
                await self.jobs.refuse(job.id, reason)

    async def _turn(self, interaction: Interaction, page: str, *, pending: bool = False) -> None:
        await interaction.response.defer()
        await self._show_page(interaction, int(page), pending=pending)

    async def _decide(self, interaction: Interaction, to: str, style: str) -> None:
        await interaction.response.defer()
        try:
            found = await self.shelf.by_id(style)
            if found.guild_id != interaction.guild_id:
                raise NotAllowed("This style belongs to another server.")
            await (self.shelf.approve(found) if to == "approve" else self.shelf.remove(found))
        finally:
            await self._show_page(interaction, 0, pending=True)

    async def _lift(self, interaction: Interaction, sha256: str) -> None:
        lifting = self.shelf.blocks.lift_file(sha256, guild_id=guild_of(interaction))
        lifted = await patiently(interaction, lifting)
        words = words_of(interaction)
        said = words(
            "This picture may be used as a style again. What was taken from the shelf has to be "
            "added anew."
            if lifted
            else "This picture is not banned in this server any more."
        )
        await whisper(interaction, said)

    async def _show(self, interaction: Interaction, layout: Layout) -> None:
        await show_panel(interaction, self.files, layout)

    async def _show_page(
        self, interaction: Interaction, number: int, *, pending: bool = False
    ) -> None:
        words, size = words_of(interaction), PENDING_SIZE if pending else PAGE_SIZE
        guild_id = interaction.guild_id
        page = await self.shelf.page(guild_id, number, size=size, approved=not pending)
        layout = pending_layout(words, page) if pending else list_layout(words, page)
        await self._show(interaction, layout)
