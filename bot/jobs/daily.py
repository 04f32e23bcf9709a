"""How many pictures people and servers have had today, which begins at midnight UTC.

What failed does not count, nor what was cancelled before it was begun. What was deleted does: that
is remembered until the bot ends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Column, ColumnElement, RowMapping, func, select

from bot.database.database import Database
from bot.database.tables import JOBS
from bot.jobs.model import JobState

WHOSE: Final = (JOBS.c.requester_id, JOBS.c.guild_id, JOBS.c.created_at)
"""Columns that tell whose a picture is, and of when."""
_NOT_HAD: Final = (JobState.RECEIVING, JobState.FAILED)


class Today:
    """What was had today, by its requester and by its server."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._deleted: list[RowMapping] = []

    async def count(self, column: Column[int], whose: int, but: Collection[str]) -> int:
        """Return how many pictures `column` says were somebody's, without those that are named."""
        had = select(func.count().label("n")).where(
            column == whose, JOBS.c.created_at >= midnight(), is_had(), JOBS.c.id.not_in(but)
        )
        (row,) = await self._database.rows(had)
        deleted = (each for each in self._deleted if each["created_at"] >= midnight())
        return int(row["n"]) + sum(bool(each[column.name] == whose) for each in deleted)

    def note_deleted(self, rows: Iterable[RowMapping]) -> None:
        """Remember `WHOSE` jobs were that were deleted, as long as they are of today."""
        self._deleted = [
            each for each in (*self._deleted, *rows) if each["created_at"] >= midnight()
        ]


def is_had() -> ColumnElement[bool]:
    """Return the condition for jobs that count."""
    never_begun = (JOBS.c.state == JobState.CANCELLED) & JOBS.c.started_at.is_(None)
    return JOBS.c.state.not_in(_NOT_HAD) & ~never_begun


def midnight() -> datetime:
    """Return when today began."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def seconds_left() -> float:
    """Return how long today lasts yet."""
    return (midnight() + timedelta(days=1) - datetime.now(UTC)).total_seconds()
