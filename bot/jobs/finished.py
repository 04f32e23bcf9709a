"""What may still change of a job that is done: its colours, its description, who sees it, its end.

The queue has let go of these jobs, so nothing of them is held in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, update

from bot.database.tables import JOBS
from bot.errors import JobNotFound
from bot.jobs.model import Address, Job, JobState, ResultFile
from bot.jobs.store import JobStore
from bot.jobs.table import ADDRESS, Rows
from nst.options import Options

MAX_LINEAGE: Final = 50


class FinishedJobs:
    """Finished jobs in the store.

    Args:
        store: entered by its owner.
    """

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._rows = Rows(store.spool)

    async def recolour(self, job: Job, options: Options, result: ResultFile) -> Job:
        """Another file, made with other options, is the result from now on; the old one goes.

        Raises:
            JobNotFound: the job was deleted meanwhile; the new file goes then.
        """
        former = job.result
        try:
            changed = await self._change(
                job.id, options=options.as_dict(), result=self._rows.from_result(result)
            )
        except JobNotFound:
            await _unlink(result.path)
            raise
        if former and former.path not in result.files:
            await _unlink(former.path)
        return changed

    async def describe(self, job_id: str, alt: str | None) -> Job:
        """Keep the requester's own description of the result; None for the bot's.

        Raises:
            JobNotFound: there is no such job that is done.
        """
        return await self._change(job_id, alt=alt)

    async def publish(self, job_id: str, address: Address, locale: str) -> Job:
        """A private result was posted for everybody; its card is there from now on, in `locale`.

        Raises:
            JobNotFound: there is no such job that is done.
        """
        where = {name: getattr(address, name) for name in ADDRESS}
        return await self._change(job_id, private=False, told_id=None, locale=locale, **where)

    async def delete(self, *jobs: Job) -> None:
        """Forget jobs that are over, and remove every file that no other job needs."""
        final = [state for state in JobState if state.is_final]
        async with self._store.database.write() as connection:
            await connection.execute(
                delete(JOBS).where(JOBS.c.id.in_([job.id for job in jobs]), JOBS.c.state.in_(final))
            )
        images = [image for job in jobs for image in job.spec.images]
        files = [path for image in images for path in (image.path, image.thumbnail)]
        files += [path for job in jobs if job.result for path in job.result.files]
        needed = await self._store.files()
        # What lies elsewhere, such as a style of the shelf, is not the job's.
        mine = (p for p in files if p not in needed and p.parent == self._store.spool)
        await _unlink(*mine)

    async def ancestors(self, job: Job) -> list[Job]:
        """The job that this one varies, the one before that, and so on as far as they are kept."""
        found: list[Job] = []
        parent = job.spec.parent_id
        while parent and len(found) < MAX_LINEAGE:
            try:
                found.append(await self._store.get(parent))
            except JobNotFound:
                break
            parent = found[-1].spec.parent_id
        return found

    async def _change(self, job_id: str, **values: Any) -> Job:
        change = (
            update(JOBS)
            .where(JOBS.c.id == job_id, JOBS.c.state == JobState.DONE)
            .values(values)
            .returning(JOBS)
        )
        async with self._store.database.write() as connection:
            row = (await connection.execute(change)).mappings().first()
        if row is None:
            raise JobNotFound("This picture is not kept any more. Please ask for it again.")
        return self._rows.to_job(row)


async def _unlink(*paths: Path) -> None:
    await asyncio.to_thread(_remove, paths)


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
