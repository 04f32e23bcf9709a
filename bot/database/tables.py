"""All tables, for every room that keeps rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes, kept as naive UTC because SQLite knows no time zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Convert a value for the database."""
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Convert a value from the database."""
        return value and value.replace(tzinfo=UTC)


METADATA: Final = MetaData()
JOBS: Final = Table(
    "jobs",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("requester_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),
    Column("bot_is_member", Boolean, nullable=False),
    Column("interaction_token", Text, nullable=False),
    Column("application_id", BigInteger, nullable=False),
    Column("options", JSON, nullable=False),
    Column("content", JSON, nullable=False),
    Column("styles", JSON, nullable=False),
    Column("mask", JSON(none_as_null=True)),
    Column("max_result_bytes", BigInteger, nullable=False),
    Column("parent_id", String(16)),
    Column("start_from", Text),
    Column("strengths", JSON, nullable=False),
    Column("locale", String(16), nullable=False),
    Column("private", Boolean, nullable=False),
    Column("spoiler", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("starts", Integer, nullable=False),  # how often it went to a device
    Column("result", JSON(none_as_null=True)),
    Column("error", Text),
    Column("delivered", Boolean, nullable=False),
    Column("alt", Text),
    Column("token_at", UtcDateTime),
    Column("told_id", BigInteger),
    Index("jobs_by_state", "state", "delivered"),
)
ARRIVALS: Final = Table(
    "arrivals",
    METADATA,
    Column("interaction_token", Text, primary_key=True),
    Column("requester_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),  # 0 while unknown
    Column("bot_is_member", Boolean, nullable=False),
    Column("application_id", BigInteger, nullable=False),
    Column("options", JSON, nullable=False),
    Column("locale", String(16), nullable=False),
)

# What was learned of how long pictures take (`bot.jobs.eta`).
ESTIMATES: Final = Table(
    "estimates",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("sums", JSON, nullable=False),
)

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

# What servers and people decided: only what differs from the host's defaults.
SERVERS: Final = Table(
    "server_settings",
    METADATA,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("settings", JSON, nullable=False),
)
PEOPLE: Final = Table(
    "person_settings",
    METADATA,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("settings", JSON, nullable=False),
)
