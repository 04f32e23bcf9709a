"""Run by Alembic, over the connection that `JobStore` hands it."""

from __future__ import annotations

from alembic import context

import bot.preferences.table
import bot.shelf.table  # noqa: F401 - both add their tables to METADATA
from bot.jobs.table import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite cannot alter columns in place
)
with context.begin_transaction():
    context.run_migrations()
