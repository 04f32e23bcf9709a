"""What servers and people decided, in the same database as the jobs."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, BigInteger, Column, Table

from bot.jobs.table import METADATA

SERVERS: Final = Table(
    "server_settings",
    METADATA,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("settings", JSON, nullable=False),  # only what differs from the host's defaults
)
PEOPLE: Final = Table(
    "person_settings",
    METADATA,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("settings", JSON, nullable=False),
)
