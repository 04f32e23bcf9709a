"""The retention rule: how long files are kept, and how long it is known that there was a job.

A job is due when it has been over for long enough and its outcome was shown, or was not collected
where only its requester can bring the token that shows it. Its files go first, its row later.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update

from backend.database.tables import JOBS
from backend.files.uses import job_owner
from backend.jobs.model import FINAL
from backend.jobs.store import JobStore

_LOG = logging.getLogger(__name__)
_SWEEP_SECONDS: Final = 3600.0
_BATCH: Final = 100


async def tidy(
    store: JobStore, keep: timedelta, history: timedelta | None = None
) -> tuple[int, int]:
    """Remove files of jobs older than `keep`, forget jobs older than `history`; count both."""
    now, jobs, files = datetime.now(UTC), 0, 0
    while due := await _due(store, now - keep, has_files=True):
        async with store.uses.change() as change:
            await change.drop([job_owner(job_id) for job_id in due])
            await change.connection.execute(
                update(JOBS).where(JOBS.c.id.in_(due)).values(has_files=False)
            )
        files += len(change.doomed)
    while due := await _due(store, now - max(keep, history or keep), has_files=False):
        await store.database.execute(delete(JOBS).where(JOBS.c.id.in_(due)))
        jobs += len(due)
    await store.uses.finish()
    if jobs or files:
        _LOG.info("forgot %d old jobs and removed %d files", jobs, files)
    return jobs, files


async def sweep(
    store: JobStore, closed: asyncio.Event, keep: timedelta, history: timedelta | None
) -> None:
    """Tidy every hour, until `closed`.

    Ended by an event, not by cancelling: that would tear a database connection apart.
    """
    while not closed.is_set():
        try:
            await tidy(store, keep, history)
            await store.database.wipe()  # also of what people have deleted, if that was left
        except Exception:
            _LOG.exception("old jobs were not tidied away; the next sweep tries again")
        with suppress(TimeoutError):
            await asyncio.wait_for(closed.wait(), _SWEEP_SECONDS)


async def _due(store: JobStore, before: datetime, *, has_files: bool) -> list[str]:
    """Return a few of the jobs that are due."""
    due = (
        select(JOBS.c.id)
        .where(JOBS.c.has_files.is_(has_files), JOBS.c.finished_at < before)
        .where(JOBS.c.state.in_(FINAL))
        .where(JOBS.c.delivered.is_(True) | JOBS.c.bot_is_member.is_(False))
        .order_by(JOBS.c.finished_at)
        .limit(_BATCH)
    )
    return [row["id"] for row in await store.database.rows(due)]
