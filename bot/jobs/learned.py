"""What was learned of how long pictures take, kept across restarts; see `bot.jobs.eta`."""

from __future__ import annotations

import logging
from typing import Final

from sqlalchemy import Text, cast, delete, insert, select

from bot.codec import Codec, Unreadable
from bot.database.database import Database
from bot.database.tables import ESTIMATES

_LOG = logging.getLogger(__name__)

_SUMS: Final = Codec[list[float]](list[float])


async def load_estimates(database: Database) -> dict[str, list[float]]:
    """Return what was learned, without rows that cannot be read."""
    query = select(ESTIMATES.c.key, cast(ESTIMATES.c.sums, Text))
    async with database.read() as connection:
        rows = (await connection.execute(query)).all()
    known = {}
    for key, sums in rows:
        try:
            known[key] = _SUMS.decode(sums)
        except Unreadable:
            _LOG.exception("What was learned of %s cannot be read.", key)
    return known


async def keep_estimate(database: Database, key: str, sums: list[float]) -> None:
    """Keep what was learned of one kind of job on one device."""
    async with database.write() as connection:
        await connection.execute(delete(ESTIMATES).where(ESTIMATES.c.key == key))
        await connection.execute(insert(ESTIMATES).values(key=key, sums=sums))
