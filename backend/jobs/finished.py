"""What may still change of a job that is done: its colours, its description, who sees it, its end.

The queue has let go of these jobs, so nothing of them is held in memory.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, select, update

from backend.database.tables import JOBS
from backend.errors import JobNotFound
from backend.files.store import FileKey
from backend.files.uses import UPLOADS, UseChange, job_owner
from backend.jobs.daily import WHOSE, is_had
from backend.jobs.model import FINAL, Address, Job, JobState, PicturePage
from backend.jobs.rows import RESULT, SPEC, address_columns, read_job
from backend.jobs.store import JobStore
from backend.records import EncodedImage
from nst.options import Options

MAX_LINEAGE: Final = 50
_BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class FinishedJobs:
    """Finished jobs in the store; what changes one raises JobNotFound where it is not kept."""

    store: JobStore

    async def recolour(self, job_id: str, options: Options, image: EncodedImage) -> Job:
        """Make an image, made with other options, the result from now on; the old file goes."""
        file = FileKey(f"spool/{job_id}-{uuid.uuid4().hex[:8]}{image.suffix}")
        await self.store.uses.keep(UPLOADS, {file: image.data})
        try:
            async with self._changing(job_id, JOBS.c.has_files) as (change, job):
                if job.result is None:
                    raise ValueError(f"job {job_id} is done without a result")
                former, owner = job.result.file, job_owner(job_id)
                result = replace(job.result, file=file, width=image.width, height=image.height)
                await change.take(owner, [file])
                await change.drop_keys(owner, {former} - {*result.files})
                spec = replace(job.spec, options=options)
                return await _write(
                    change, job_id, spec=SPEC.encode(spec), result=RESULT.encode(result)
                )
        finally:
            await self.store.uses.discard(UPLOADS, [file])

    async def describe(self, job_id: str, alt: str | None) -> Job:
        """Keep the requester's own description of the result; None for the bot's."""
        async with self._changing(job_id) as (change, _):
            return await _write(change, job_id, alt=alt)

    async def star(self, job_id: str, *, starred: bool) -> Job:
        """Give a picture a star, or take it away; it is kept no longer for that."""
        async with self._changing(job_id) as (change, _):
            return await _write(change, job_id, starred_at=datetime.now(UTC) if starred else None)

    async def page(self, user_id: int, number: int, size: int, *, starred: bool) -> PicturePage:
        """Return a page of somebody's pictures; the last one, where there are not so many."""
        mine = [JOBS.c.requester_id == user_id, JOBS.c.state == JobState.DONE, JOBS.c.has_files]
        mine += [JOBS.c.starred_at.is_not(None)] if starred else []
        async with self.store.database.read() as connection:
            count = select(func.count()).select_from(JOBS).where(*mine)
            total = int(await connection.scalar(count) or 0)
        pages = max(1, math.ceil(total / size))
        number = min(number, pages - 1)
        ids = select(JOBS.c.id).where(*mine).order_by(JOBS.c.id.desc())
        jobs, _ = await self.store.select(JOBS.c.id.in_(ids.offset(number * size).limit(size)))
        return PicturePage(tuple(jobs[::-1]), number, pages, total, starred)

    async def publish(self, job_id: str, address: Address, locale: str, *, spoiler: bool) -> Job:
        """Note that a private result was posted for everybody, on a card at `address`."""
        async with self._changing(job_id) as (change, job):
            spec = SPEC.encode(replace(job.spec, private=False, locale=locale, spoiler=spoiler))
            where = address_columns(address)
            return await _write(change, job_id, spec=spec, told_id=None, **where)

    async def delete(self, *job_ids: str) -> None:
        """Forget jobs that are over, and remove every file that nobody else uses."""
        for at in range(0, len(job_ids), _BATCH):
            some = job_ids[at : at + _BATCH]
            is_over = JOBS.c.id.in_(some) & JOBS.c.state.in_(FINAL)
            async with self.store.uses.change() as change:
                had = await change.connection.execute(select(*WHOSE).where(is_over, is_had()))
                gone = await change.connection.execute(
                    delete(JOBS).where(is_over).returning(JOBS.c.id)
                )
                await change.drop(list(map(job_owner, gone.scalars())))
            self.store.today.note_deleted(had.mappings().all())

    async def delete_of(self, user_id: int) -> int:
        """Forget everything of a person that is over; return how many jobs that was."""
        of_person = (JOBS.c.requester_id == user_id) & JOBS.c.state.in_(FINAL)
        found = await self.store.database.rows(select(JOBS.c.id).where(of_person))
        await self.delete(*(row["id"] for row in found))
        return len(found)

    async def ancestors(self, job: Job) -> list[Job]:
        """Return the job that this one varies, the one before, and so on, as far as kept."""
        found: list[Job] = []
        parent = job.spec.parent_id
        while parent and len(found) < MAX_LINEAGE:
            try:
                found.append(await self.store.get(parent))
            except JobNotFound:
                break
            parent = found[-1].spec.parent_id
        return found

    @asynccontextmanager
    async def _changing(
        self, job_id: str, *more: ColumnElement[bool]
    ) -> AsyncIterator[tuple[UseChange, Job]]:
        """Hold a done job fast until the block ends, if `more` conditions hold for it."""
        done = select(JOBS).where(JOBS.c.id == job_id, JOBS.c.state == JobState.DONE, *more)
        async with self.store.uses.change() as change:
            found = await change.connection.execute(done.with_for_update())
            row = found.mappings().first()
            if row is None:
                raise JobNotFound("This picture is not kept any more. Please ask for it again.")
            yield change, read_job(row)


async def _write(change: UseChange, job_id: str, **values: Any) -> Job:
    changed = await change.connection.execute(
        update(JOBS).where(JOBS.c.id == job_id).values(values).returning(JOBS)
    )
    return read_job(changed.mappings().one())
