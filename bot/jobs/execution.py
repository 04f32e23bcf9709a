"""One job on the engine, from its turn to its final state in the store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from bot.engine.protocol import Engine, EngineProgress, EngineRequest
from bot.errors import IllegalTransition, JobCancelled, JobFailed, WorkerDied
from bot.jobs.active import ActiveJob
from bot.jobs.model import JobState, ResultFile
from bot.jobs.store import JobStore

_LOG = logging.getLogger(__name__)

_ATTEMPTS: Final = 2
_SAVE_DELAYS: Final = (0.2, 1.0, 5.0)

_DIED_TWICE: Final = (
    "The process that painted this picture ended unexpectedly, and so did a second one. A smaller "
    "size may help; the host's log has the details."
)
BUG: Final = (
    "Something went wrong on the bot's side; the host's log has the details. Please try again "
    "later."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a job ended."""

    state: JobState
    result: ResultFile | None = None
    error: str | None = None


async def execute(
    active: ActiveJob,
    engine: Engine,
    request: EngineRequest,
    on_progress: Callable[[EngineProgress], None],
) -> Outcome | None:
    """Run a job, once more if its worker dies.

    Returns:
        None if the engine gave it up without anybody having cancelled it: it is to run again
        when the bot is back.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        if active.cancel_asked:
            return Outcome(state=JobState.CANCELLED)
        if active.abandoned:
            return None
        if active.stop_asked:  # by now for a run that the engine does not know yet
            asyncio.get_running_loop().call_soon(engine.stop, request.job_id)
        try:
            return await _attempt(active, engine, request, on_progress)
        except WorkerDied:
            _LOG.warning("job %s: its worker died (attempt %d)", request.job_id, attempt)
            active.restarted()
    return Outcome(state=JobState.FAILED, error=_DIED_TWICE)


async def _attempt(
    active: ActiveJob,
    engine: Engine,
    request: EngineRequest,
    on_progress: Callable[[EngineProgress], None],
) -> Outcome | None:
    try:
        made = await engine.run(request, on_progress)
    except WorkerDied:
        raise
    except JobCancelled:
        return Outcome(state=JobState.CANCELLED) if active.cancel_asked else None
    except JobFailed as error:
        return Outcome(state=JobState.FAILED, error=str(error))
    result = ResultFile(
        path=made.path,
        width=made.width,
        height=made.height,
        seconds=made.seconds,
        steps=made.steps,
        stopped_early=made.stopped_early,
        raw=made.raw,
        recording=made.recording,
        notes=made.notes,
    )
    return Outcome(state=JobState.DONE, result=result)


async def settle(active: ActiveJob, store: JobStore, outcome: Outcome) -> None:
    """Bring the outcome into the store and to those who watch.

    If somebody else was quicker, theirs counts. If the store cannot be written, the requester is
    told nevertheless, and the job starts anew with the next start of the bot.
    """
    job_id = active.job.id
    for delay in _SAVE_DELAYS:
        try:
            active.job = await asyncio.shield(
                store.transition(job_id, outcome.state, result=outcome.result, error=outcome.error)
            )
        except IllegalTransition:
            active.job = await store.get(job_id)
            return
        except Exception:
            _LOG.exception("job %s is %s, but that cannot be stored", job_id, outcome.state)
            await asyncio.sleep(delay)
        else:
            return
    active.job = replace(
        active.job,
        state=outcome.state,
        result=outcome.result,
        error=outcome.error,
        finished_at=datetime.now(UTC),
    )
