"""The shelf: every change of it and every look at it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from bot.database.database import Database
from bot.database.ids import new_id
from bot.database.tables import STYLES
from bot.errors import ConfigurationError, StyleNotFound, StyleRefused
from bot.jobs.model import SpooledImage
from bot.shelf.blocklist import Blocklist
from bot.shelf.image_hash import Look
from bot.shelf.model import ShelfStyle
from bot.shelf.names import credit_line, name_key, style_name
from bot.shelf.pictures import PictureFolder
from bot.shelf.reader import ShelfReader
from bot.shelf.starters import starter_styles
from bot.shelf.store import StyleStore, taken

_LOG = logging.getLogger(__name__)

_SWEEP_SECONDS: Final = 3600.0

FilesInUse = Callable[[], Awaitable[Iterable[Path]]]
"""Which files others still need, among them perhaps some of the shelf's folder."""


class Shelf(ShelfReader):
    """The styles of every server; an async context manager.

    Args:
        database: open.
        folder: of the pictures, made if it is missing.
        limit: how many styles one server may have.
        in_use: files that kept jobs refer to: they stay when their style is removed.

    Attributes:
        blocks: pictures that may not be used.
        pictures: the folder; also for pictures that people keep for themselves.
    """

    def __init__(self, database: Database, folder: Path, *, limit: int, in_use: FilesInUse) -> None:
        self.pictures = PictureFolder(folder)
        super().__init__(StyleStore(database, self.pictures), Blocklist(database))
        self._limit = limit
        self._in_use = in_use
        self._closed = asyncio.Event()
        self._sweeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Make the folder ready and read the starter styles.

        Raises:
            ConfigurationError: the folder cannot be used.
        """
        try:
            await self.pictures.prepare()
        except OSError as error:
            raise ConfigurationError(
                f"The shelf folder {self.pictures.path} cannot be used: {error.strerror}."
            ) from error
        self.set_starters(await asyncio.to_thread(starter_styles))
        self._sweeper = asyncio.create_task(self._sweep(), name="shelf sweeper")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """End the sweeper, by an event: cancelling would tear a database connection apart."""
        self._closed.set()
        if self._sweeper:
            await self._sweeper

    async def check(self, image: SpooledImage, guild_id: int | None = None) -> None:
        """Whether a picture may be used as a style; see `Blocklist.check`.

        Raises:
            ImageRefused: it was taken down here or everywhere.
        """
        await self.blocks.check(image, guild_id)

    async def add(
        self,
        guild_id: int,
        name: str,
        image: SpooledImage,
        *,
        contributor_id: int,
        credit: str = "",
        approved: bool = True,
    ) -> ShelfStyle:
        """Put a picture on the shelf; its files are copied, the caller's stay the caller's.

        Raises:
            StyleRefused: the name or the credit cannot be used, the name or the picture is there
                already, or the shelf is full.
            ImageRefused: the picture was taken down.
        """
        name, credit = style_name(name), credit_line(credit)
        await self.check(image, guild_id)
        async with self.pictures.gate:
            await self._check_room(guild_id, name, image)
            kept = await self.pictures.adopt(image, name)
            try:
                return await self.store.insert(
                    new_id(),
                    kept,
                    guild_id=guild_id,
                    name=name,
                    name_key=name_key(name),
                    contributor_id=contributor_id,
                    credit=credit,
                    approved=approved,
                    created_at=datetime.now(UTC),
                )
            except BaseException:
                await self.pictures.delete([kept.path.stem])
                raise

    async def rename(self, style: ShelfStyle, new: str) -> ShelfStyle:
        """Give a style another name.

        Raises:
            StyleRefused: the name cannot be used, or another style has it; or it is a starter.
            StyleNotFound: the style was removed meanwhile.
        """
        new = style_name(new)
        self._check_not_starter(style)
        with suppress(StyleNotFound):
            other = await self.find(style.guild_id, new)
            if other.id != style.id:
                raise taken(other.name)
        return await self.store.change(style, name=new, name_key=name_key(new))

    async def approve(self, style: ShelfStyle) -> ShelfStyle:
        """Let a style be used.

        Raises:
            StyleNotFound: the style was removed meanwhile.
        """
        return await self.store.change(style, approved=True)

    async def remove(self, style: ShelfStyle) -> None:
        """Take a style off the shelf; pictures already asked for can still be painted with it.

        Raises:
            StyleRefused: it is a starter style.
        """
        self._check_not_starter(style)
        await self.store.delete([style])

    async def take_down(
        self, image: SpooledImage, *, guild_id: int | None, asked_by: int | None
    ) -> list[ShelfStyle]:
        """Block a picture and delete every style that looks like it, files included, at once.

        A picture that is being painted with one of them has read its files and is finished; one
        that still waits ends with a card that says so.

        Args:
            image: after intake, or that of a style.
            guild_id: on which shelf; None for all of them.
            asked_by: the moderator; None for the host.

        Returns:
            The styles that are gone, those starter styles included that are not offered any more.
        """
        offered = await self.offered_starters(guild_id)
        await self.blocks.add(image, guild_id=guild_id, blocked_by=asked_by)
        where = [] if guild_id is None else [STYLES.c.guild_id == guild_id]
        rows = await self.store.looks(*where)
        gone = await self.store.by_ids(await asyncio.to_thread(Look(image).among, rows))
        await self.store.delete(gone)
        await self.pictures.delete(style.image.path.stem for style in gone)
        left = await self.offered_starters(guild_id)
        return gone + [style for style in offered if style not in left]

    async def remove_person(self, user_id: int, *, with_styles: bool) -> int:
        """Delete somebody's styles, or keep them but not that they are theirs; returns how many.

        Which pictures they had blocked as a moderator is forgotten, the blocks stay.
        """
        await self.blocks.forget_moderator(user_id)
        if with_styles:
            return await self.store.delete_of(user_id)
        return await self.store.forget_contributor(user_id)

    async def tidy(self) -> int:
        """Remove the files that neither a style nor a kept job needs; returns how many."""
        async with self.pictures.gate:
            in_use = set(await self._in_use())
            return await self.pictures.keep_only(await self.store.files(), in_use)

    # inside

    async def _check_room(self, guild_id: int, name: str, image: SpooledImage) -> None:
        with suppress(StyleNotFound):
            raise taken((await self.find(guild_id, name)).name)
        same = await self.store.select(
            STYLES.c.guild_id == guild_id, STYLES.c.sha256 == image.sha256
        )
        if same:
            raise StyleRefused(
                "This picture is on the shelf already, as “{name}”.", name=same[0].name
            )
        if await self.store.count(guild_id) >= self._limit:
            raise StyleRefused(
                "This server's shelf is full: it holds {limit} styles. Remove one first "
                "(`/style remove`).",
                limit=self._limit,
            )

    def _check_not_starter(self, style: ShelfStyle) -> None:
        if style.is_starter:
            raise StyleRefused(
                "“{name}” is a starter style; it came with the bot and cannot be changed.",
                name=style.name,
            )

    async def _sweep(self) -> None:
        while not self._closed.is_set():
            try:
                if files := await self.tidy():
                    _LOG.info("removed %d files of styles that are gone", files)
            except Exception:
                _LOG.exception("the shelf was not tidied; the next sweep tries again")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), _SWEEP_SECONDS)
