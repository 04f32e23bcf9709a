"""`stylize-bot backup` and `stylize-bot restore`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Final

import typer

from bot.database.connect import locate
from bot.database.location import Location
from bot.files.local import LocalFiles
from bot.files.store import FileStore
from bot.hosting.archive import FILES, Contents
from bot.hosting.backup import back_up
from bot.hosting.restore import restore
from bot.settings import load_settings

_MB: Final = 10**6


def backup_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, such as bot.tar.")],
) -> None:
    """Write everything that the bot keeps into one file, also while it runs."""
    location, files, _ = _places()
    contents = asyncio.run(back_up(location, files, file))
    typer.echo(f"Backed up {_told(contents)} to {file}. It holds people's pictures: keep it safe.")
    if missing := contents.missing:
        typer.echo(
            f"{len(missing)} files are not in it, because they were deleted meanwhile or were "
            f"gone before: {', '.join(missing)}",
            err=True,
        )


def restore_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `backup` wrote.")],
) -> None:
    """Bring everything back into an empty data folder and an empty database."""
    location, files, folder = _places()
    contents = asyncio.run(restore(file, location, files, folder))
    typer.echo(f"Restored {_told(contents)}, into {folder} and {location}.")


def _places() -> tuple[Location, FileStore, Path]:
    """Return where the settings say that the database, the files and everything else is."""
    settings = load_settings()
    url = settings.database_url
    location = locate(settings.data_dir, url.get_secret_value() if url else None)
    return location, LocalFiles(settings.data_dir), settings.data_dir


def _told(contents: Contents) -> str:
    count = len(contents.names(FILES))
    return f"the database and {count} files ({contents.size / _MB:.1f} MB)"
