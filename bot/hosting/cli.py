"""`stylize-bot backup` and `stylize-bot restore`."""

from __future__ import annotations

import asyncio
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Annotated, Final

import typer

from bot.database.connect import locate
from bot.database.location import Location
from bot.errors import ConfigurationError
from bot.files.connect import locate_files
from bot.files.store import FileStore
from bot.hosting.archive import FILES, Contents
from bot.hosting.backup import back_up
from bot.hosting.restore import restore
from bot.settings import load_settings

_MB: Final = 10**6
_MOST_NAMED: Final = 10
_STREAM: Final = Path("-")


def backup_command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A new file, such as bot.tar; - for the output.")
    ],
) -> None:
    """Write everything that the bot keeps into one file, also while it runs."""
    location, files, folder = _places()
    if file == _STREAM:
        if sys.stdout.isatty():
            raise ConfigurationError("A backup is no text: name a file, or send it into a pipe.")
        with TemporaryDirectory(dir=folder, prefix=".backup-") as place:
            written = Path(place, "backup.tar")
            contents = asyncio.run(back_up(location, files, written))
            with written.open("rb") as archive:
                shutil.copyfileobj(archive, sys.stdout.buffer)
    else:
        contents = asyncio.run(back_up(location, files, file))
    _say(f"Backed up {_told(contents)}. It holds people's pictures: keep it safe.")
    if missing := contents.missing:
        named = ", ".join([*missing[:_MOST_NAMED], *(["…"] if missing[_MOST_NAMED:] else [])])
        _say(f"Not in it, as deleted meanwhile or gone before ({len(missing)}): {named}")


def restore_command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What `backup` wrote; - for the input.")
    ],
) -> None:
    """Bring everything back into an empty data folder and an empty database."""
    location, files, folder = _places()
    with ExitStack() as stack:
        if file == _STREAM:
            folder.mkdir(0o700, parents=True, exist_ok=True)
            copy = stack.enter_context(NamedTemporaryFile(dir=folder, prefix=".restore-"))
            shutil.copyfileobj(sys.stdin.buffer, copy)
            copy.flush()
            file = Path(copy.name)
        contents = asyncio.run(restore(file, location, files, folder))
    _say(f"Restored {_told(contents)}, into {folder} and {location}.")


def _say(line: str) -> None:
    typer.echo(line, err=True)  # the output may be the archive


def _places() -> tuple[Location, FileStore, Path]:
    """Return where the settings say that the database, the files and everything else is."""
    settings = load_settings()
    url = settings.database_url
    location = locate(settings.data_dir, url.get_secret_value() if url else None)
    return location, locate_files(settings), settings.data_dir


def _told(contents: Contents) -> str:
    count = len(contents.names(FILES))
    files = "1 file" if count == 1 else f"{count} files"
    return f"the database and {files} ({contents.size / _MB:.1f} MB)"
