"""`stylize-bot styles` and `photos`: which pictures the host blocks; also while a bot runs.

A running bot looks blocks up anew for each picture, and ends the jobs that wait with this one.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final

import typer
from sqlalchemy import select

from backend.control.cli import command, follow
from backend.database.connect import locate_database
from backend.database.database import Database
from backend.database.tables import JOBS
from backend.errors import ConfigurationError, ImageRefused
from backend.files.connect import locate_files
from backend.files.store import FileKey
from backend.files.uses import FileUses
from backend.jobs.rows import read_job
from backend.records import StoredImage
from backend.settings import load_settings
from backend.shelf.shelf import Shelf
from backend.tools import ImageTools
from nst.limits import Limits

cli = typer.Typer(help="Block pictures as photos and as styles.", no_args_is_help=True)

_INPUT: Final = Path("-")
Picture = Annotated[Path | None, typer.Argument(metavar="FILE", help="The picture; - for input.")]
JobId = Annotated[
    str | None, typer.Option("--job", metavar="ID", help="The photo of this job, in place of FILE.")
]


@cli.command()
@command
async def block(file: Picture = None, job_id: JobId = None) -> None:
    """Refuse a picture and its look-alikes everywhere; delete styles that are like it."""
    async with _opened(file, job_id) as (shelf, image, database):
        gone = len(await shelf.take_down(image, guild_id=None, asked_by=None))
        said = f"Blocked. Styles deleted from shelves: {gone}."
        await follow(database, said)  # what waits with it ends now


@cli.command()
@command
async def unblock(file: Picture = None, job_id: JobId = None) -> None:
    """Take `block` back; styles that it deleted stay deleted."""
    async with _opened(file, job_id) as (shelf, image, _):
        lifted = await shelf.blocks.lift(image, guild_id=None)
    typer.echo("Allowed again." if lifted else "This picture was not blocked.")


@asynccontextmanager
async def _opened(
    file: Path | None, job_id: str | None
) -> AsyncIterator[tuple[Shelf, StoredImage, Database]]:
    """Open the shelf beside a running bot, whose the starter styles are, and the picture."""
    if (file is None) == (job_id is None):
        raise typer.BadParameter("name either a FILE, or a job with --job")
    settings = load_settings()
    async with locate_database(settings).beside(writable=True) as database:
        uses = FileUses(database, locate_files(settings))
        if file:
            image = await _looked_at(file, ImageTools(isolation=settings.isolation))
        else:
            image = await _photo_of(database, str(job_id))
        yield Shelf(uses, limit=settings.styles_per_server), image, database


async def _photo_of(database: Database, job_id: str) -> StoredImage:
    """Return the photo of a job, whose file may be gone: how it looks is known."""
    for row in await database.rows(select(JOBS).where(JOBS.c.id == job_id)):
        if photo := read_job(row).spec.content:
            return photo
    raise ConfigurationError(f"There is no job {job_id} with a photo (any more).")


def _copy(file: Path, target: Path) -> None:
    """Copy a picture, or what comes in, and of that no more than a picture may have."""
    if file != _INPUT:
        shutil.copyfile(file, target)
    elif sys.stdin.isatty():
        raise ConfigurationError("Name a file, or send one in: `block - < FILE`.")
    else:
        target.write_bytes(sys.stdin.buffer.read(Limits().max_bytes + 1))


async def _looked_at(file: Path, tools: ImageTools) -> StoredImage:
    name = "The picture" if file == _INPUT else file
    with TemporaryDirectory() as folder:
        raw, clean, thumbnail = (Path(folder) / f"picture.{end}" for end in ("raw", "png", "jpg"))
        try:
            await asyncio.to_thread(_copy, file, raw)
            found = await tools.check(raw, clean, thumbnail, limits=Limits())
        except OSError as error:
            raise ConfigurationError(f"{name} cannot be read: {error.strerror}.") from error
        except ImageRefused as error:
            raise ConfigurationError(f"{name} cannot be used. {error}") from error
    return StoredImage(
        file=FileKey("picture.png"),  # of no store: only how it looks is kept
        thumbnail=FileKey("picture.jpg"),
        filename=file.name,
        sha256=found.sha256,
        width=found.width,
        height=found.height,
        fingerprint=found.fingerprint,
    )
