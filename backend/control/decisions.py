"""What the host decided until further notice: one record, and a row for each ban."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from pydantic import with_config
from sqlalchemy import Executable, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.codec import STRICT, Codec, Unreadable
from backend.database.database import Database
from backend.database.tables import BANS, FACTS

_LOG = logging.getLogger(__name__)
_NAME: Final = "decisions of the host"


class Kind(StrEnum):
    """Who can be banned."""

    PERSON = "person"
    SERVER = "server"


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What holds for everybody.

    Attributes:
        paused: no picture is begun, those that are being painted go on.
        draining: no order is taken, those that there are go on.
        announcement: is shown on cards and with answers; none if empty.
        announced_at: seconds since 1970.
        maintenance: is said in place of all that people ask for; nothing if empty.
    """

    paused: bool = False
    draining: bool = False
    announcement: str = ""
    announced_at: int = 0
    maintenance: str = ""


_CODEC: Final = Codec[Decisions](Decisions)
Bans = Mapping[tuple[Kind, int], str]
"""Why each of them is banned; the reason may be empty."""


async def load_decisions(database: Database) -> Decisions:
    """Return what is decided; nothing where another version of the bot wrote it."""
    return _read(await database.fact(_NAME))


async def load_bans(database: Database) -> Bans:
    """Return who is banned."""
    rows = await database.rows(select(BANS).order_by(BANS.c.created_at))
    return {(Kind(row["kind"]), row["subject_id"]): row["reason"] for row in rows}


async def decide(connection: AsyncConnection, **changes: Any) -> Decisions:
    """Change what is decided."""
    found = await connection.scalar(select(FACTS.c.value).where(FACTS.c.name == _NAME))
    decisions = replace(_read(found), **changes)
    await connection.execute(delete(FACTS).where(FACTS.c.name == _NAME))
    await connection.execute(insert(FACTS).values(name=_NAME, value=_CODEC.encode(decisions)))
    return decisions


def ban(kind: Kind, subject_id: int, reason: str) -> list[Executable]:
    """Return what has to be written to ban somebody."""
    row = {"kind": kind.value, "subject_id": subject_id, "reason": reason}
    return [allow(kind, subject_id), insert(BANS).values(**row, created_at=datetime.now(UTC))]


def allow(kind: Kind, subject_id: int) -> Executable:
    """Return what has to be written to take that back."""
    return delete(BANS).where(BANS.c.kind == kind.value, BANS.c.subject_id == subject_id)


def _read(stored: str | None) -> Decisions:
    try:
        return _CODEC.decode(stored) if stored else Decisions()
    except Unreadable:
        _LOG.exception("What the host decided cannot be read.")
        return Decisions()
