"""The tables of the shelf, in the same database as the jobs."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from bot.jobs.table import METADATA, UtcDateTime

STYLES: Final = Table(
    "styles",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("name", String(40), nullable=False),
    Column("name_key", String(160), nullable=False),  # NFKC may write one letter as several
    Column("file", String(32), nullable=False),  # in the shelf's folder, without its ending
    Column("sha256", String(64), nullable=False),
    Column("fingerprint", String(16)),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("contributor_id", BigInteger),
    Column("credit", Text, nullable=False),
    Column("approved", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("styles_by_name", "guild_id", "name_key", unique=True),
    Index("styles_by_contributor", "contributor_id"),
)
BLOCKS: Final = Table(
    "blocked_pictures",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("guild_id", BigInteger),  # none: blocked everywhere, by the host
    Column("sha256", String(64), nullable=False),
    Column("fingerprint", String(16)),
    Column("blocked_by", BigInteger),  # none: the host, or a moderator who asked to be forgotten
    Column("created_at", UtcDateTime, nullable=False),
    Index("blocked_pictures_by_guild", "guild_id"),
)
