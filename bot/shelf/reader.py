"""Looking at the shelf: by name, by what was typed, by page."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sqlalchemy import RowMapping

from bot.database.tables import STYLES
from bot.errors import StyleNotFound
from bot.files.uses import FileUses
from bot.shelf.blocklist import Blocklist
from bot.shelf.image_hash import Look
from bot.shelf.model import ShelfPage, ShelfStyle
from bot.shelf.names import name_key, typed_key
from bot.shelf.store import StyleStore


class ShelfReader:
    """What people see of the shelf of a server, the starter styles included.

    Args:
        uses: of the pictures.

    Attributes:
        store: the styles of all servers.
        blocks: pictures that may not be used.
        starters: these are on every shelf, but where they are blocked.
    """

    def __init__(self, uses: FileUses) -> None:
        self.store = StyleStore(uses)
        self.blocks = Blocklist(uses.database)
        self.starters: list[tuple[ShelfStyle, Look]] = []

    async def offered_starters(self, guild_id: int | None) -> list[ShelfStyle]:
        """Return the starter styles without those that were taken down here or everywhere."""
        blocked = await self.blocks.here(guild_id)
        return await asyncio.to_thread(
            lambda: [style for style, look in self.starters if not look.among(blocked)]
        )

    async def search(
        self, guild_id: int | None, typed: str = "", limit: int = 25
    ) -> list[ShelfStyle]:
        """Return usable styles with `typed` in their names, those that begin with it first.

        Args:
            guild_id: the server; None (direct messages) for the starter styles alone.
            typed: as far as the person has typed; case does not matter.
            limit: at most so many; the server's own come before the starter styles.
        """
        key = typed_key(typed)
        offered = await self.offered_starters(guild_id)
        starters = [style for style in offered if key in name_key(style.name)]
        if guild_id is None:
            return starters[:limit]
        own = await self.store.select(
            STYLES.c.guild_id == guild_id,
            STYLES.c.approved,
            STYLES.c.name_key.contains(key, autoescape=True),
            order=(STYLES.c.name_key.startswith(key, autoescape=True).desc(), STYLES.c.name_key),
            limit=limit,
        )
        return (own + starters)[:limit]

    async def get(self, guild_id: int | None, name: str) -> ShelfStyle:
        """Return the usable style of this name; case does not matter.

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
        """Return the style of this name, approved or not.

        Raises:
            StyleNotFound: there is none.
        """
        key = typed_key(name)
        offered = await self.offered_starters(guild_id)
        found = [style for style in offered if typed_key(style.name) == key]
        if guild_id is not None and not found:
            found = await self.store.select(STYLES.c.guild_id == guild_id, STYLES.c.name_key == key)
        if not found:
            raise StyleNotFound(
                "There is no such style on this shelf; `/style list` shows them all."
            )
        return found[0]

    async def by_id(self, style_id: str) -> ShelfStyle:
        """Return the style with this id.

        Raises:
            StyleNotFound: it was removed.
        """
        found = await self.store.select(STYLES.c.id == style_id)
        if not found:
            raise StyleNotFound("This style is not on the shelf any more.")
        return found[0]

    async def page(
        self, guild_id: int | None, number: int, *, size: int, approved: bool = True
    ) -> ShelfPage:
        """Return some styles by name; of those approved, the starter styles come last.

        Args:
            guild_id: the server; None for the starter styles alone.
            number: of the page, from 0; a number too large gives the last page.
            size: how many styles a page has.
            approved: those that can be used, or those that wait for approval.
        """
        starters = await self.offered_starters(guild_id) if approved else []
        own = 0 if guild_id is None else await self.store.count(guild_id, approved)
        total = own + len(starters)
        pages = max(1, -(-total // size))
        number = min(max(number, 0), pages - 1)
        start = number * size
        styles: list[ShelfStyle] = []
        if start < own:
            styles = await self.store.select(
                STYLES.c.guild_id == guild_id,
                STYLES.c.approved.is_(approved),
                order=(STYLES.c.name_key,),
                offset=start,
                limit=size,
            )
        more = max(start - own, 0)
        styles += starters[more : more + size - len(styles)]
        return ShelfPage(styles=tuple(styles), number=number, pages=pages, total=total)

    async def of_person(self, user_id: int) -> Sequence[RowMapping]:
        """Return rows of `STYLES`: everything that somebody put on any shelf."""
        return await self.store.of_person(user_id)
