"""Run by Alembic, over the connection that `backend.database.location` hands it."""

from __future__ import annotations

from alembic import context

from backend.database.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite cannot alter columns in place
)
with context.begin_transaction():
    context.run_migrations()
