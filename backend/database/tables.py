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
    Column("spec", Text, nullable=False),  # a `JobSpec`
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("starts", Integer, nullable=False),  # how often it went to a device
    Column("result", Text),  # a `ResultFile`
    Column("error", Text),
    Column("delivered", Boolean, nullable=False),
    Column("alt", Text),
    Column("token_at", UtcDateTime),
    Column("told_id", BigInteger),
    Column("starred_at", UtcDateTime),
    Column("has_files", Boolean, nullable=False),  # until its time to keep them is over
    Index("jobs_by_state", "state", "delivered"),
    Index("jobs_by_requester", "requester_id", "created_at"),
    Index("jobs_by_server", "guild_id", "created_at"),
    Index("jobs_by_end", "has_files", "finished_at"),
)

# Who uses which file (`backend.files.uses`).
FILE_USES: Final = Table(
    "file_uses",
    METADATA,
    Column("key", String(128), primary_key=True),
    Column("owner", String(32), primary_key=True),
    Index("file_uses_by_owner", "owner"),
)

# What was learned of how long pictures take (`backend.jobs.estimates`).
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
    Column("name_key", Text, nullable=False),  # NFKC may write one letter as eighteen
    Column("file", String(128), nullable=False),
    Column("thumbnail", String(128), nullable=False),
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

# Whom the host has banned (`backend.control`).
BANS: Final = Table(
    "bans",
    METADATA,
    Column("kind", String(8), primary_key=True),  # person or server
    Column("subject_id", BigInteger, primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),  # said to them; may be empty
    Column("created_at", UtcDateTime, nullable=False),
)
# What the host asks of the running bot, and its answers, until they are read.
REQUESTS: Final = Table(
    "host_requests",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("what", String(16), nullable=False),
    Column("about", Text, nullable=False),  # JSON
    Column("answer", Text),  # JSON
    Column("asked_at", UtcDateTime, nullable=False),
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

# What the bot knows about itself, by name.
FACTS: Final = Table(
    "facts",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
