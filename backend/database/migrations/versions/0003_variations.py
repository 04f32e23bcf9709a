"""Several style images, masks, variations of earlier jobs, and whose language a card speaks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Move each style into a list, and each `keep_colours` into `colours`."""
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("styles", sa.JSON))
        jobs.add_column(sa.Column("mask", sa.JSON))
        jobs.add_column(sa.Column("parent_id", sa.String(16)))
        jobs.add_column(sa.Column("start_from", sa.Text))
        jobs.add_column(sa.Column("strengths", sa.JSON, nullable=False, server_default="[]"))
        jobs.add_column(sa.Column("locale", sa.String(16), nullable=False, server_default="en-US"))
        for name in ("private", "spoiler"):
            jobs.add_column(sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false()))
        jobs.add_column(sa.Column("alt", sa.Text))
    _move_styles()
    _rewrite_options("jobs", "id")
    _rewrite_options("arrivals", "interaction_token")
    with op.batch_alter_table("jobs") as jobs:
        jobs.alter_column("styles", nullable=False, existing_type=sa.JSON)
        jobs.drop_column("style")
        for name in ("strengths", "locale", "private", "spoiler"):
            jobs.alter_column(name, server_default=None)


def _move_styles() -> None:
    jobs = sa.table(
        "jobs", sa.column("id"), sa.column("style", sa.JSON), sa.column("styles", sa.JSON)
    )
    connection = op.get_bind()
    for job_id, style in connection.execute(sa.select(jobs.c.id, jobs.c.style)).all():
        styles = [{"image": style, "weight": 1.0}]
        connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(styles=styles))


def _rewrite_options(table: str, key: str) -> None:
    rows = sa.table(table, sa.column(key), sa.column("options", sa.JSON))
    for name, options in op.get_bind().execute(sa.select(*rows.c)).all():
        options["colours"] = "photo" if options.pop("keep_colours", False) else "style"
        change = sa.update(rows).where(rows.c[key] == name).values(options=options)
        op.get_bind().execute(change)
