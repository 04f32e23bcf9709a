"""What the buttons below `/my pictures` do; only who asks sees it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import discord

from backend.errors import NotAllowed, UserError
from backend.files.store import FileStore, open_kept
from backend.jobs.finished import FinishedJobs
from backend.jobs.model import STARRED, Job
from backend.shelf import Blocklist
from backend.tools import ImageTools, QuickWork
from bot.actions.deletion import CARD_STAYS, delete_with_card
from bot.actions.explain import whisper
from bot.actions.registry import ActionSpec
from bot.ui.buttons import job_pattern
from bot.ui.language import Interaction, words_of
from bot.ui.mine import PAGE_SIZE, deletion_view, pictures_view, small_name

_PAGE: Final = r"(?P<kind>all|starred):(?P<page>\d{1,9})"


@dataclass(frozen=True, slots=True, kw_only=True)
class MyPictures:
    """A person's finished pictures, page by page; `mentions` link to commands."""

    finished: FinishedJobs
    tools: ImageTools
    files: FileStore
    blocks: Blocklist
    mentions: Mapping[str, str]
    _quick: QuickWork = field(init=False, default_factory=QuickWork)

    @property
    def actions(self) -> list[ActionSpec]:
        """Return what the buttons do."""
        return [
            ActionSpec(f"mine-{_PAGE}", self._turn),
            ActionSpec(f"{job_pattern('mine-star')}:(?P<to>on|off):{_PAGE}", self._star),
            ActionSpec(f"{job_pattern('mine-delete')}:{_PAGE}", self._ask),
            ActionSpec(f"{job_pattern('mine-erase')}:{_PAGE}", self._delete),
        ]

    async def show(self, interaction: Interaction, number: int, kind: str) -> None:
        """Show a page in the place of the answer that was announced, or of the page before."""
        user_id, starred = interaction.user.id, kind == STARRED
        page = await self.finished.page(user_id, number, PAGE_SIZE, starred=starred)
        shown = await self._allowed(interaction, page.jobs)
        small = await self._small(user_id, shown)
        stylize = self.mentions.get("stylize", "`/stylize`")
        hidden = {job.id for job in page.jobs if job not in shown}
        view = pictures_view(words_of(interaction), page, small, hidden, stylize)
        await interaction.edit_original_response(view=view, attachments=_sent(small))

    async def _allowed(self, interaction: Interaction, jobs: Sequence[Job]) -> list[Job]:
        """Return those of whose photo and styles none was taken down here."""
        images = [image for job in jobs for image in job.spec.images]
        allowed = set(await self.blocks.allowed(images, interaction.guild_id))
        return [job for job in jobs if allowed.issuperset(job.spec.images)]

    async def _small(self, user_id: int, jobs: Sequence[Job]) -> dict[str, bytes]:
        """Return small pictures by name; none where one of them cannot be made."""
        keys = [job.result.file for job in jobs if job.result]

        async def make() -> list[bytes]:
            async with open_kept(self.files, keys) as paths:
                return await self.tools.thumbnails([paths[key] for key in keys])

        try:
            made = await self._quick.do(user_id, tuple(keys), make) if keys else []
        except UserError:  # gone meanwhile, or damaged: the page has the words
            return {}
        named = zip(map(small_name, jobs), made, strict=True)
        return {name: data for name, data in named if data}

    async def _turn(self, interaction: Interaction, kind: str, page: str) -> None:
        await interaction.response.defer()
        await self.show(interaction, int(page), kind)

    async def _star(
        self, interaction: Interaction, job: Job, to: str, kind: str, page: str
    ) -> None:
        _check_owner(interaction, job)
        await interaction.response.defer()
        await self.finished.star(job.id, starred=to == "on")
        await self.show(interaction, int(page), kind)

    async def _ask(self, interaction: Interaction, job: Job, kind: str, page: str) -> None:
        """Ask in the place of the list whether the picture is to go."""
        _check_owner(interaction, job)
        await interaction.response.defer()
        shown = await self._allowed(interaction, [job])
        small, hidden = await self._small(interaction.user.id, shown), [] if shown else [job.id]
        view = deletion_view(words_of(interaction), job, small, hidden, f"{kind}:{page}")
        await interaction.edit_original_response(view=view, attachments=_sent(small))

    async def _delete(self, interaction: Interaction, job: Job, kind: str, page: str) -> None:
        _check_owner(interaction, job)
        await interaction.response.defer()
        is_gone = await delete_with_card(interaction, self.finished, job)
        await self.show(interaction, int(page), kind)
        if not is_gone:
            await whisper(interaction, words_of(interaction)(CARD_STAYS))


def _check_owner(interaction: Interaction, job: Job) -> None:
    if interaction.user.id != (owner := job.address.requester_id):
        raise NotAllowed("Only {person} may do this.", person=f"<@{owner}>")


def _sent(small: Mapping[str, bytes]) -> list[discord.File]:
    return [discord.File(io.BytesIO(data), filename=name) for name, data in small.items()]
