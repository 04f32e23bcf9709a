"""Several versions of one picture, with other seeds or other styles: ordered, kept, enlarged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from backend.errors import FILES_GONE, JobNotFound
from backend.jobs.model import Job
from backend.records import JobSpec, ResultFile
from backend.shelf import Shelf
from bot.actions.registry import ActionSpec
from bot.actions.restyling import from_any_card
from bot.orders.images import surprise
from bot.orders.resolve import new_seed, seeds_from
from bot.orders.submit import Orders
from bot.orders.variation import ONE_PICTURE, larger, variation
from bot.ui.buttons import KEEP_PATTERN, LARGE_PATTERN, TAKES, job_pattern
from bot.ui.language import Interaction

_TAKES: Final = 4


@dataclass(frozen=True, slots=True)
class Versions:
    """What can be done with several versions on one card; each of them is a full picture."""

    orders: Orders
    shelf: Shelf

    @property
    def actions(self) -> list[ActionSpec]:
        """Return what the buttons do."""
        return [
            ActionSpec(TAKES, self._takes),
            from_any_card(job_pattern("restyle-surprise"), self._surprise),
            ActionSpec(KEEP_PATTERN, self._keep),
            ActionSpec(LARGE_PATTERN, self._enlarge),
        ]

    async def _takes(self, interaction: Interaction, job: Job) -> None:
        first = new_seed(job.spec.options.seed)
        options = replace(job.spec.options, seed=first)
        await self._order(interaction, job, options=options, takes=seeds_from(first, _TAKES))

    async def _surprise(self, interaction: Interaction, job: Job) -> None:
        """Paint the photo in a few styles of the shelf; neither the card's nor the photo itself."""
        known = {image.sha256 for image in job.spec.images}
        found = await surprise(self.shelf, interaction.guild_id, but=known)
        styles = tuple(style.for_job() for style in found)
        await self._order(interaction, job, styles=styles, apart=True)

    async def _order(self, interaction: Interaction, job: Job, **changes: Any) -> None:
        spec = variation(self.orders, interaction, job, **ONE_PICTURE | changes)
        await self.orders.take(interaction, spec)

    async def _keep(self, interaction: Interaction, job: Job, number: str) -> None:
        """Give one of the versions, as it is, a card of its own."""
        spec, result = _version(job, number)
        kept = variation(self.orders, interaction, replace(job, spec=spec))
        await self.orders.keep(interaction, kept, result)

    async def _enlarge(self, interaction: Interaction, job: Job, number: str) -> None:
        """Paint one of the versions on, larger."""
        spec, result = _version(job, number)
        size = larger(self.orders, interaction, spec.options.size)
        await self.orders.take(
            interaction,
            variation(
                self.orders,
                interaction,
                replace(job, spec=spec),
                options=replace(spec.options, size=size),
                usual_size=None,
                start_from=result.raw,
            ),
        )


def _version(job: Job, number: str) -> tuple[JobSpec, ResultFile]:
    """Return what a version was to be and what it became."""
    at, parts = int(number) - 1, job.result.parts if job.result else ()
    if not 0 <= at < len(parts):
        raise JobNotFound(FILES_GONE)
    return job.spec.versions[at], parts[at]
