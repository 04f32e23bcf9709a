"""The shelf: every change of it and every look at it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.errors import ConfigurationError, StyleNotFound, StyleRefused
from bot.jobs.ids import new_id
from bot.jobs.model import SpooledImage
from bot.shelf.blocks import Blocks, same_picture
from bot.shelf.model import ShelfPage, ShelfStyle
from bot.shelf.names import credit_line, name_key, style_name
from bot.shelf.pictures import PictureFolder
from bot.shelf.starters import matches, starter_styles
from bot.shelf.store import StyleStore, taken
from bot.shelf.table import STYLES

_LOG = logging.getLogger(__name__)

_SWEEP_SECONDS: Final = 3600.0

FilesInUse = Callable[[], Awaitable[Iterable[Path]]]
"""Which files others still need, among them perhaps some of the shelf's folder."""


class Shelf:
    """The styles of every server; an async context manager.

    Args:
        engine: the open database.
        folder: of the pictures, made if it is missing.
        limit: how many styles one server may have.
        in_use: files that kept jobs refer to: they stay when their style is removed.

    Attributes:
        blocks: pictures that may not be used.
        pictures: the folder; also for pictures that people keep for themselves.
    """

    def __init__(
        self, engine: AsyncEngine, folder: Path, *, limit: int, in_use: FilesInUse
    ) -> None:
        self.blocks = Blocks(engine)
        self.pictures = PictureFolder(folder)
        self._store = StyleStore(engine, self.pictures)
        self._limit = limit
        self._in_use = in_use
        self._starters: list[ShelfStyle] = []
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
        self._starters = await asyncio.to_thread(starter_styles)
        self._sweeper = asyncio.create_task(self._sweep(), name="shelf sweeper")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """End the sweeper, by an event: cancelling would tear a database connection apart."""
        self._closed.set()
        if self._sweeper:
            await self._sweeper

    # looking

    async def search(
        self, guild_id: int | None, typed: str = "", limit: int = 25
    ) -> list[ShelfStyle]:
        """Usable styles with `typed` in their names: those that begin with it first, then by name.

        Args:
            guild_id: the server; None (direct messages) for the starter styles alone.
            typed: as far as the person has typed; case does not matter.
            limit: at most so many; the server's own come before the starter styles.
        """
        key = name_key(typed.strip())
        starters = [style for style in self._starters if matches(style, key)]
        if guild_id is None:
            return starters[:limit]
        own = await self._store.select(
            STYLES.c.guild_id == guild_id,
            STYLES.c.approved,
            STYLES.c.name_key.contains(key, autoescape=True),
            order=(STYLES.c.name_key.startswith(key, autoescape=True).desc(), STYLES.c.name_key),
            limit=limit,
        )
        return (own + starters)[:limit]

    async def get(self, guild_id: int | None, name: str) -> ShelfStyle:
        """The usable style of this name; case does not matter.

        Raises:
            StyleNotFound: there is none, or moderators have not approved it yet.
        """
        style = await self.find(guild_id, name)
        if not style.approved:
            raise StyleNotFound(
                "The style “{name}” waits for a moderator's approval and cannot be used yet.",
                name=style.name,
            )
        return style

    async def find(self, guild_id: int | None, name: str) -> ShelfStyle:
        """The style of this name, approved or not.

        Raises:
            StyleNotFound: there is none.
        """
        key = name_key(" ".join(name.split()))
        found = [style for style in self._starters if name_key(style.name) == key]
        if guild_id is not None and not found:
            found = await self._store.select(
                STYLES.c.guild_id == guild_id, STYLES.c.name_key == key
            )
        if not found:
            raise StyleNotFound(
                "There is no such style on this shelf; `/style list` shows them all."
            )
        return found[0]

    async def by_id(self, style_id: str) -> ShelfStyle:
        """The style with this id.

        Raises:
            StyleNotFound: it was removed.
        """
        found = await self._store.select(STYLES.c.id == style_id)
        if not found:
            raise StyleNotFound("This style is not on the shelf any more.")
        return found[0]

    async def page(
        self, guild_id: int | None, number: int, *, size: int, approved: bool = True
    ) -> ShelfPage:
        """Some styles by name; of those approved, the starter styles come last.

        Args:
            guild_id: the server; None for the starter styles alone.
            number: of the page, from 0; a number too large gives the last page.
            size: how many styles a page has.
            approved: those that can be used, or those that wait for approval.
        """
        starters = self._starters if approved else []
        own = 0 if guild_id is None else await self._store.count(guild_id, approved)
        total = own + len(starters)
        pages = max(1, -(-total // size))
        number = min(max(number, 0), pages - 1)
        start = number * size
        styles: list[ShelfStyle] = []
        if start < own:
            styles = await self._store.select(
                STYLES.c.guild_id == guild_id,
                STYLES.c.approved.is_(approved),
                order=(STYLES.c.name_key,),
                offset=start,
                limit=size,
            )
        more = max(start - own, 0)
        styles += starters[more : more + size - len(styles)]
        return ShelfPage(styles=tuple(styles), number=number, pages=pages, total=total)

    async def of_person(self, user_id: int) -> list[ShelfStyle]:
        """Everything that somebody put on any shelf."""
        return await self._store.select(STYLES.c.contributor_id == user_id)

    async def check(self, image: SpooledImage, guild_id: int | None = None) -> None:
        """Whether a picture may be used as a style; see `Blocks.check`.

        Raises:
            ImageRefused: it was taken down here or everywhere.
        """
        await self.blocks.check(image, guild_id)

    # changing

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
                return await self._store.insert(
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
        return await self._store.change(style, name=new, name_key=name_key(new))

    async def approve(self, style: ShelfStyle) -> ShelfStyle:
        """Let a style be used.

        Raises:
            StyleNotFound: the style was removed meanwhile.
        """
        return await self._store.change(style, approved=True)

    async def remove(self, style: ShelfStyle) -> None:
        """Take a style off the shelf; pictures already asked for can still be painted with it.

        Raises:
            StyleRefused: it is a starter style.
        """
        self._check_not_starter(style)
        await self._store.delete([style])

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
            The styles that are gone.
        """
        await self.blocks.add(image, guild_id=guild_id, blocked_by=asked_by)
        where = [] if guild_id is None else [STYLES.c.guild_id == guild_id]
        gone = [
            style
            for style in await self._store.select(*where)
            if same_picture(image, style.image.sha256, style.image.fingerprint)
        ]
        await self._store.delete(gone)
        await self.pictures.delete(style.image.path.stem for style in gone)
        return gone

    async def forget_contributor(self, user_id: int) -> int:
        """Keep somebody's styles but not that they are theirs; returns how many."""
        return await self._store.forget_contributor(user_id)

    async def tidy(self) -> int:
        """Remove the files that neither a style nor a kept job needs; returns how many."""
        async with self.pictures.gate:
            in_use = set(await self._in_use())
            return await self.pictures.keep_only(await self._store.files(), in_use)

    # inside

    async def _check_room(self, guild_id: int, name: str, image: SpooledImage) -> None:
        with suppress(StyleNotFound):
            raise taken((await self.find(guild_id, name)).name)
        same = await self._store.select(
            STYLES.c.guild_id == guild_id, STYLES.c.sha256 == image.sha256
        )
        if same:
            raise StyleRefused(
                "This picture is on the shelf already, as “{name}”.", name=same[0].name
            )
        if await self._store.count(guild_id) >= self._limit:
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
