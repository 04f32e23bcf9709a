"""The style shelf, blocked pictures, settings of servers and people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "styles",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        # As 0012 has it: a backup of SQLite, which keeps no limits, is restored to its own schema.
        sa.Column("name_key", sa.Text, nullable=False),
        sa.Column("file", sa.String(32), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(16)),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("contributor_id", sa.BigInteger),
        sa.Column("credit", sa.Text, nullable=False),
        sa.Column("approved", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_index("styles_by_name", "styles", ["guild_id", "name_key"], unique=True)
    op.create_index("styles_by_contributor", "styles", ["contributor_id"])
    op.create_table(
        "blocked_pictures",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("guild_id", sa.BigInteger),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(16)),
        sa.Column("blocked_by", sa.BigInteger),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_index("blocked_pictures_by_guild", "blocked_pictures", ["guild_id"])
    for table, key in (("server_settings", "guild_id"), ("person_settings", "user_id")):
        op.create_table(
            table,
            sa.Column(key, sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("settings", sa.JSON, nullable=False),
        )
