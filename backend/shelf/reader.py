"""Looking at the shelf: by name, by what was typed, by page."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, func, select

from backend.database.tables import STYLES
from backend.errors import StyleNotFound
from backend.files.uses import FileUses
from backend.records import StoredImage
from backend.shelf.blocklist import Blocklist
from backend.shelf.model import ShelfPage, ShelfStyle
from backend.shelf.names import name_key, typed_key
from nst.look import Look

IMAGE: Final = ("file", "thumbnail", "sha256", "width", "height", "fingerprint")
"""Columns of a style that are fields of its image."""
_COLUMNS: Final = ("id", "guild_id", "name", "contributor_id", "credit", "approved", "created_at")


def to_style(row: RowMapping) -> ShelfStyle:
    """Return the style of a row of `STYLES`."""
    image = StoredImage(filename=row["name"], **{name: row[name] for name in IMAGE})
    return ShelfStyle(image=image, **{name: row[name] for name in _COLUMNS})


class ShelfReader:
    """What people see of the shelf of a server, the starter styles included.

    A server is None for direct messages, where there are the starter styles alone.
    """

    def __init__(self, uses: FileUses) -> None:
        self._database = uses.database
        self.blocks = Blocklist(uses.database)
        self.starters: list[tuple[ShelfStyle, Look]] = []  # on every shelf where not blocked

    async def offered_starters(self, guild_id: int | None) -> list[ShelfStyle]:
        """Return the starter styles without those that were taken down here or everywhere.

        One is left out, too, while the server has a style of that name, which it may have taken
        while the starter style was taken down, or had before an update brought that.
        """
        blocked = await self.blocks.here(guild_id)
        keys = [name_key(style.name) for style, _ in self.starters]
        named = await self.select(STYLES.c.guild_id == guild_id, STYLES.c.name_key.in_(keys))
        taken = {name_key(style.name) for style in named}
        return await asyncio.to_thread(
            lambda: [
                style
                for style, look in self.starters
                if name_key(style.name) not in taken and not look.among(blocked)
            ]
        )

    async def search(
        self, guild_id: int | None, typed: str = "", limit: int = 25
    ) -> list[ShelfStyle]:
        """Return usable styles with `typed` in their names, those that begin with it first.

        The server's own come before the starter styles.
        """
        key = typed_key(typed)
        offered = await self.offered_starters(guild_id)
        starters = [style for style in offered if key in name_key(style.name)]
        own = await self.select(
            STYLES.c.guild_id == guild_id,
            STYLES.c.approved,
            STYLES.c.name_key.contains(key, autoescape=True),
            order=(STYLES.c.name_key.startswith(key, autoescape=True).desc(), STYLES.c.name_key),
            limit=limit,
        )
        return (own + starters)[:limit]

    async def get(self, guild_id: int | None, name: str) -> ShelfStyle:
        """Return the usable style of this name; case does not matter."""
        style = await self.find(guild_id, name)
        if not style.approved:
            raise StyleNotFound(
                "The style “{name}” waits for a moderator's approval and cannot be used yet.",
                name=style.name,
            )
        return style

    async def find(self, guild_id: int | None, name: str) -> ShelfStyle:
        """Return the style of this name, approved or not; raises StyleNotFound."""
        key = typed_key(name)
        offered = await self.offered_starters(guild_id)
        found = [style for style in offered if typed_key(style.name) == key]
        found += await self.select(STYLES.c.guild_id == guild_id, STYLES.c.name_key == key)
        if not found:
            raise StyleNotFound(
                "There is no such style on this shelf; `/style list` shows them all."
            )
        return found[0]

    async def by_id(self, style_id: str) -> ShelfStyle:
        """Return the style with this id; raises StyleNotFound."""
        found = await self.select(STYLES.c.id == style_id)
        if not found:
            raise gone()
        return found[0]

    async def page(
        self, guild_id: int | None, number: int, *, size: int, approved: bool = True
    ) -> ShelfPage:
        """Return a page of styles by name: those that wait, or `approved` ones, starters last.

        Pages count from 0; a number too large gives the last one.
        """
        starters = await self.offered_starters(guild_id) if approved else []
        here = (STYLES.c.guild_id == guild_id, STYLES.c.approved.is_(approved))
        own = await self.count(*here)
        total = own + len(starters)
        pages = max(1, -(-total // size))
        number = min(max(number, 0), pages - 1)
        start = number * size
        styles = await self.select(*here, order=(STYLES.c.name_key,), offset=start, limit=size)
        more = max(start - own, 0)
        styles += starters[more : more + size - len(styles)]
        return ShelfPage(styles=tuple(styles), number=number, pages=pages, total=total)

    async def of_person(self, user_id: int) -> Sequence[RowMapping]:
        """Return rows of `STYLES`: everything that somebody put on any shelf, oldest first."""
        found = select(STYLES).where(STYLES.c.contributor_id == user_id).order_by(STYLES.c.id)
        return await self._database.rows(found)

    async def select(
        self,
        *conditions: ColumnElement[bool],
        order: Sequence[ColumnElement[Any]] = (STYLES.c.id,),
        offset: int = 0,
        limit: int | None = None,
    ) -> list[ShelfStyle]:
        """Return the styles for which all conditions hold; oldest first if no order is given."""
        found = select(STYLES).where(*conditions).order_by(*order).offset(offset).limit(limit)
        return [to_style(row) for row in await self._database.rows(found)]

    async def count(self, *conditions: ColumnElement[bool]) -> int:
        """Return of how many styles all conditions hold."""
        (row,) = await self._database.rows(select(func.count().label("n")).where(*conditions))
        return int(row["n"])


def gone() -> StyleNotFound:
    """Return the refusal of a style that was removed meanwhile."""
    return StyleNotFound("This style is not on the shelf any more.")
