"""Another style on the photo of a card, and the style of a card on another photo.

From any card, whether its picture is there, not yet there, or never will be.

```
 Another style… ──▶ the shelf, own last styles ──press──▶ a card     Upload… ──form──▶ a card
 Use this style… ─▶ own last photos ─────────────press──▶ a card     Upload… ──form──▶ a card
```
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from backend.errors import FILES_GONE, JobNotFound, UserError
from backend.intake import Attachment, Intake, Role
from backend.jobs.model import Job, JobState
from backend.records import JobSpec, JobStyle, StoredImage
from backend.shelf import Shelf
from bot.actions.panels import show_panel
from bot.actions.registry import ActionSpec, show_form
from bot.actions.rights import check_may_repeat
from bot.orders.pictures import pictures_of
from bot.orders.submit import Orders
from bot.orders.variation import variation, with_pictures
from bot.ui.buttons import RESTYLE, REUSE, job_pattern
from bot.ui.form import FormLayout, Submission
from bot.ui.forms import reuse_form, style_form
from bot.ui.language import Interaction, words_of
from bot.ui.picker import LOOKS, MOST_OWN, SHELF_SIZE, own_key, photo_picker, style_picker

_LATEST: Final = 30  # of somebody's pictures, among which their styles and photos are looked for
_LOOK: Final = f"(?P<look>{'|'.join(LOOKS)})"
_KEY: Final = "(?P<key>[0-9a-f]{16})"
from_any_card: Final = partial(ActionSpec, states=tuple(JobState), may=check_may_repeat)
"""Makes an action that what is being painted, failed or was cancelled has as well."""


@dataclass(frozen=True, slots=True)
class _Own:
    """A picture that somebody painted with; one that only they saw stays so."""

    style: JobStyle
    private: bool

    @property
    def image(self) -> StoredImage:
        return self.style.image


@dataclass(frozen=True, slots=True, kw_only=True)
class Restyling:
    """Orders the same photo with another style, or the same style on another photo."""

    orders: Orders
    shelf: Shelf
    intake: Intake

    @property
    def actions(self) -> list[ActionSpec]:
        """Return what the buttons of cards, and of the panels behind them, do."""
        return [
            from_any_card(RESTYLE, self._styles),
            from_any_card(rf"{job_pattern('restyle-page')}:(?P<page>\d{{1,9}})", self._turn),
            from_any_card(f"{job_pattern('restyle-named')}(:(?P<name>.+))?", self._named),
            from_any_card(f"{job_pattern('restyle-own')}:{_KEY}", self._own_style),
            from_any_card(job_pattern("restyle-upload"), self._style_form, is_form=True),
            from_any_card(REUSE, self._photos),
            from_any_card(f"{job_pattern('reuse-of')}:{_LOOK}", self._look),
            from_any_card(f"{job_pattern('reuse-own')}:{_LOOK}:{_KEY}", self._own_photo),
            from_any_card(f"{job_pattern('reuse-upload')}:{_LOOK}", self._photo_form, is_form=True),
        ]

    # another style

    async def _styles(self, interaction: Interaction, job: Job) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._show_styles(interaction, job, 0)

    async def _turn(self, interaction: Interaction, job: Job, page: str) -> None:
        await interaction.response.defer()
        await self._show_styles(interaction, job, int(page))

    async def _show_styles(self, interaction: Interaction, job: Job, number: int) -> None:
        guild_id = interaction.guild_id
        page = await self.shelf.page(guild_id, number, size=SHELF_SIZE)
        styles = await self.shelf.search(guild_id)
        known = {style.image.sha256 for style in styles}
        known.update(style.image.sha256 for style in job.spec.styles)
        own = await self._kept(interaction, await self._own_styles(interaction), but=known)
        panel = style_picker(words_of(interaction), job.id, page, own, styles)
        await show_panel(interaction, self.orders.store.files, panel)

    async def _named(
        self, interaction: Interaction, job: Job, name: str | None, values: Sequence[str] = ()
    ) -> None:
        style = await self.shelf.get(interaction.guild_id, name or values[0])
        await self._order(interaction, job, style=style.for_job())

    async def _own_style(self, interaction: Interaction, job: Job, key: str) -> None:
        own = _found(await self._own_styles(interaction), key)
        await self._order(interaction, job, style=own.style, private=own.private)

    async def _style_form(self, interaction: Interaction, job: Job) -> FormLayout:
        return style_form(words_of(interaction), partial(self._style_sent, job))

    async def _style_sent(self, job: Job, interaction: Interaction, filled: Submission) -> None:
        await self._order(interaction, job, style=filled.uploads("upload")[0])

    # another photo

    async def _photos(self, interaction: Interaction, job: Job) -> None:
        own = await self._photos_to_choose(interaction, job)
        if not own:
            form = await self._photo_form(interaction, job, "style")
            await show_form(interaction, form, f"reuse-upload:{job.id}:style")
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._show_photos(interaction, job, "style", own)

    async def _look(self, interaction: Interaction, job: Job, look: str) -> None:
        await interaction.response.defer()
        own = await self._photos_to_choose(interaction, job)
        await self._show_photos(interaction, job, look, own)

    async def _show_photos(
        self, interaction: Interaction, job: Job, look: str, own: Sequence[StoredImage]
    ) -> None:
        panel = photo_picker(words_of(interaction), job.id, _looks(job), look, own)
        await show_panel(interaction, self.orders.store.files, panel)

    async def _own_photo(self, interaction: Interaction, job: Job, look: str, key: str) -> None:
        own = _found(await self._own_photos(interaction), key)
        style = await self._style_for(interaction, job, look)
        await self._order(interaction, job, photo=own.image, style=style, private=own.private)

    async def _photo_form(self, interaction: Interaction, job: Job, look: str) -> FormLayout:
        looks = {each: LOOKS[each] for each in _looks(job)}
        return reuse_form(words_of(interaction), looks, look, partial(self._photo_sent, job))

    async def _photo_sent(self, job: Job, interaction: Interaction, filled: Submission) -> None:
        style = await self._style_for(interaction, job, filled.chosen("look")[0])
        await self._order(interaction, job, photo=filled.uploads("photo")[0], style=style)

    async def _style_for(self, interaction: Interaction, job: Job, look: str) -> Attachment | None:
        """Return the painted picture, to be taken in as a style; None for the style as it is."""
        if look not in _looks(job):
            raise UserError("There is no finished picture here.")
        if look != "result":
            return None
        await self.orders.blocks.check_spec(job.spec, interaction.guild_id)
        return pictures_of(job)["result"]

    # both

    async def _order(
        self,
        interaction: Interaction,
        job: Job,
        *,
        photo: Attachment | StoredImage | None = None,
        style: Attachment | JobStyle | None = None,
        private: bool = False,
    ) -> None:
        """Order the job's picture with other pictures, which are kept or on their way in."""
        spec = variation(self.orders, interaction, job)
        spec = replace(spec, private=spec.private or private)
        sent: list[tuple[Attachment, Role]] = []
        if isinstance(photo, Attachment):
            sent.append((photo, "photo"))
            spec, photo = replace(spec, content=None, mask=None), None
        if isinstance(style, Attachment):
            sent.append((style, "style picture"))
            spec, style = replace(spec, styles=()), None
        if not sent:
            await self.orders.take(interaction, with_pictures(spec, photo, style))
            return

        @asynccontextmanager
        async def gather(spec: JobSpec) -> AsyncIterator[JobSpec]:
            most = self.orders.settings(interaction).max_frames
            received = await self.intake.receive_all(sent, interaction.user.id, max_frames=most)
            try:
                came = {role: image for (_, role), image in zip(sent, received, strict=True)}
                by_upload = came.get("style picture")
                upload = JobStyle(image=by_upload) if by_upload else None
                yield with_pictures(spec, came.get("photo") or photo, upload or style)
            finally:
                await self.intake.discard(*received)

        await self.orders.take(interaction, spec, gather)

    async def _own_styles(self, interaction: Interaction) -> dict[str, _Own]:
        """Return the styles that somebody chose and used, the newest first."""
        person = await self.orders.preferences.person(interaction.user.id)
        last = person.last_style
        chosen = [_Own(last, person.last_style_private)] if last else []
        jobs = await self._latest(interaction)
        return _once(
            [*chosen, *(_Own(one, job.spec.private) for job in jobs for one in job.spec.styles)]
        )

    async def _own_photos(self, interaction: Interaction) -> dict[str, _Own]:
        """Return the photos that somebody had painted, the newest first."""
        jobs = await self._latest(interaction)
        return _once([_Own(JobStyle(image=job.spec.photo), job.spec.private) for job in jobs])

    async def _photos_to_choose(self, interaction: Interaction, job: Job) -> list[StoredImage]:
        known = {image.sha256 for image in job.spec.images}
        return await self._kept(interaction, await self._own_photos(interaction), but=known)

    async def _latest(self, interaction: Interaction) -> list[Job]:
        return await self.orders.store.latest_of_person(interaction.user.id, _LATEST)

    async def _kept(
        self, interaction: Interaction, owns: dict[str, _Own], *, but: Collection[str]
    ) -> list[StoredImage]:
        """Return the first few that are kept and may be used, with hashes not among `but`."""
        files, kept = self.orders.store.files, list[StoredImage]()
        images = [own.image for own in owns.values() if own.image.sha256 not in but]
        for image in await self.orders.blocks.allowed(images, interaction.guild_id):
            if len(kept) < MOST_OWN and await files.exists(*image.files):
                kept.append(image)
        return kept


def _once(owns: Iterable[_Own]) -> dict[str, _Own]:
    found: dict[str, _Own] = {}
    for own in owns:
        found.setdefault(own_key(own.image), own)
    return found


def _found(owns: dict[str, _Own], key: str) -> _Own:
    if key not in owns:
        raise JobNotFound(FILES_GONE)
    return owns[key]


def _looks(job: Job) -> list[str]:
    """Return which of the looks a card has: what was painted, if it is one finished picture."""
    is_one = job.result and not (job.spec.versions or job.spec.film)
    return list(LOOKS) if is_one else ["style"]
