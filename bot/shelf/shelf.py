"""The shelf: every change of it and every look at it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Self

from bot.database.ids import new_id
from bot.database.tables import STYLES
from bot.errors import ConfigurationError, StyleNotFound, StyleRefused
from bot.files.uses import FileUses
from bot.records import StoredImage
from bot.shelf.image_hash import Look
from bot.shelf.model import ShelfStyle
from bot.shelf.names import credit_line, name_key, style_name
from bot.shelf.reader import ShelfReader
from bot.shelf.starters import store_starters
from bot.shelf.store import taken


class Shelf(ShelfReader):
    """The styles of every server; an async context manager.

    Args:
        uses: of their pictures.
        limit: how many styles one server may have.
    """

    def __init__(self, uses: FileUses, *, limit: int) -> None:
        super().__init__(uses)
        self._uses = uses
        self._limit = limit
        self._adding = asyncio.Lock()  # one looks whether there is room, and takes it

    async def __aenter__(self) -> Self:
        """Put the starter styles on every shelf."""
        try:
            starters = await store_starters(self._uses)
        except OSError as error:
            raise ConfigurationError(
                f"The starter styles cannot be stored: {error.strerror}."
            ) from error
        self.starters = [(style, Look(style.image)) for style in starters]
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Leave everything as it is."""

    async def check(self, image: StoredImage, guild_id: int | None = None) -> None:
        """Check whether a picture may be used as a style; see `Blocklist.check`."""
        await self.blocks.check(image, guild_id)

    async def add(
        self,
        guild_id: int,
        name: str,
        image: StoredImage,
        *,
        contributor_id: int,
        credit: str = "",
        approved: bool = True,
    ) -> ShelfStyle:
        """Put a picture on the shelf, which uses its files from now on.

        Raises:
            StyleRefused: the name or the credit cannot be used, the name or the picture is there
                already, or the shelf is full.
            ImageRefused: the picture was taken down.
        """
        name, credit = style_name(name), credit_line(credit)
        await self.check(image, guild_id)
        async with self._adding:
            await self._check_room(guild_id, name, image)
            return await self.store.insert(
                new_id(),
                image,
                guild_id=guild_id,
                name=name,
                name_key=name_key(name),
                contributor_id=contributor_id,
                credit=credit,
                approved=approved,
                created_at=datetime.now(UTC),
            )

    async def rename(self, style: ShelfStyle, new: str) -> ShelfStyle:
        """Give a style another name.

        Raises:
            StyleRefused: the name cannot be used, or another style has it; or it is a starter.
            StyleNotFound: the style was removed meanwhile.
        """
        new = style_name(new)
        _check_not_starter(style)
        with suppress(StyleNotFound):
            other = await self.find(style.guild_id, new)
            if other.id != style.id:
                raise taken(other.name)
        return await self.store.change(style, name=new, name_key=name_key(new))

    async def approve(self, style: ShelfStyle) -> ShelfStyle:
        """Let a style be used."""
        return await self.store.change(style, approved=True)

    async def remove(self, style: ShelfStyle) -> None:
        """Take a style off the shelf; pictures already asked for can still be painted with it."""
        _check_not_starter(style)
        await self.store.delete([style])

    async def take_down(
        self, image: StoredImage, *, guild_id: int | None, asked_by: int | None
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
        alike = await asyncio.to_thread(Look(image).among, rows)
        gone = await self.store.select(STYLES.c.id.in_(alike))
        await self.store.delete(gone, at_once=True)
        left = await self.offered_starters(guild_id)
        return gone + [style for style in offered if style not in left]

    async def remove_person(self, user_id: int, *, with_styles: bool) -> int:
        """Delete somebody's styles, or keep them but not that they are theirs; return how many.

        Which pictures they had blocked as a moderator is forgotten, the blocks stay.
        """
        await self.blocks.forget_moderator(user_id)
        if with_styles:
            return await self.store.delete_of(user_id)
        return await self.store.forget_contributor(user_id)

    async def _check_room(self, guild_id: int, name: str, image: StoredImage) -> None:
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


def _check_not_starter(style: ShelfStyle) -> None:
    if style.is_starter:
        raise StyleRefused(
            "“{name}” is a starter style; it came with the bot and cannot be changed.",
            name=style.name,
        )
