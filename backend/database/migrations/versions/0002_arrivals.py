"""The table of commands whose pictures are not in yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "arrivals",
        sa.Column("interaction_token", sa.Text, primary_key=True),
        sa.Column("requester_id", sa.BigInteger, nullable=False),
        sa.Column("guild_id", sa.BigInteger),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("message_id", sa.BigInteger, nullable=False),
        sa.Column("bot_is_member", sa.Boolean, nullable=False),
        sa.Column("application_id", sa.BigInteger, nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
    )
