"""When a job's interaction token was renewed, and what was learned of how long pictures take."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column and the table."""
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("token_at", sa.DateTime))
    op.create_table(
        "estimates",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("sums", sa.JSON, nullable=False),
    )
