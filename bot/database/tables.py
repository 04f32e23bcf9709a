"""All tables, for every room that keeps rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes, kept as naive UTC because SQLite knows no time zones."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        """Convert a value for the database."""
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        """Convert a value from the database."""
        return value and value.replace(tzinfo=UTC)


METADATA: Final = sa.MetaData()
JOBS: Final = sa.Table(
    "jobs",
    METADATA,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("requester_id", sa.BigInteger, nullable=False),
    sa.Column("guild_id", sa.BigInteger),
    sa.Column("channel_id", sa.BigInteger, nullable=False),
    sa.Column("message_id", sa.BigInteger, nullable=False),
    sa.Column("bot_is_member", sa.Boolean, nullable=False),
    sa.Column("interaction_token", sa.Text, nullable=False),
    sa.Column("application_id", sa.BigInteger, nullable=False),
    sa.Column("spec", sa.Text, nullable=False),  # a `JobSpec`
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("started_at", UtcDateTime),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("starts", sa.Integer, nullable=False),  # how often it went to a device
    sa.Column("result", sa.Text),  # a `ResultFile`
    sa.Column("error", sa.Text),
    sa.Column("delivered", sa.Boolean, nullable=False),
    sa.Column("alt", sa.Text),
    sa.Column("token_at", UtcDateTime),
    sa.Column("told_id", sa.BigInteger),
    sa.Column("has_files", sa.Boolean, nullable=False),  # until its time to keep them is over
    sa.Index("jobs_by_state", "state", "delivered"),
    sa.Index("jobs_by_requester", "requester_id", "created_at"),
    sa.Index("jobs_by_end", "has_files", "finished_at"),
)

# Who uses which file (`bot.files.uses`).
FILE_USES: Final = sa.Table(
    "file_uses",
    METADATA,
    sa.Column("key", sa.String(128), primary_key=True),
    sa.Column("owner", sa.String(32), primary_key=True),
    sa.Index("file_uses_by_owner", "owner"),
)

# What was learned of how long pictures take (`bot.jobs.eta`).
ESTIMATES: Final = sa.Table(
    "estimates",
    METADATA,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("sums", sa.JSON, nullable=False),
)

STYLES: Final = sa.Table(
    "styles",
    METADATA,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("guild_id", sa.BigInteger, nullable=False),
    sa.Column("name", sa.String(40), nullable=False),
    sa.Column("name_key", sa.String(160), nullable=False),  # NFKC may write one letter as several
    sa.Column("file", sa.String(128), nullable=False),
    sa.Column("thumbnail", sa.String(128), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("fingerprint", sa.String(16)),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("contributor_id", sa.BigInteger),
    sa.Column("credit", sa.Text, nullable=False),
    sa.Column("approved", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("styles_by_name", "guild_id", "name_key", unique=True),
    sa.Index("styles_by_contributor", "contributor_id"),
)
BLOCKS: Final = sa.Table(
    "blocked_pictures",
    METADATA,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("guild_id", sa.BigInteger),  # none: blocked everywhere, by the host
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("fingerprint", sa.String(16)),
    sa.Column(
        "blocked_by", sa.BigInteger
    ),  # none: the host, or a moderator who asked to be forgotten
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("blocked_pictures_by_guild", "guild_id"),
)

# What servers and people decided: only what differs from the host's defaults.
SERVERS: Final = sa.Table(
    "server_settings",
    METADATA,
    sa.Column("guild_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("settings", sa.JSON, nullable=False),
)
PEOPLE: Final = sa.Table(
    "person_settings",
    METADATA,
    sa.Column("user_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("settings", sa.JSON, nullable=False),
)

# What the bot knows about itself, by name.
FACTS: Final = sa.Table(
    "facts",
    METADATA,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
