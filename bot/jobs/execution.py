"""One job on the engine, from its turn to its final state in the store."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from bot.engine.protocol import Engine, EngineProgress, EngineRequest
from bot.errors import IllegalTransition, JobCancelled, JobFailed, UserError, WorkerDied
from bot.files.store import FileKey, FileStore
from bot.i18n import Text, words_for
from bot.jobs.active import ActiveJob
from bot.jobs.model import Job, JobState
from bot.jobs.store import JobStore
from bot.metrics import JOBS_ENDED, JOBS_RESUMED, PAINTING_SECONDS, WAITING_SECONDS
from bot.records import ResultFile

_LOG = logging.getLogger(__name__)

_DEATHS: Final = 2
_PATH: Final = re.compile(r"(?<![\w./:])(?:/[\w.@+~-]+)+/([\w.@+~-]+)")
"""An absolute path of two parts or more; its last part is what may be said."""

_DIED_TWICE: Final = Text(
    "The process that painted this picture ended unexpectedly, and so did a second one. A smaller "
    "size may help; the host's log has the details."
)
BUG: Final = Text(
    "Something went wrong on the bot's side; the host's log has the details. Please try again "
    "later."
)


Check = Callable[[Job], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a job ended."""

    state: JobState
    result: ResultFile | None = None
    error: str | None = None


def failure(job: Job, text: Text) -> Outcome:
    """Return a failure; its reason is in the language of the requester, without host paths."""
    reason = _PATH.sub(r"\1", words_for(job.spec.locale)(text))
    return Outcome(state=JobState.FAILED, error=reason)


async def begin(job: Job, store: JobStore, *, delays: tuple[float, ...]) -> Job:
    """Store that a job runs, trying again after each hiccup of the database.

    Args:
        job: waits.
        store: of the queue.
        delays: seconds to wait after each attempt that failed.

    Raises:
        IllegalTransition: it does not wait any more.
        Exception: the database cannot be used for longer than that.
    """
    for delay in delays:
        try:
            return await store.transition(job.id, JobState.RUNNING)
        except IllegalTransition:
            raise
        except Exception:
            _LOG.warning("job %s cannot begin; trying again", job.id, exc_info=True)
            await asyncio.sleep(delay)
    return await store.transition(job.id, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class Turns:
    """What happens to a job whose turn has come.

    Attributes:
        store: of the queue.
        engine: runs it.
        check: raises UserError where it must not be painted any more.
        timeout: seconds after which its run is ended.
        delays: seconds before a state that could not be stored is stored again.
    """

    store: JobStore
    engine: Engine
    check: Check
    timeout: float
    delays: tuple[float, ...]

    async def take(
        self, active: ActiveJob, on_progress: Callable[[EngineProgress], None]
    ) -> Outcome | None:
        """See a job through on the engine; None if it is to run again when the bot is back.

        Raises:
            IllegalTransition: the job does not wait any more.
        """
        try:
            active.job = job = await begin(active.job, self.store, delays=self.delays)
            active.changed()
            await self.check(job)
            request = EngineRequest(job_id=job.id, spec=job.spec, timeout=self.timeout)
            return await execute(active, self.engine, self.store.files, request, on_progress)
        except IllegalTransition:
            raise
        except UserError as error:
            return failure(active.job, error.text)
        except Exception:
            _LOG.exception("job %s failed", active.job.id)
            return failure(active.job, BUG)


def count(job: Job) -> None:
    """Put a job that is over into the figures."""
    JOBS_ENDED.labels(job.state.value).inc()
    if job.started_at:
        WAITING_SECONDS.observe((job.started_at - job.created_at).total_seconds())
    if job.result:
        PAINTING_SECONDS.labels(job.spec.options.preset.value).observe(job.result.seconds)


async def execute(
    active: ActiveJob,
    engine: Engine,
    files: FileStore,
    request: EngineRequest,
    on_progress: Callable[[EngineProgress], None],
) -> Outcome | None:
    """Run a job, once more if its worker dies; it goes on from its checkpoint.

    A run that began from a checkpoint and failed before it made any progress may have the
    checkpoint to blame: that is thrown away. If its worker lived on, the job begins anew.

    Returns:
        None if the engine gave it up without anybody having cancelled it: it is to run again
        when the bot is back.
    """
    deaths = 0
    while True:
        resumed = await files.exists(request.checkpoint)
        if active.cancel_asked:
            return Outcome(state=JobState.CANCELLED)
        if active.abandoned:
            return None
        active.is_typical &= not resumed
        JOBS_RESUMED.inc(int(resumed))
        ear = _Ear(on_progress)
        if active.stop_asked:  # by now for a run that the engine does not know yet
            asyncio.get_running_loop().call_soon(engine.stop, request.job_id)
        try:
            return Outcome(state=JobState.DONE, result=await engine.run(request, ear))
        except JobCancelled:
            return Outcome(state=JobState.CANCELLED) if active.cancel_asked else None
        except JobFailed as error:
            died = isinstance(error, WorkerDied)
            deaths += died
            suspicious = resumed and not ear.has_heard
            if suspicious:
                _LOG.warning("job %s: its checkpoint is of no use (%s)", request.job_id, error)
                await _discard(files, request.checkpoint)
            if deaths == _DEATHS or not (died or suspicious):
                return failure(active.job, _DIED_TWICE if died else error.text)
            if died:
                _LOG.warning("job %s: its worker died", request.job_id)
        active.restarted(resumes=await files.exists(request.checkpoint))


async def _discard(files: FileStore, checkpoint: FileKey) -> None:
    """Remove a checkpoint; what is left of it is no reason to fail a job."""
    try:
        await files.delete(checkpoint)
    except OSError:
        _LOG.warning("The checkpoint %s cannot be removed.", checkpoint, exc_info=True)


class _Ear:
    """Passes progress on, and knows whether there was any."""

    def __init__(self, on_progress: Callable[[EngineProgress], None]) -> None:
        self._on_progress = on_progress
        self.has_heard = False

    def __call__(self, progress: EngineProgress) -> None:
        self.has_heard = True
        self._on_progress(progress)


async def settle(
    active: ActiveJob, store: JobStore, outcome: Outcome, *, delays: tuple[float, ...]
) -> None:
    """Bring the outcome into the store and to those who watch.

    If somebody else was quicker, theirs counts. If the store cannot be written, the requester is
    told nevertheless, and the job starts anew with the next start of the bot.

    Args:
        active: the job.
        store: of the queue.
        outcome: how the job ended.
        delays: seconds to wait after each attempt to write that failed.
    """
    job_id = active.job.id
    for delay in delays:
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
