"""Beside a running bot: who is banned, what the host asks, pictures of a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the tables and the index."""
    op.create_table(
        "bans",
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("subject_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "host_requests",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("answer", sa.Text),
        sa.Column("asked_at", sa.DateTime, nullable=False),
    )
    op.create_index("jobs_by_server", "jobs", ["guild_id", "created_at"])
