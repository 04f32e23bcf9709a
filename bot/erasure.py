"""What is kept of one person: all of it, to be handed over or deleted. Imports no discord."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import RowMapping

from bot.jobs.finished import FinishedJobs
from bot.jobs.model import Job, JobState
from bot.jobs.queue import JobQueue
from bot.jobs.store import JobStore
from bot.preferences import Preferences
from bot.shelf import Shelf

_SETTLE_SECONDS: Final = 5.0
_SETTLE_STEP: Final = 0.1
_TAKEN: Final = tuple(state for state in JobState if state is not JobState.RECEIVING)


@dataclass(frozen=True, slots=True)
class Erased:
    """What was deleted.

    Attributes:
        cancelled: jobs that were waiting or being painted.
        jobs: all jobs, those included.
        styles: of shelves; deleted, or kept without their contributor.
        settings: whether there were personal settings.
    """

    cancelled: int
    jobs: int
    styles: int
    settings: bool


class PersonalData:
    """Finds, hands over and deletes what belongs to a person.

    Args:
        store: entered by its owner, like the others.
        jobs: the queue over it.
        shelf: where their styles are.
        preferences: where their settings are.
    """

    def __init__(
        self, store: JobStore, jobs: JobQueue, shelf: Shelf, preferences: Preferences
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._shelf = shelf
        self._preferences = preferences
        self._finished = FinishedJobs(store)

    async def erase(self, user_id: int, *, with_styles: bool) -> Erased:
        """Cancel and delete somebody's jobs with their pictures, their settings and their styles.

        What they took down as a moderator stays so, without a word of who did it.

        Pictures that another person's job still needs stay until that one is deleted.

        Args:
            user_id: who.
            with_styles: delete the styles that they put on shelves; otherwise these stay without
                a word of who brought them.
        """
        cancelled = await self._cancel_all(user_id)
        jobs = await self._finished.delete_of(user_id)
        styles = await self._shelf.remove_person(user_id, with_styles=with_styles)
        settings = await self._preferences.forget_person(user_id)
        await self._store.database.wipe()
        return Erased(cancelled, jobs, styles, settings)

    async def export(self, user_id: int) -> dict[str, Any]:
        """Return everything that is kept, ready for JSON; no tokens, no paths of the host."""
        settings = asdict(await self._preferences.person(user_id))
        last_style = settings.pop("last_style")
        if last_style:
            settings["last_style"] = last_style["image"]["filename"]
        return {
            "user_id": str(user_id),
            "settings": settings,
            # Somebody may have brought thousands: not on the event loop.
            "styles": await asyncio.to_thread(_styles, await self._shelf.of_person(user_id)),
            "takedowns": [_block(row) for row in await self._shelf.blocks.of_moderator(user_id)],
            "jobs": [_job(job) for job in await self._store.of_person(user_id, *_TAKEN)],
        }

    async def _cancel_all(self, user_id: int) -> int:
        """End what is waiting or being painted, and let the cards say so."""
        active = [
            update.job.id
            for update in self._jobs.overview()
            if update.job.address.requester_id == user_id
        ]
        for job_id in active:
            await self._jobs.cancel(job_id)
        for _ in range(round(_SETTLE_SECONDS / _SETTLE_STEP)):
            undelivered = {job.id for job in await self._store.undelivered()}
            if undelivered.isdisjoint(active):
                break
            await asyncio.sleep(_SETTLE_STEP)
        return len(active)


def _styles(rows: Sequence[RowMapping]) -> list[dict[str, Any]]:
    return [_style(row) for row in rows]


def _style(row: RowMapping) -> dict[str, Any]:
    return {
        "server_id": str(row["guild_id"]),
        **{name: row[name] for name in ("name", "credit", "approved", "sha256")},
        "created_at": row["created_at"].isoformat(),
    }


def _block(row: RowMapping) -> dict[str, Any]:
    return {
        "server_id": str(row["guild_id"]),
        "sha256": row["sha256"],
        "created_at": row["created_at"].isoformat(),
    }


def _job(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "state": job.state.value,
        "server_id": job.address.guild_id and str(job.address.guild_id),
        "channel_id": str(job.address.channel_id),
        "message_id": str(job.address.message_id),
        "options": job.spec.options.as_dict(),
        "photo": job.spec.content and job.spec.content.filename,
        "styles": [style.image.filename for style in job.spec.styles],
        "language": job.spec.locale,
        "created_at": job.created_at.isoformat(),
        "finished_at": job.finished_at and job.finished_at.isoformat(),
        "error": job.error,
        "description": job.alt,
    }
