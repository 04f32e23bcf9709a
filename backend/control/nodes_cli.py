"""`stylize-bot nodes`: where pictures are painted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from backend.control.cli import command, database_of, table
from backend.control.requests import NODES, ask
from backend.database.database import Database
from backend.engine.protocol import SLOT, EngineSlot
from nst.text import lasting

_COLUMNS: Final = ("HOST", "DEVICE", "SINCE (UTC)", "PAINTED", "ON AVERAGE", "PAINTS NOW")


@command
async def nodes() -> None:
    """List who paints where, how fast, since when: one line for each picture at a time."""
    async with database_of() as database:
        places = await slots_of(database)
    table(_COLUMNS, [_line(place) for place in places])


async def slots_of(database: Database) -> list[EngineSlot]:
    """Return where a running bot paints; raises what `ask` raises."""
    return [SLOT.decode(place) for place in await ask(database, NODES)]


def _line(place: EngineSlot) -> tuple[str, ...]:
    since = place.since.astimezone(UTC)
    today = since.date() == datetime.now(UTC).date()
    return (
        place.host,
        place.device,
        since.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M"),
        str(place.painted),
        str(lasting(place.seconds / place.painted)) if place.painted else "-",
        place.job_id or "-",
    )
