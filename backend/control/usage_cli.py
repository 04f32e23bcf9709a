"""`stylize-bot usage`: who has had how many pictures, and how long they took to paint."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

import typer
from sqlalchemy import RowMapping, Select, select

from backend.control.cli import command, database_of, table
from backend.control.names import names_of
from backend.database.database import Database
from backend.database.tables import JOBS
from backend.jobs.model import JobState
from nst.text import lasting

_COLUMNS: Final = (JOBS.c.requester_id, JOBS.c.guild_id, JOBS.c.state, JOBS.c.result)


class By(StrEnum):
    """Whose pictures are counted together."""

    PERSON = "person"
    SERVER = "server"


@dataclass(slots=True)
class _Usage:
    asked: int = 0
    done: int = 0
    failed: int = 0
    seconds: float = 0.0

    def count(self, row: RowMapping) -> None:
        self.asked += 1
        self.done += row["state"] == JobState.DONE
        self.failed += row["state"] == JobState.FAILED
        if row["result"]:
            self.seconds += float(json.loads(row["result"]).get("seconds", 0))


@command
async def usage(
    by: Annotated[By, typer.Option(help="Whose pictures are counted together.")] = By.PERSON,
    days: Annotated[int, typer.Option(min=1, max=36_500, help="How many days back.")] = 30,
    top: Annotated[int, typer.Option(min=1, max=10_000, help="Only so many, the busiest.")] = 100,
) -> None:
    """Show who has had how many pictures, the busiest first, as far as jobs are remembered.

    Several versions, or a film, are one order here; in the limits of a day they are several
    pictures.
    """
    since = JOBS.c.created_at >= datetime.now(UTC) - timedelta(days=days)
    async with database_of() as database:
        counted = await _counted(database, select(*_COLUMNS).where(since), by)
        busiest = sorted(counted, key=lambda each: counted[each].seconds, reverse=True)[:top]
        known = [each for each in busiest if each]
        people, servers = (known, []) if by is By.PERSON else ([], known)
        names = await names_of(database, people, servers)
    lines = [_line(each, counted[each], names) for each in busiest]
    table(("ID", "ASKED FOR", "PAINTED", "FAILED", "PAINTING", "NAME"), lines)
    if len(counted) > top:
        typer.echo(f"Others that are not shown: {len(counted) - top}.", err=True)


async def _counted(database: Database, query: Select[Any], by: By) -> Mapping[int, _Usage]:
    """Return usage by id; 0 stands for direct messages."""
    column = "requester_id" if by is By.PERSON else "guild_id"
    counted: defaultdict[int, _Usage] = defaultdict(_Usage)
    async with database.read() as connection:
        async for row in (await connection.stream(query)).mappings():
            counted[row[column] or 0].count(row)
    return counted


def _line(whose: int, used: _Usage, names: Mapping[int, str]) -> Sequence[str]:
    numbers = (used.asked, used.done, used.failed)
    name = names.get(whose, "-") if whose else "direct messages"
    return (str(whose or "-"), *map(str, numbers), str(lasting(used.seconds)), name)
