"""How many pictures people and servers have had today, which begins at midnight UTC.

What failed does not count, nor what was cancelled before it was begun, or kept of several versions.
What was deleted does: that is remembered until the bot ends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Column, ColumnElement, RowMapping, select

from backend.codec import Unreadable
from backend.database.database import Database
from backend.database.tables import JOBS
from backend.jobs.model import JobState
from backend.jobs.rows import SPEC

WHOSE: Final = (JOBS.c.requester_id, JOBS.c.guild_id, JOBS.c.created_at, JOBS.c.spec)
"""Columns that tell whose a picture is, of when, and whether it is several."""
_NOT_HAD: Final = (JobState.RECEIVING, JobState.FAILED)


class Today:
    """What was had today, by its requester and by its server."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._deleted: list[RowMapping] = []

    async def count(self, column: Column[int], whose: int, but: Collection[str]) -> int:
        """Return how many pictures `column` says were somebody's, without those that are named."""
        had = select(*WHOSE).where(
            column == whose, JOBS.c.created_at >= midnight(), is_had(), JOBS.c.id.not_in(but)
        )
        found = [*await self._database.rows(had), *self._deleted]
        return sum(
            _count(each) for each in found if _is_todays(each) and each[column.name] == whose
        )

    def note_deleted(self, rows: Iterable[RowMapping]) -> None:
        """Remember `WHOSE` jobs were that were deleted, as long as they are of today."""
        self._deleted = [each for each in (*self._deleted, *rows) if _is_todays(each)]


def is_had() -> ColumnElement[bool]:
    """Return the condition for jobs that count."""
    is_over = JOBS.c.state.in_((JobState.CANCELLED, JobState.DONE))
    never_begun = is_over & JOBS.c.started_at.is_(None)
    return JOBS.c.state.not_in(_NOT_HAD) & ~never_begun


def _is_todays(row: RowMapping) -> bool:
    return bool(row["created_at"] >= midnight())


def _count(row: RowMapping) -> int:
    """Return as how many pictures a job counts."""
    try:
        return SPEC.decode(row["spec"]).pictures_of_a_day
    except Unreadable:
        return 1


def midnight() -> datetime:
    """Return when today began."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def seconds_left() -> float:
    """Return how long today lasts yet."""
    return (midnight() + timedelta(days=1) - datetime.now(UTC)).total_seconds()
