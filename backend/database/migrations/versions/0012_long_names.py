"""Names as they are compared may be long: one letter may be written as eighteen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Take the limit away, which SQLite never kept."""
    with op.batch_alter_table("styles") as styles:
        styles.alter_column("name_key", type_=sa.Text, existing_type=sa.String(160))
