"""The jobs on disk, in one database. States change in `JobStore.transition` and nowhere else."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import ColumnElement, Row, delete, false, func, insert, null, select, true, update

from bot.database.connect import Location
from bot.database.database import Database
from bot.database.ids import new_id
from bot.database.tables import ARRIVALS, ESTIMATES, JOBS
from bot.engine.protocol import CHECKPOINT, beside
from bot.errors import IllegalTransition, JobNotFound
from bot.i18n import Text, words_for
from bot.jobs.arrivals import Arrivals
from bot.jobs.model import Job, JobState, NewJob, ResultFile
from bot.jobs.table import Rows

MAX_STARTS: Final = 5
_POISONOUS: Final = Text(
    "The bot was restarted {count} times while it painted this picture, so it gave up. "
    "Please ask again, with a smaller size if you can.",
    count=MAX_STARTS,
)
_UNKNOWN: Final = Text("This picture is not kept any more. Please ask for it again.")

_SOURCES: Final = {
    JobState.QUEUED: (JobState.RUNNING,),  # recovery after the bot ended in the middle
    JobState.RUNNING: (JobState.QUEUED,),
    JobState.DONE: (JobState.RUNNING,),
    JobState.FAILED: (JobState.QUEUED, JobState.RUNNING),
    JobState.CANCELLED: (JobState.QUEUED, JobState.RUNNING),
}
_FINAL: Final = [state for state in JobState if state.is_final]


class JobStore:
    """Jobs in a database; an async context manager.

    Args:
        location: of the database, which is made, or brought up to the present schema, when the
            store is entered.
        data_dir: the folder of the pictures. Paths inside it are kept relative to it, so that it
            can be moved.
        read_only: look at it as it is, also while a bot uses it; nothing can be changed.

    Attributes:
        arrivals: commands that are not jobs yet, in the same file; there while the store is open.
        database: open, for others who keep something in it.
    """

    arrivals: Arrivals
    database: Database

    def __init__(self, location: Location, data_dir: Path, *, read_only: bool = False) -> None:
        self.spool = data_dir / "spool"
        self._opening = location.beside() if read_only else location.open(data_dir)
        self._rows = Rows(self.spool)
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open the database.

        Raises:
            ConfigurationError: the database cannot be used, or another bot uses it; the text
                names it.
        """
        self.database = await self._exits.enter_async_context(self._opening)
        self.arrivals = Arrivals(self.database)
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close it and let others have it."""
        await self._exits.aclose()

    def result(self, job_id: str) -> Path:
        """Where the result of a job goes, without a suffix; see `EngineRequest.result`."""
        return self.spool / f"{job_id}-result"

    def checkpoint(self, job_id: str) -> Path:
        """The file from which the painting of a job goes on after it was cut off."""
        return beside(self.result(job_id), CHECKPOINT)

    async def create(self, new: NewJob) -> Job:
        """Store a job as queued; in the same moment its command stops being an arrival."""
        row = self._rows.from_new(new_id(), new, datetime.now(UTC))
        arrived = ARRIVALS.c.interaction_token == new.address.interaction_token
        async with self.database.write() as connection:
            await connection.execute(delete(ARRIVALS).where(arrived))
            stored = await connection.execute(insert(JOBS).values(row).returning(JOBS))
            return self._rows.to_job(stored.mappings().one())

    async def get(self, job_id: str) -> Job:
        """The job as stored.

        Raises:
            JobNotFound: there is none with this id (any more).
        """
        jobs = await self._select(_named(job_id))
        if not jobs:
            raise JobNotFound(_UNKNOWN)
        return jobs[0]

    async def in_states(self, *states: JobState) -> list[Job]:
        """All jobs in one of these states (in any, if none is named), oldest first."""
        return await self._select(JOBS.c.state.in_(states or tuple(JobState)))

    async def of_person(self, user_id: int, *states: JobState) -> list[Job]:
        """Somebody's jobs in one of these states, oldest first."""
        return await self._select(JOBS.c.requester_id == user_id, JOBS.c.state.in_(states))

    async def last_asked(self, user_id: int) -> datetime | None:
        """When somebody's newest job was made; None without one."""
        newest = select(func.max(JOBS.c.created_at)).where(JOBS.c.requester_id == user_id)
        async with self.database.read() as connection:
            last: datetime | None = (await connection.execute(newest)).scalar()
        return last

    async def undelivered(self) -> list[Job]:
        """Jobs in a final state that their requesters have not been shown yet, oldest first."""
        return await self._select(JOBS.c.state.in_(_FINAL), JOBS.c.delivered.is_(False))

    async def transition(
        self,
        job_id: str,
        state: JobState,
        *,
        result: ResultFile | None = None,
        error: str | None = None,
    ) -> Job:
        """Change the state by compare-and-set: of several who try the same, one succeeds.

        Args:
            job_id: which job.
            state: the new state.
            result: the picture; only with `DONE`, and there it is needed.
            error: why, in words for the requester; only with `FAILED`, and there it is needed.

        Raises:
            IllegalTransition: the job is not in a state from which this one can be reached.
            ValueError: result or error does not go with the state.
        """
        if (result is not None, error is not None) != (
            state is JobState.DONE,
            state is JobState.FAILED,
        ):
            raise ValueError(f"a result or an error that does not go with {state}")
        changed = await self._update(
            (JOBS.c.id == job_id) & JOBS.c.state.in_(_SOURCES[state]),
            state=state.value,
            **self._changes(state, result, error),
        )
        if not changed:
            raise IllegalTransition(f"job {job_id} cannot become {state} now")
        return self._rows.to_job(changed[0]._mapping)

    def _changes(
        self, state: JobState, result: ResultFile | None, error: str | None
    ) -> dict[str, Any]:
        now = datetime.now(UTC)
        if state is JobState.QUEUED:
            return {}  # `started_at` stays: it puts the job before those that never ran
        if state is JobState.RUNNING:
            return {"started_at": now, "starts": JOBS.c.starts + 1}
        stored = self._rows.from_result(result) if result else null()
        return {"finished_at": now, "error": error, "result": stored}

    async def recover(self) -> list[Job]:
        """Put jobs that a former process left running back into the queue.

        One that has been started `MAX_STARTS` times fails instead: it may be what ends the bot.

        Returns:
            All queued jobs in the order in which they should start: first those that ran before.
        """
        async with self.database.read() as connection:
            left = await connection.execute(
                select(JOBS.c.id, JOBS.c.starts, JOBS.c.locale)
                .where(JOBS.c.state == JobState.RUNNING)
                .order_by(JOBS.c.id)
            )
        for job_id, starts, locale in left.all():
            if starts < MAX_STARTS:
                await self.transition(job_id, JobState.QUEUED)
            else:
                error = words_for(locale)(_POISONOUS)
                await self.transition(job_id, JobState.FAILED, error=error)
        queued = await self.in_states(JobState.QUEUED)
        return sorted(queued, key=lambda job: (job.started_at is None, job.id))

    async def renew_token(self, job_id: str, token: str) -> Job:
        """A fresh interaction token for the job's card has come.

        Raises:
            JobNotFound: there is none with this id (any more).
        """
        changed = await self._update(
            _named(job_id), interaction_token=token, token_at=datetime.now(UTC)
        )
        if not changed:
            raise JobNotFound(_UNKNOWN)
        return self._rows.to_job(changed[0]._mapping)

    async def mark_delivered(self, job_id: str, told_id: int | None = None) -> None:
        """The requester has been shown the outcome, and told by a message; ignores unknown ids."""
        await self._update(_named(job_id), delivered=True, told_id=told_id)

    async def estimates(self) -> dict[str, list[float]]:
        """What was learned of how long pictures take; see `bot.jobs.eta`."""
        async with self.database.read() as connection:
            rows = (await connection.execute(select(ESTIMATES))).all()
        return {row.key: list(row.sums) for row in rows}

    async def keep_estimate(self, key: str, sums: list[float]) -> None:
        """Keep one of them."""
        async with self.database.write() as connection:
            await connection.execute(delete(ESTIMATES).where(ESTIMATES.c.key == key))
            await connection.execute(insert(ESTIMATES).values(key=key, sums=sums))

    async def purge(self, before: datetime) -> int:
        """Forget jobs that finished before this moment and are delivered, or were not collected.

        Returns:
            How many.
        """
        async with self.database.write() as connection:
            gone = await connection.execute(
                delete(JOBS)
                .where(JOBS.c.state.in_(_FINAL))
                .where(JOBS.c.delivered.is_(True) | JOBS.c.bot_is_member.is_(False))
                .where(JOBS.c.finished_at < before)
            )
            return gone.rowcount

    async def files(self, since: datetime | None = None) -> set[Path]:
        """Every file that is in use: those that a job refers to, and the store's own.

        Args:
            since: without those of jobs that were over before and are shown or never collected.
        """
        jobs = await self._select(true() if since is None else _is_kept(since))
        images = [image for job in jobs for image in job.spec.images]
        unfinished = [job for job in jobs if not job.state.is_final]
        starts = [job.spec.start_from for job in unfinished if job.spec.start_from]
        return set(starts).union(
            (self.checkpoint(job.id) for job in unfinished),
            *(job.result.files for job in jobs if job.result),
            *((image.path, image.thumbnail) for image in images),
        )

    async def scrub(self) -> None:
        """Wipe out what is left, in the database's own files, of rows that were deleted."""
        await self.database.wipe()

    async def _select(self, *conditions: ColumnElement[bool]) -> list[Job]:
        async with self.database.read() as connection:
            found = await connection.execute(
                select(JOBS).where(true(), *conditions).order_by(JOBS.c.id)
            )
            return [self._rows.to_job(row) for row in found.mappings()]

    async def _update(self, condition: ColumnElement[bool], **values: Any) -> list[Row[Any]]:
        async with self.database.write() as connection:
            changed = await connection.execute(
                update(JOBS).where(condition).values(values).returning(JOBS)
            )
            return list(changed)


def _is_kept(since: datetime) -> ColumnElement[bool]:
    """Whether the files of a job are still needed."""
    is_to_be_shown = JOBS.c.bot_is_member & JOBS.c.delivered.is_(False)
    return JOBS.c.state.not_in(_FINAL) | (JOBS.c.finished_at >= since) | is_to_be_shown


def _named(job_id: str) -> ColumnElement[bool]:
    """The row of a job; what cannot be an id is not shown to the database."""
    return JOBS.c.id == job_id if job_id.isalnum() else false()
