"""The styles in the database, and the way from a row to a style."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.database.database import Database
from bot.database.tables import STYLES
from bot.errors import StyleNotFound, StyleRefused
from bot.jobs.model import SpooledImage
from bot.shelf.model import ShelfStyle
from bot.shelf.pictures import PictureFolder

_COLUMNS: Final = ("id", "guild_id", "name", "contributor_id", "credit", "approved", "created_at")
_IMAGE: Final = ("sha256", "width", "height", "fingerprint")


class StyleStore:
    """Rows of the table `styles`.

    Args:
        database: open.
        pictures: where the files are.
    """

    def __init__(self, database: Database, pictures: PictureFolder) -> None:
        self._database = database
        self._pictures = pictures

    async def select(
        self,
        *conditions: ColumnElement[bool],
        order: Iterable[ColumnElement[Any]] = (STYLES.c.id,),
        offset: int = 0,
        limit: int | None = None,
    ) -> list[ShelfStyle]:
        """Styles for which all conditions hold; oldest first if no order is given."""
        found = select(STYLES).where(*conditions).order_by(*order).offset(offset).limit(limit)
        async with self._database.read() as connection:
            rows = (await connection.execute(found)).mappings().all()
        return [self._to_style(row) for row in rows]

    async def count(self, guild_id: int, approved: bool | None = None) -> int:
        """How many styles a server has; of one kind, or of both for None."""
        count = select(func.count()).select_from(STYLES).where(STYLES.c.guild_id == guild_id)
        if approved is not None:
            count = count.where(STYLES.c.approved.is_(approved))
        async with self._database.read() as connection:
            return int((await connection.execute(count)).scalar_one())

    async def looks(self, *conditions: ColumnElement[bool]) -> Sequence[RowMapping]:
        """Id, hash and fingerprint of styles: what a picture is compared with, and no more."""
        found = select(STYLES.c.id, STYLES.c.sha256, STYLES.c.fingerprint).where(*conditions)
        async with self._database.read() as connection:
            return (await connection.execute(found)).mappings().all()

    async def by_ids(self, ids: Sequence[str]) -> list[ShelfStyle]:
        """The styles with these ids, oldest first."""
        return await self.select(STYLES.c.id.in_(ids)) if ids else []

    async def of_person(self, user_id: int) -> Sequence[RowMapping]:
        """What is kept of everything that somebody put on any shelf, oldest first."""
        found = select(STYLES).where(STYLES.c.contributor_id == user_id).order_by(STYLES.c.id)
        async with self._database.read() as connection:
            return (await connection.execute(found)).mappings().all()

    async def delete_of(self, user_id: int) -> int:
        """Remove the rows of everything that somebody brought; the files stay; returns how many."""
        async with self._database.write() as connection:
            gone = await connection.execute(
                delete(STYLES).where(STYLES.c.contributor_id == user_id)
            )
        return gone.rowcount

    async def files(self) -> list[str]:
        """Of all styles, without endings."""
        async with self._database.read() as connection:
            return list((await connection.execute(select(STYLES.c.file))).scalars())

    async def insert(self, style_id: str, image: SpooledImage, **values: Any) -> ShelfStyle:
        """Add a style whose files are in the folder already.

        Raises:
            StyleRefused: the name is taken.
        """
        look = {name: getattr(image, name) for name in _IMAGE}
        row = {"id": style_id, "file": image.path.stem, **look, **values}
        return await self._write(insert(STYLES).values(row), values["name"])

    async def change(self, style: ShelfStyle, **values: Any) -> ShelfStyle:
        """Change columns of a style.

        Raises:
            StyleRefused: the name is taken.
            StyleNotFound: it was removed meanwhile.
        """
        changed = update(STYLES).where(STYLES.c.id == style.id).values(values)
        return await self._write(changed, values.get("name", style.name))

    async def forget_contributor(self, user_id: int) -> int:
        """Keep somebody's styles but not whose they are; returns how many."""
        change = update(STYLES).where(STYLES.c.contributor_id == user_id)
        async with self._database.write() as connection:
            changed = await connection.execute(change.values(contributor_id=None))
        return changed.rowcount

    async def delete(self, styles: Iterable[ShelfStyle]) -> None:
        """Remove the rows; the files stay."""
        gone = [style.id for style in styles]
        async with self._database.write() as connection:
            await connection.execute(delete(STYLES).where(STYLES.c.id.in_(gone)))

    async def _write(self, statement: Any, name: str) -> ShelfStyle:
        try:
            async with self._database.write() as connection:
                row = (await connection.execute(statement.returning(STYLES))).mappings().first()
        except IntegrityError as error:  # somebody was faster
            raise taken(name) from error
        if row is None:
            raise StyleNotFound("This style is not on the shelf any more.")
        return self._to_style(row)

    def _to_style(self, row: RowMapping) -> ShelfStyle:
        image = SpooledImage(
            path=self._pictures.clean(row["file"]),
            thumbnail=self._pictures.thumbnail(row["file"]),
            filename=row["name"],
            **{key: row[key] for key in _IMAGE},
        )
        return ShelfStyle(image=image, **{name: row[name] for name in _COLUMNS})


def taken(name: str) -> StyleRefused:
    """The refusal of a name that another style has."""
    return StyleRefused(
        "There is a style called “{name}” on this shelf already; choose another name.", name=name
    )
