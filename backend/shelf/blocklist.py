"""Pictures that may not be used: artists who opted out, and takedowns."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import RowMapping, delete, insert, or_, select, update

from backend.database.database import Database
from backend.database.ids import new_id
from backend.database.tables import BLOCKS
from backend.errors import ImageRefused
from backend.jobs.model import Job
from backend.records import JobSpec, StoredImage


@dataclass(frozen=True, slots=True)
class Blocklist:
    """The list of blocked pictures, by their files' hashes and by how they look."""

    database: Database

    async def check(self, image: StoredImage, guild_id: int | None = None) -> None:
        """Refuse a picture that was taken down here or everywhere, or looks like one."""
        rows = await self.here(guild_id)
        if await asyncio.to_thread(image.look.among, rows):
            raise ImageRefused(
                "“{name}” looks like a picture that was taken down here, because its artist or a "
                "moderator asked for it. Please choose another one.",
                name=image.filename,
            )

    async def allowed(
        self, images: Sequence[StoredImage], guild_id: int | None
    ) -> list[StoredImage]:
        """Return those of the pictures that were taken down neither here nor everywhere."""
        rows = await self.here(guild_id)
        return await asyncio.to_thread(
            lambda: [image for image in images if not image.look.among(rows)]
        )

    async def check_job(self, job: Job) -> None:
        """Refuse a job of whose pictures one was taken down while it waited."""
        await self.check_spec(job.spec, job.address.guild_id)

    async def check_spec(self, spec: JobSpec, guild_id: int | None) -> None:
        """Refuse a photo, or a style, that was taken down here or everywhere."""
        photos = [spec.content] if spec.content else []
        for image in (*photos, *(style.image for style in spec.styles)):
            await self.check(image, guild_id)

    async def add(
        self, image: StoredImage, *, guild_id: int | None, blocked_by: int | None
    ) -> None:
        """Block a picture and its near-duplicates, of which only hash and fingerprint are kept.

        Without a `guild_id` everywhere; without a moderator in `blocked_by` it was the host.
        """
        row = {
            "id": new_id(),
            "guild_id": guild_id,
            "sha256": image.sha256,
            "fingerprint": image.fingerprint,
            "blocked_by": blocked_by,
            "created_at": datetime.now(UTC),
        }
        await self.database.execute(insert(BLOCKS).values(row))

    async def lift(self, image: StoredImage, *, guild_id: int | None) -> int:
        """Undo all blocks of a picture in exactly this server, or everywhere; return how many."""
        where = BLOCKS.c.guild_id.is_(None) if guild_id is None else BLOCKS.c.guild_id == guild_id
        async with self.database.write() as connection:
            rows = (await connection.execute(select(BLOCKS).where(where))).mappings().all()
            ids = await asyncio.to_thread(image.look.among, rows)
            await connection.execute(delete(BLOCKS).where(BLOCKS.c.id.in_(ids)))
        return len(ids)

    async def lift_file(self, sha256: str, *, guild_id: int) -> bool:
        """Undo a server's own block of exactly this file; return whether there was one."""
        where = (BLOCKS.c.sha256 == sha256, BLOCKS.c.guild_id == guild_id)
        return bool(await self.database.execute(delete(BLOCKS).where(*where)))

    async def here(self, guild_id: int | None) -> Sequence[RowMapping]:
        """Return id, hash and fingerprint of what is blocked in a server or everywhere."""
        here = or_(BLOCKS.c.guild_id.is_(None), BLOCKS.c.guild_id == guild_id)
        found = select(BLOCKS.c.id, BLOCKS.c.sha256, BLOCKS.c.fingerprint).where(here)
        return await self.database.rows(found)

    async def of_moderator(self, user_id: int) -> Sequence[RowMapping]:
        """Return where and when somebody blocked which hash."""
        return await self.database.rows(select(BLOCKS).where(BLOCKS.c.blocked_by == user_id))

    async def forget_moderator(self, user_id: int) -> None:
        """Keep somebody's blocks but not whose they are."""
        change = update(BLOCKS).where(BLOCKS.c.blocked_by == user_id)
        await self.database.execute(change.values(blocked_by=None))
