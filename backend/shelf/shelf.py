"""The shelf: every change of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Self

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.database.ids import new_id
from backend.database.tables import STYLES
from backend.errors import ConfigurationError, ImageRefused, StyleNotFound, StyleRefused
from backend.files.uses import FileUses, job_owner, style_owner
from backend.records import StoredImage
from backend.shelf.model import ShelfStyle
from backend.shelf.names import credit_line, name_key, style_name
from backend.shelf.reader import IMAGE, ShelfReader, gone, to_style
from backend.shelf.starters import store_starters


class Shelf(ShelfReader):
    """The styles of every server, at most `limit` in each; an async context manager."""

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
        self.starters = [(style, style.image.look) for style in starters]
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Leave everything as it is."""

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
        """Put a picture on the shelf, which uses its files from now on."""
        row = {
            "id": new_id(),
            "guild_id": guild_id,
            "name": style_name(name),
            "name_key": name_key(style_name(name)),
            "contributor_id": contributor_id,
            "credit": credit_line(credit),
            "approved": approved,
            "created_at": datetime.now(UTC),
            **{column: getattr(image, column) for column in IMAGE},
        }
        await self.blocks.check(image, guild_id)
        async with self._adding:
            await self._check_room(guild_id, row["name"], image)
            async with self._uses.change() as change:
                await change.take(style_owner(row["id"]), image.files)
                style = await _write(change.connection, insert(STYLES).values(row), row["name"])
        try:
            await self.blocks.check(image, guild_id)  # a takedown may not have seen the row yet
        except ImageRefused:
            await self._delete([style.id], at_once=True)
            raise
        return style

    async def rename(self, style: ShelfStyle, new: str) -> ShelfStyle:
        """Give a style another name."""
        new = style_name(new)
        _check_not_starter(style)
        await self._check_free(style.guild_id, new, style.id)
        return await self._change(style, name=new, name_key=name_key(new))

    async def approve(self, style: ShelfStyle) -> ShelfStyle:
        """Let a style be used."""
        return await self._change(style, approved=True)

    async def remove(self, style: ShelfStyle) -> None:
        """Take a style off the shelf; pictures already asked for can still be painted with it."""
        _check_not_starter(style)
        await self._delete([style.id])

    async def take_down(
        self, image: StoredImage, *, guild_id: int | None, asked_by: int | None
    ) -> list[ShelfStyle]:
        """Block a picture and delete every style that looks like it, files included, at once.

        A picture that is being painted with one of them has read its files and is finished; one
        that still waits ends with a card that says so. Without a server on all shelves, without a
        moderator (`asked_by`) for the host. Returns the styles that are gone, those starter styles
        included that are not offered any more.
        """
        offered = await self.offered_starters(guild_id)
        await self.blocks.add(image, guild_id=guild_id, blocked_by=asked_by)
        looks = select(STYLES.c.id, STYLES.c.sha256, STYLES.c.fingerprint)
        if guild_id is not None:
            looks = looks.where(STYLES.c.guild_id == guild_id)
        alike = await asyncio.to_thread(image.look.among, await self._database.rows(looks))
        removed = await self.select(STYLES.c.id.in_(alike))
        await self._delete(alike, at_once=True)
        left = await self.offered_starters(guild_id)
        return removed + [style for style in offered if style not in left]

    async def remove_person(self, user_id: int, *, with_styles: bool) -> int:
        """Delete somebody's styles, or keep them but not that they are theirs; return how many.

        Which pictures they had blocked as a moderator is forgotten, the blocks stay.
        """
        await self.blocks.forget_moderator(user_id)
        if with_styles:
            styles = [row["id"] for row in await self.of_person(user_id)]
            await self._delete(styles)
            return len(styles)
        theirs = update(STYLES).where(STYLES.c.contributor_id == user_id)
        return await self._database.execute(theirs.values(contributor_id=None))

    async def _change(self, style: ShelfStyle, **values: Any) -> ShelfStyle:
        changed = update(STYLES).where(STYLES.c.id == style.id).values(values)
        async with self._database.write() as connection:
            return await _write(connection, changed, values.get("name", style.name))

    async def _delete(self, ids: Sequence[str], *, at_once: bool = False) -> None:
        """Remove styles; `at_once` with their files, which otherwise go with their last use."""
        owners = list(map(style_owner, ids))
        async with self._uses.change() as change:
            if at_once:
                await change.revoke(owners, others=job_owner(""))
            else:
                await change.drop(owners)
            await change.connection.execute(delete(STYLES).where(STYLES.c.id.in_(ids)))

    async def _check_free(self, guild_id: int | None, name: str, but: str | None = None) -> None:
        with suppress(StyleNotFound):
            other = await self.find(guild_id, name)
            if other.id != but:
                raise _taken(other.name)

    async def _check_room(self, guild_id: int, name: str, image: StoredImage) -> None:
        await self._check_free(guild_id, name)
        here = STYLES.c.guild_id == guild_id
        if same := await self.select(here, STYLES.c.sha256 == image.sha256):
            raise StyleRefused(
                "This picture is on the shelf already, as “{name}”.", name=same[0].name
            )
        if await self.count(here) >= self._limit:
            raise StyleRefused(
                "This server's shelf is full: it holds {limit} styles. Remove one first "
                "(`/style remove`).",
                limit=self._limit,
            )


async def _write(connection: AsyncConnection, statement: Any, name: str) -> ShelfStyle:
    """Insert or change a row that is to have this name."""
    try:
        row = (await connection.execute(statement.returning(STYLES))).mappings().first()
    except IntegrityError as error:  # somebody was faster
        raise _taken(name) from error
    if row is None:
        raise gone()
    return to_style(row)


def _taken(name: str) -> StyleRefused:
    return StyleRefused(
        "There is a style called “{name}” on this shelf already; choose another name.", name=name
    )


def _check_not_starter(style: ShelfStyle) -> None:
    if style.is_starter:
        raise StyleRefused(
            "“{name}” is a starter style; it came with the bot and cannot be changed.",
            name=style.name,
        )
