"""The styles in the database, and the way from a row to a style."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database.tables import STYLES
from bot.errors import StyleNotFound, StyleRefused
from bot.files.uses import FileUses, job_owner, style_owner
from bot.records import StoredImage
from bot.shelf.model import ShelfStyle

_COLUMNS: Final = ("id", "guild_id", "name", "contributor_id", "credit", "approved", "created_at")
_IMAGE: Final = ("file", "thumbnail", "sha256", "width", "height", "fingerprint")


@dataclass(frozen=True, slots=True)
class StyleStore:
    """Rows of the table `styles`."""

    uses: FileUses

    async def select(
        self,
        *conditions: ColumnElement[bool],
        order: Iterable[ColumnElement[Any]] = (STYLES.c.id,),
        offset: int = 0,
        limit: int | None = None,
    ) -> list[ShelfStyle]:
        """Return the styles for which all conditions hold; oldest first if no order is given."""
        found = select(STYLES).where(*conditions).order_by(*order).offset(offset).limit(limit)
        return [_to_style(row) for row in await self.uses.database.rows(found)]

    async def count(self, guild_id: int, approved: bool | None = None) -> int:
        """Return how many styles a server has; of one kind, or of both for None."""
        count = select(func.count()).select_from(STYLES).where(STYLES.c.guild_id == guild_id)
        if approved is not None:
            count = count.where(STYLES.c.approved.is_(approved))
        async with self.uses.database.read() as connection:
            return int((await connection.execute(count)).scalar_one())

    async def looks(self, *conditions: ColumnElement[bool]) -> Sequence[RowMapping]:
        """Return id, hash and fingerprint of styles: what a picture is compared with."""
        found = select(STYLES.c.id, STYLES.c.sha256, STYLES.c.fingerprint).where(*conditions)
        return await self.uses.database.rows(found)

    async def of_person(self, user_id: int) -> Sequence[RowMapping]:
        """Return what is kept of everything that somebody put on any shelf, oldest first."""
        found = select(STYLES).where(STYLES.c.contributor_id == user_id).order_by(STYLES.c.id)
        return await self.uses.database.rows(found)

    async def delete_of(self, user_id: int) -> int:
        """Remove everything that somebody brought; return how many styles that was."""
        async with self.uses.change() as change:
            gone = await change.connection.execute(
                delete(STYLES).where(STYLES.c.contributor_id == user_id).returning(STYLES.c.id)
            )
            ids = gone.scalars().all()
            await change.drop(list(map(style_owner, ids)))
        return len(ids)

    async def insert(self, style_id: str, image: StoredImage, **values: Any) -> ShelfStyle:
        """Add a style, which uses the files of the image from now on.

        Raises:
            StyleRefused: the name is taken.
            JobNotFound: the files are not kept any more.
        """
        look = {name: getattr(image, name) for name in _IMAGE}
        async with self.uses.change() as change:
            await change.take(style_owner(style_id), image.files)
            new = insert(STYLES).values({"id": style_id, **look, **values})
            return await _write(change.connection, new, values["name"])

    async def change(self, style: ShelfStyle, **values: Any) -> ShelfStyle:
        """Change columns of a style.

        Raises:
            StyleRefused: the name is taken.
            StyleNotFound: it was removed meanwhile.
        """
        changed = update(STYLES).where(STYLES.c.id == style.id).values(values)
        async with self.uses.database.write() as connection:
            return await _write(connection, changed, values.get("name", style.name))

    async def forget_contributor(self, user_id: int) -> int:
        """Keep somebody's styles but not whose they are; return how many."""
        change = update(STYLES).where(STYLES.c.contributor_id == user_id)
        return await self.uses.database.execute(change.values(contributor_id=None))

    async def delete(self, styles: Iterable[ShelfStyle], *, at_once: bool = False) -> None:
        """Remove styles; `at_once` with their files, which otherwise go with their last use."""
        gone = [style.id for style in styles]
        owners = list(map(style_owner, gone))
        async with self.uses.change() as change:
            if at_once:
                await change.revoke(owners, others=job_owner(""))
            else:
                await change.drop(owners)
            await change.connection.execute(delete(STYLES).where(STYLES.c.id.in_(gone)))


async def _write(connection: AsyncConnection, statement: Any, name: str) -> ShelfStyle:
    try:
        row = (await connection.execute(statement.returning(STYLES))).mappings().first()
    except IntegrityError as error:  # somebody was faster
        raise taken(name) from error
    if row is None:
        raise StyleNotFound("This style is not on the shelf any more.")
    return _to_style(row)


def _to_style(row: RowMapping) -> ShelfStyle:
    image = StoredImage(filename=row["name"], **{name: row[name] for name in _IMAGE})
    return ShelfStyle(image=image, **{name: row[name] for name in _COLUMNS})


def taken(name: str) -> StyleRefused:
    """Return the refusal of a name that another style has."""
    return StyleRefused(
        "There is a style called “{name}” on this shelf already; choose another name.", name=name
    )
