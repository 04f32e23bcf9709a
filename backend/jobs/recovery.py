"""What a former process left of its jobs, when the bot starts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import RowMapping, select, update

from backend.database.tables import JOBS
from backend.files.uses import job_owner
from backend.i18n import Text, words_for
from backend.jobs.model import Job, JobState
from backend.jobs.rows import SPEC, what_is_left_of
from backend.jobs.store import UNREADABLE, JobStore, is_undelivered

MAX_STARTS: Final = 5
_UNFINISHED: Final = tuple(state for state in JobState if not state.is_final)
_POISONOUS: Final = Text(
    "The bot was restarted {count} times while it painted this picture, so it gave up. "
    "Please ask again, with a smaller size if you can.",
    count=MAX_STARTS,
)


async def recover(store: JobStore) -> list[Job]:
    """Put jobs that a former process left running back into the queue.

    One that has been started `MAX_STARTS` times fails instead: it may be what ends the bot. So does
    one that cannot be read and whose requester still waits for something.

    Returns:
        All queued jobs in the order in which they should start: first those that ran before.
    """
    for waited_for in (JOBS.c.state.in_(_UNFINISHED), is_undelivered()):
        _, unreadable = await store.select(waited_for)
        for row in unreadable:
            await _give_up(store, row)
    left = select(JOBS.c.id, JOBS.c.starts, JOBS.c.spec).order_by(JOBS.c.id)
    for row in await store.database.rows(left.where(JOBS.c.state == JobState.RUNNING)):
        if row["starts"] < MAX_STARTS:
            await store.transition(row["id"], JobState.QUEUED)
        else:
            error = words_for(what_is_left_of(row["spec"]).locale)(_POISONOUS)
            await store.transition(row["id"], JobState.FAILED, error=error)
    queued = await store.in_states(JobState.QUEUED)
    return sorted(queued, key=lambda job: (job.started_at is None, job.id))


async def _give_up(store: JobStore, row: RowMapping) -> None:
    """Let a job that cannot be read fail, so that its card can say so."""
    spec = what_is_left_of(row["spec"])
    values = {
        "state": JobState.FAILED.value,
        "spec": SPEC.encode(spec),
        "result": None,
        "error": words_for(spec.locale)(UNREADABLE),
        "finished_at": datetime.now(UTC),
        "delivered": False,
    }
    async with store.uses.change() as change:
        await change.drop([job_owner(row["id"])])
        await change.connection.execute(update(JOBS).where(JOBS.c.id == row["id"]).values(values))
