"""What is kept of one person: all of it, to be handed over or deleted. Imports no discord."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import RowMapping

from backend.control.decisions import Kind, load_bans
from backend.jobs.finished import FinishedJobs
from backend.jobs.model import Job, JobState
from backend.jobs.queue import JobQueue
from backend.jobs.store import JobStore
from backend.preferences import Preferences
from backend.shelf import Shelf

_SETTLE_STEPS: Final = 50  # of a tenth of a second
_TAKEN: Final = tuple(state for state in JobState if state is not JobState.RECEIVING)


@dataclass(frozen=True, slots=True)
class Erased:
    """How many jobs were deleted, and of these cancelled first; how many styles; any settings."""

    cancelled: int
    jobs: int
    styles: int
    settings: bool


@dataclass(frozen=True, slots=True)
class PersonalData:
    """Finds, hands over and deletes what belongs to a person."""

    store: JobStore
    jobs: JobQueue
    shelf: Shelf
    preferences: Preferences

    async def erase(self, user_id: int, *, with_styles: bool) -> Erased:
        """Cancel and delete somebody's jobs with their pictures, their settings and their styles.

        Styles that they put on shelves stay without `with_styles`, and what they took down as a
        moderator stays so, both without a word of who did it. Pictures that another person's job
        still needs stay until that one is deleted.
        """
        cancelled = await self._cancel_all(user_id)
        jobs = await FinishedJobs(self.store).delete_of(user_id)
        styles = await self.shelf.remove_person(user_id, with_styles=with_styles)
        settings = await self.preferences.forget_person(user_id)
        await self.store.database.wipe()
        return Erased(cancelled, jobs, styles, settings)

    async def export(self, user_id: int) -> dict[str, Any]:
        """Return everything that is kept, ready for JSON; no tokens, no paths of the host."""
        settings = asdict(await self.preferences.person(user_id))
        last_style, styles = settings.pop("last_style"), await self.shelf.of_person(user_id)
        if last_style:
            settings["last_style"] = last_style["image"]["filename"]
        bans = await load_bans(self.store.database)
        blocks = await self.shelf.blocks.of_moderator(user_id)
        return {
            "user_id": str(user_id),
            "settings": settings,
            # Somebody may have brought thousands: not on the event loop.
            "styles": await asyncio.to_thread(
                lambda: [_row(style, "name", "credit", "approved", "sha256") for style in styles]
            ),
            "ban": bans.get((Kind.PERSON, user_id)),  # the reason, or nothing
            "takedowns": [_row(block, "sha256") for block in blocks],
            "jobs": [_job(job) for job in await self.store.of_person(user_id, *_TAKEN)],
        }

    async def _cancel_all(self, user_id: int) -> int:
        """End what is waiting or being painted, and let the cards say so."""
        jobs = (update.job for update in self.jobs.overview())
        active = [job.id for job in jobs if job.address.requester_id == user_id]
        for job_id in active:
            await self.jobs.cancel(job_id)
        for _ in range(_SETTLE_STEPS):
            undelivered = {job.id for job in await self.store.undelivered()}
            if undelivered.isdisjoint(active):
                break
            await asyncio.sleep(0.1)
        return len(active)


def _row(row: RowMapping, *names: str) -> dict[str, Any]:
    return {
        "server_id": str(row["guild_id"]),
        **{name: row[name] for name in names},
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
        "favourite": job.starred_at is not None,
    }
