"""Who uses which file; the last use that is dropped takes the file along."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import ColumnElement, delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.database.database import Database
from backend.database.tables import FILE_USES
from backend.errors import FILES_GONE, JobNotFound
from backend.files.store import FileKey, FileStore

_LOG = logging.getLogger(__name__)

DOOMED: Final = "doomed"
"""The owner of files that nobody uses and that are still to be removed."""
UPLOADS: Final = "uploads"
"""The owner of files that have just come in; it does not outlive the bot."""
_BATCH: Final = 500
_uses = FILE_USES.c


def job_owner(job_id: str) -> str:
    """Return a job as an owner of files."""
    return f"job:{job_id}"


def style_owner(style_id: str) -> str:
    """Return a style of a shelf as an owner of files."""
    return f"style:{style_id}"


def person_owner(user_id: int) -> str:
    """Return a person, who keeps a last style, as an owner of files."""
    return f"person:{user_id}"


@dataclass(frozen=True, slots=True)
class UseChange:
    """Changes of uses in one transaction, and the files whose last use was dropped."""

    connection: AsyncConnection
    doomed: set[FileKey] = field(default_factory=set)

    async def add(self, owner: str, keys: Collection[FileKey]) -> None:
        """Add uses of files that are about to be put into the store."""
        if not keys:
            return
        await self.connection.execute(
            delete(FILE_USES).where(_uses.owner == owner, _uses.key.in_(keys))
        )
        rows = [{"key": key, "owner": owner} for key in dict.fromkeys(keys)]
        await self.connection.execute(insert(FILE_USES), rows)

    async def take(self, owner: str, keys: Collection[FileKey]) -> None:
        """Add uses of files that others use; JobNotFound where nobody uses one any more."""
        live = select(_uses.key).distinct().where(_uses.key.in_(keys), _uses.owner != DOOMED)
        found = set((await self.connection.execute(live)).scalars())
        if not found.issuperset(keys):
            raise JobNotFound(FILES_GONE)
        await self.add(owner, keys)

    async def drop(self, owners: Collection[str], *, but: Collection[FileKey] = ()) -> None:
        """Drop all uses that these owners have, but those of the files `but`."""
        await self._drop(_uses.owner.in_(owners), _uses.key.not_in(but))

    async def drop_keys(self, owner: str, keys: Collection[FileKey]) -> None:
        """Drop the uses of some files that an owner has."""
        await self._drop(_uses.owner == owner, _uses.key.in_(keys))

    async def revoke(self, owners: Collection[str], others: str) -> None:
        """Drop these owners' uses, and with them the uses of `others` that depend on them.

        Whose name begins with `others`, such as `job:`, loses a file unless somebody else uses it.
        """
        keys = await self._keys(_uses.owner.in_(owners))
        await self._drop(_uses.owner.in_(owners))
        used = select(_uses.key).where(
            _uses.key.in_(keys), _uses.owner.not_like(f"{others}%"), _uses.owner != DOOMED
        )
        kept = set((await self.connection.execute(used)).scalars())
        await self._drop(_uses.key.in_(keys - kept), _uses.owner != DOOMED)

    async def _drop(self, *conditions: ColumnElement[bool]) -> None:
        dropped = delete(FILE_USES).where(*conditions).returning(_uses.key)
        keys = set(map(FileKey, (await self.connection.execute(dropped)).scalars()))
        left = await self._keys(_uses.key.in_(keys))
        doomed = keys - left
        await self.add(DOOMED, doomed)
        self.doomed.update(doomed)

    async def _keys(self, *conditions: ColumnElement[bool]) -> set[FileKey]:
        found = await self.connection.execute(select(_uses.key).where(*conditions))
        return set(map(FileKey, found.scalars()))


@dataclass(frozen=True, slots=True)
class FileUses:
    """The table of uses, in an open database, and the store that its keys are of."""

    database: Database
    files: FileStore

    @asynccontextmanager
    async def change(self) -> AsyncIterator[UseChange]:
        """Begin a transaction in which uses change; afterwards files without a use are removed."""
        async with self.database.write() as connection:
            if connection.dialect.name == "postgresql":
                # Two who drop the last two uses of a file would each see the other's.
                lock = "LOCK TABLE file_uses IN SHARE ROW EXCLUSIVE MODE"
                await connection.execute(text(lock))
            change = UseChange(connection)
            yield change
        await self._remove(change.doomed)

    async def keep(self, owner: str, sources: Mapping[FileKey, Path | bytes]) -> None:
        """Put files into the store, with a use of each; on failure none is left."""
        async with self.change() as change:
            await change.add(owner, list(sources))
        try:
            for key, source in sources.items():
                await self.files.put(key, source)
        except BaseException:
            await self.discard(owner, list(sources))
            raise

    async def discard(self, owner: str, keys: Collection[FileKey]) -> None:
        """Drop the uses of some files that an owner has, after whatever those were needed for.

        That has come to its end by then, good or bad, so a fault here is logged and no more:
        uploads are dropped at the next start at the latest.
        """
        try:
            async with self.change() as change:
                await change.drop_keys(owner, keys)
        except Exception:
            _LOG.exception("%d files are kept that %s no longer need", len(keys), owner)

    async def clear(self) -> None:
        """Finish what a former process did not: drop its uploads, remove what was doomed."""
        while uploads := await self._of(UPLOADS):
            async with self.change() as change:
                await change.drop_keys(UPLOADS, uploads)
        await self.finish()

    async def finish(self) -> None:
        """Remove files that nobody uses but that could not be removed at once."""
        while doomed := await self._of(DOOMED):
            if not await self._remove(doomed):
                return

    async def _of(self, owner: str) -> set[FileKey]:
        found = select(_uses.key).where(_uses.owner == owner).limit(_BATCH)
        return {row["key"] for row in await self.database.rows(found)}

    async def _remove(self, keys: set[FileKey]) -> bool:
        """Remove files and then their rows; return whether they are gone.

        A fault is no reason to fail: what doomed them is in the database already.
        """
        if not keys:
            return True
        gone = delete(FILE_USES).where(_uses.owner == DOOMED, _uses.key.in_(keys))
        try:
            await self.files.delete(*keys)
            await self.database.execute(gone)
        except Exception:
            _LOG.exception("%d files cannot be removed; the next sweep tries again", len(keys))
            return False
        return True
