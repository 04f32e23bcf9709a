"""`stylize-bot styles` and `photos`: which pictures the host blocks; also while a bot runs.

A running bot looks blocks up anew for each picture, so they count from the next one on.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from sqlalchemy import select

from bot.database.connect import locate_database
from bot.database.database import Database
from bot.database.tables import JOBS
from bot.errors import ConfigurationError, ImageRefused
from bot.files.connect import locate_files
from bot.files.store import FileKey
from bot.files.uses import FileUses
from bot.jobs.rows import read_job
from bot.records import StoredImage
from bot.settings import load_settings
from bot.shelf.shelf import Shelf
from bot.tools import ImageTools
from nst.limits import Limits

cli = typer.Typer(help="Block pictures as photos and as styles.", no_args_is_help=True)

Picture = Annotated[Path | None, typer.Argument(metavar="FILE", help="The picture, as a file.")]
JobId = Annotated[
    str | None, typer.Option("--job", metavar="ID", help="The photo of this job, in place of FILE.")
]


@cli.command()
def block(file: Picture = None, job_id: JobId = None) -> None:
    """Refuse a picture and its look-alikes everywhere; delete styles that are like it."""

    async def act() -> int:
        async with _opened(file, job_id) as (shelf, image):
            return len(await shelf.take_down(image, guild_id=None, asked_by=None))

    typer.echo(f"Blocked. Styles deleted from shelves: {asyncio.run(act())}.")


@cli.command()
def unblock(file: Picture = None, job_id: JobId = None) -> None:
    """Take `block` back; styles that it deleted stay deleted."""

    async def act() -> int:
        async with _opened(file, job_id) as (shelf, image):
            return await shelf.blocks.lift(image, guild_id=None)

    typer.echo("Allowed again." if asyncio.run(act()) else "This picture was not blocked.")


@asynccontextmanager
async def _opened(
    file: Path | None, job_id: str | None
) -> AsyncIterator[tuple[Shelf, StoredImage]]:
    """Open the shelf beside a running bot, whose the starter styles are, and the picture."""
    settings = load_settings()
    async with locate_database(settings).beside(writable=True) as database:
        uses = FileUses(database, locate_files(settings))
        if job_id:
            image = await _photo_of(database, job_id)
        elif file:
            image = await _looked_at(file, ImageTools(isolation=settings.isolation))
        else:
            raise typer.BadParameter("name a FILE, or a job with --job")
        yield Shelf(uses, limit=settings.styles_per_server), image


async def _photo_of(database: Database, job_id: str) -> StoredImage:
    """Return the photo of a job, whose file may be gone: how it looks is known."""
    for row in await database.rows(select(JOBS).where(JOBS.c.id == job_id)):
        if photo := read_job(row).spec.content:
            return photo
    raise ConfigurationError(f"There is no job {job_id} with a photo (any more).")


async def _looked_at(file: Path, tools: ImageTools) -> StoredImage:
    with TemporaryDirectory() as folder:
        raw, clean, thumbnail = (Path(folder) / f"picture.{end}" for end in ("raw", "png", "jpg"))
        try:
            await asyncio.to_thread(shutil.copyfile, file, raw)
            found = await tools.check(raw, clean, thumbnail, limits=Limits())
        except OSError as error:
            raise ConfigurationError(f"{file} cannot be read: {error.strerror}.") from error
        except ImageRefused as error:
            raise ConfigurationError(f"{file} cannot be used. {error}") from error
    return StoredImage(
        file=FileKey("picture.png"),  # of no store: only how it looks is kept
        thumbnail=FileKey("picture.jpg"),
        filename=file.name,
        sha256=found.sha256,
        width=found.width,
        height=found.height,
        fingerprint=found.fingerprint,
    )
