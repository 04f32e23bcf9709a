"""`stylize-bot backup` and `stylize-bot restore`."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated, Final

import typer

from backend.database.connect import locate_database
from backend.database.location import Location
from backend.errors import ConfigurationError
from backend.files.connect import locate_files
from backend.files.store import FileStore
from backend.hosting.archive import FILES, Contents
from backend.hosting.backup import back_up
from backend.hosting.restore import restore
from backend.settings import load_settings

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
    with _ended_in_order():
        if file == _STREAM:
            contents = _stream(location, files, folder)
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
    with _ended_in_order(), ExitStack() as stack:
        copy = None
        if file == _STREAM:
            folder.mkdir(0o700, parents=True, exist_ok=True)
            copy = stack.enter_context(TemporaryFile(dir=folder))  # without a name: nothing is left
            shutil.copyfileobj(sys.stdin.buffer, copy)
            copy.seek(0)
        contents = asyncio.run(restore(file, location, files, folder, copy))
    _say(f"Restored {_told(contents)}, into {folder} and {location}.")


def _stream(location: Location, files: FileStore, folder: Path) -> Contents:
    """Send a backup to the standard output while it is made."""
    if sys.stdout.isatty():
        raise ConfigurationError("A backup is no text: name a file, or send it into a pipe.")
    try:
        return asyncio.run(back_up(location, files, folder, sys.stdout.buffer))
    except ConfigurationError:
        with suppress(OSError):  # what is left in its buffer would fail once more at the end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Let SIGTERM end what is done as Ctrl-C does: nothing half-made is left."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _say(line: str) -> None:
    typer.echo(line, err=True)  # the output may be the archive


def _places() -> tuple[Location, FileStore, Path]:
    """Return where the settings say that the database, the files and everything else is."""
    settings = load_settings()
    return locate_database(settings), locate_files(settings), settings.data_dir


def _told(contents: Contents) -> str:
    count = len(contents.names(FILES))
    files = "1 file" if count == 1 else f"{count} files"
    return f"the database and {files} ({contents.size / _MB:.1f} MB)"
