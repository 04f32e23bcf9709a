"""Which message told a requester of the outcome, so that it can be deleted with the card."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column."""
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("told_id", sa.BigInteger))
