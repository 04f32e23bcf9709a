"""The language of whoever gave a command, so that an apology for cutting it off is in it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add it; the commands of an older bot are answered in English."""
    with op.batch_alter_table("arrivals") as arrivals:
        arrivals.add_column(
            sa.Column("locale", sa.String(16), nullable=False, server_default="en-US")
        )
