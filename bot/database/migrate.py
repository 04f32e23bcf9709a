"""Bring a database up to the present schema with Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, create_engine


def upgrade(url: URL, data_dir: Path) -> None:
    """Upgrade the database to the newest schema; blocks.

    Args:
        url: with a driver that can work without asyncio.
        data_dir: the folder of the files that rows name.

    Raises:
        sqlalchemy.exc.DatabaseError: it cannot be used.
        alembic.util.CommandError: a newer version of the bot has made it.
    """
    config = Config()
    config.set_main_option("script_location", "bot.database:migrations")
    config.set_main_option("path_separator", "os")
    engine = create_engine(url, hide_parameters=True)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            config.attributes["data_dir"] = data_dir
            command.upgrade(config, "head")
    finally:
        engine.dispose()
