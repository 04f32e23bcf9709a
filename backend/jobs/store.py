"""The jobs in the database. States change in `JobStore.transition` and `create`, nowhere else."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    select,
    update,
)

from backend.codec import Unreadable
from backend.database.database import Database
from backend.database.ids import new_id
from backend.database.location import Location
from backend.database.tables import JOBS
from backend.engine.protocol import outputs
from backend.errors import ConfigurationError, IllegalTransition, JobNotFound
from backend.files.local import LocalFiles
from backend.files.store import FileStore
from backend.files.uses import FileUses, UseChange, job_owner
from backend.i18n import Text
from backend.jobs.daily import Today
from backend.jobs.model import FINAL, SOURCES, Job, JobState, NewJob
from backend.jobs.rows import SPEC, fresh_columns, order_columns, read_job, state_columns
from backend.records import JobSpec, ResultFile

_LOG = logging.getLogger(__name__)

_UNKNOWN: Final = Text("This picture is not kept any more. Please ask for it again.")
UNREADABLE: Final = Text(
    "This picture was ordered from another version of the bot, and this one cannot read the order. "
    "Please ask for it again."
)

_PART: Final = 100  # rows that are read without a pause for others on the event loop


class JobStore:
    """Jobs in a database, and their files, in `data_dir` if left out; an async context manager.

    With `read_only` it is looked at as it is, also while a bot uses it; with `wait` entering it
    takes as long as another bot does; with `existing` it is not made if there is none.
    """

    database: Database
    uses: FileUses
    today: Today

    def __init__(
        self,
        location: Location,
        data_dir: Path,
        *,
        files: FileStore | None = None,
        read_only: bool = False,
        wait: bool = False,
        existing: bool = False,
    ) -> None:
        self.files = files or LocalFiles(data_dir)
        self._is_owner = not read_only
        self._opening = (
            location.beside()
            if read_only
            else location.open(data_dir, wait=wait, existing=existing)
        )
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open the database, or raise ConfigurationError; remove what a former process left."""
        async with AsyncExitStack() as stack:
            self.database = await stack.enter_async_context(self._opening)
            self.uses = FileUses(self.database, self.files)
            self.today = Today(self.database)
            if self._is_owner:
                try:
                    await self.files.prepare()
                except OSError as error:
                    raise ConfigurationError(
                        f"The {self.files} cannot be used: {error.strerror}."
                    ) from error
                await self.uses.clear()
            self._exits = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it and let others have it; explain what the database complained about."""
        await self._exits.__aexit__(kind, error, trace)

    async def receive(self, new: NewJob, job_id: str) -> None:
        """Note a command whose pictures are on their way in, under a fresh id, once for each."""
        row = order_columns(new) | fresh_columns(job_id, JobState.RECEIVING)
        values = select(*(literal(value, JOBS.c[name].type) for name, value in row.items()))
        unless_noted = values.where(~exists().where(JOBS.c.id == job_id))
        await self.database.execute(insert(JOBS).from_select(list(row), unless_noted))

    async def set_card(self, job_id: str, message_id: int) -> None:
        """Note which message is the card of a command."""
        await self._update(job_id, message_id=message_id)

    async def forget(self, job_id: str) -> None:
        """Remove a command that never became a job; ignore one that is not there."""
        is_command = _named(job_id) & (JOBS.c.state == JobState.RECEIVING)
        await self.database.execute(delete(JOBS).where(is_command))

    async def create(
        self, new: NewJob, job_id: str | None = None, result: ResultFile | None = None
    ) -> Job:
        """Store a job whose pictures are in as queued, with a use of each of its files.

        With a `result`, which another job has, it is done.

        Raises:
            JobNotFound: a file is not kept any more.
            IllegalTransition: `job_id` is no command any more.
        """
        spec, owner = new.spec, job_id or new_id()
        needed = [*spec.photo.files, *spec.files, *([spec.start_from] if spec.start_from else [])]
        needed += result.files if result else ()
        state = JobState.DONE if result else JobState.QUEUED
        order = order_columns(new) | state_columns(state, result, None)
        if job_id is None:
            values = fresh_columns(owner, state) | order
            change_row: Any = insert(JOBS).values(values)
        else:
            is_command = _named(job_id) & (JOBS.c.state == JobState.RECEIVING)
            change_row = update(JOBS).where(is_command).values(order)
        async with self.uses.change() as change:
            await change.take(job_owner(owner), needed)
            stored = await change.connection.execute(change_row.returning(JOBS))
            row = stored.mappings().first()
            if row is None:
                raise IllegalTransition(f"command {job_id} cannot become a job now")
            return read_job(row)

    async def get(self, job_id: str) -> Job:
        """Return the job as stored; JobNotFound if there is none (any more), or none to be read."""
        jobs, unreadable = await self.select(_named(job_id))
        if not jobs:
            raise JobNotFound(UNREADABLE if unreadable else _UNKNOWN)
        return jobs[0]

    async def in_states(self, *states: JobState) -> list[Job]:
        """Return the jobs in one of these states (in any, if none is named), oldest first."""
        return (await self.select(JOBS.c.state.in_(states or tuple(JobState))))[0]

    async def latest(self, most: int, *states: JobState) -> tuple[list[Job], int]:
        """Return the newest jobs in one of these states, oldest first, and how many there are."""
        wanted = JOBS.c.state.in_(states or tuple(JobState))
        newest = select(JOBS.c.id).where(wanted).order_by(JOBS.c.id.desc()).limit(most)
        counted = await self.database.rows(select(func.count().label("all")).where(wanted))
        return (await self.select(JOBS.c.id.in_(newest)))[0], int(counted[0]["all"])

    async def of_person(self, user_id: int, *states: JobState) -> list[Job]:
        """Return somebody's jobs in one of these states, oldest first."""
        of_person = JOBS.c.requester_id == user_id
        return (await self.select(of_person, JOBS.c.state.in_(states)))[0]

    async def latest_of_person(self, user_id: int, most: int) -> list[Job]:
        """Return somebody's newest pictures that are done and kept, newest first."""
        mine = JOBS.c.requester_id == user_id, JOBS.c.state == JobState.DONE, JOBS.c.has_files
        newest = select(JOBS.c.id).where(*mine).order_by(JOBS.c.id.desc()).limit(most)
        return (await self.select(JOBS.c.id.in_(newest)))[0][::-1]

    async def newest_on_card(self, job: Job) -> Job:
        """Return the job that a job's card shows by now, which may be itself."""
        address = job.address
        on_card = select(JOBS.c.id).where(
            JOBS.c.message_id == address.message_id,
            JOBS.c.message_id != 0,
            JOBS.c.channel_id == address.channel_id,
            JOBS.c.requester_id == address.requester_id,  # who has an index
        )
        newest = on_card.order_by(JOBS.c.id.desc()).limit(1)
        found, _ = await self.select(JOBS.c.id.in_(newest))
        return found[0] if found else job

    async def last_asked(self, user_id: int) -> datetime | None:
        """Return when somebody's newest job was made; None without one."""
        newest = select(func.max(JOBS.c.created_at)).where(
            JOBS.c.requester_id == user_id, JOBS.c.state != JobState.RECEIVING
        )
        async with self.database.read() as connection:
            last: datetime | None = await connection.scalar(newest)
        return last

    async def undelivered(self) -> list[Job]:
        """Return final jobs whose requesters have not been shown the outcome, oldest first."""
        return (await self.select(is_undelivered()))[0]

    async def transition(
        self,
        job_id: str,
        state: JobState,
        *,
        result: ResultFile | None = None,
        error: str | None = None,
    ) -> Job:
        """Change the state by compare-and-set: of several who try the same, one succeeds.

        A job that goes to a device uses every file that may come of it; one that is over keeps
        those that are needed. A result goes with `DONE` alone, an error, in words for the
        requester, with `FAILED` alone; both are needed there.

        Raises:
            IllegalTransition: the job is not in a state from which this one can be reached.
        """
        if (result is not None, error is not None) != (
            state is JobState.DONE,
            state is JobState.FAILED,
        ):
            raise ValueError(f"a result or an error that does not go with {state}")
        is_before = _named(job_id) & JOBS.c.state.in_(SOURCES[state])
        values = state_columns(state, result, error)
        async with self.uses.change() as change:
            changed = await change.connection.execute(
                update(JOBS).where(is_before).values(values).returning(JOBS)
            )
            row = changed.mappings().first()
            if row is None:
                raise IllegalTransition(f"job {job_id} cannot become {state} now")
            job = read_job(row)
            await _change_files(change, job)
        return job

    async def change_spec(self, job_id: str, spec: JobSpec) -> None:
        """Let something else be made of a job that is not over; raises IllegalTransition."""
        is_open = _named(job_id) & JOBS.c.state.in_((JobState.QUEUED, JobState.RUNNING))
        change = update(JOBS).where(is_open).values(spec=SPEC.encode(spec)).returning(JOBS.c.id)
        async with self.database.write() as connection:
            if (await connection.execute(change)).first() is None:
                raise IllegalTransition(f"job {job_id} cannot change now")

    async def renew_token(self, job_id: str, token: str) -> Job:
        """Keep a fresh interaction token for the job's card."""
        await self._update(job_id, interaction_token=token, token_at=datetime.now(UTC))
        return await self.get(job_id)

    async def mark_delivered(self, job_id: str, told_id: int | None = None) -> None:
        """Note that the requester was shown the outcome, and told by a message."""
        await self._update(job_id, delivered=True, told_id=told_id)

    async def select(self, *conditions: ColumnElement[bool]) -> tuple[list[Job], list[RowMapping]]:
        """Return the jobs for which all conditions hold, oldest first, and rows of no job."""
        jobs: list[Job] = []
        unreadable: list[RowMapping] = []
        async with self.database.read() as connection:
            found = await connection.stream(select(JOBS).where(*conditions).order_by(JOBS.c.id))
            async for part in found.mappings().partitions(_PART):
                for row in part:
                    try:
                        jobs.append(read_job(row))
                    except Unreadable:
                        _LOG.exception("A job cannot be read and is left out.")
                        unreadable.append(row)
        return jobs, unreadable

    async def _update(self, job_id: str, **values: Any) -> None:
        await self.database.execute(update(JOBS).where(_named(job_id)).values(values))


async def _change_files(change: UseChange, job: Job) -> None:
    """Let a job that runs use what may come of it, and one that is over what is needed."""
    owner = job_owner(job.id)
    if job.state is JobState.RUNNING:
        await change.add(owner, outputs(job.id, len(job.spec.versions)))
    elif job.state.is_final:
        made: Sequence[Any] = job.result.files if job.result else ()
        await change.drop([owner], but=[*job.spec.files, *made])


def is_undelivered() -> ColumnElement[bool]:
    """Return the condition for jobs that are over and not shown to their requesters."""
    return JOBS.c.state.in_(FINAL) & JOBS.c.delivered.is_(False)


def _named(job_id: str) -> ColumnElement[bool]:
    """Return the condition for a job's row; what cannot be an id is not shown to the database."""
    return JOBS.c.id == job_id if job_id.isalnum() else false()
