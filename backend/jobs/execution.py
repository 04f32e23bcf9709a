"""One job on the engine, from its turn to its final state in the store."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Final, TypeVar

from backend.engine.protocol import CHECKPOINT, Engine, EngineProgress, EngineRequest, output
from backend.engine.words import said_of
from backend.errors import (
    HostLost,
    IllegalTransition,
    JobCancelled,
    JobFailed,
    UserError,
    WorkerDied,
)
from backend.files.store import FileKey
from backend.i18n import Text, words_for
from backend.jobs.active import ActiveJob
from backend.jobs.model import Job, JobState
from backend.jobs.recovery import MAX_STARTS
from backend.jobs.store import JobStore
from backend.metrics import (
    JOBS_ENDED,
    JOBS_RESUMED,
    PAINTED_MEGAPIXELS,
    PAINTED_SECONDS,
    PAINTING_SECONDS,
    WAITING_SECONDS,
)
from backend.records import ResultFile

_LOG = logging.getLogger(__name__)

_DEATHS: Final = 2
_PATH: Final = re.compile(r"(?<![\w./:])(?:/[\w.@+~-]+)+/([\w.@+~-]+)")
"""An absolute path of two parts or more; its last part is what may be said."""

_DIED_TWICE: Final = Text(
    "The process that painted this picture ended unexpectedly, and so did a second one. A smaller "
    "size may help; the host's log has the details."
)
_HOSTS_LOST: Final = Text(
    "The host that painted this picture was lost {count} times before it got any further, so the "
    "bot gave up. Please ask again, with a smaller size if you can.",
    count=MAX_STARTS,
)
_BUG: Final = Text(
    "Something went wrong on the bot's side; the host's log has the details. Please try again "
    "later."
)

T = TypeVar("T")
Check = Callable[[Job], Awaitable[None]]
OnProgress = Callable[[EngineProgress], None]


async def allow(_job: Job) -> None:
    """Let every job be painted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A state of a job, and what comes with it."""

    state: JobState
    result: ResultFile | None = None
    error: str | None = None


def failure(job: Job, text: Text) -> Outcome:
    """Return a failure; its reason is in the language of the requester, without host paths."""
    reason = _PATH.sub(r"\1", words_for(job.spec.locale)(text))
    return Outcome(state=JobState.FAILED, error=reason)


def count(job: Job) -> None:
    """Put a job that is over into the figures."""
    JOBS_ENDED.labels(job.state.value).inc()
    if job.started_at:
        WAITING_SECONDS.observe((job.started_at - job.created_at).total_seconds())
    if job.result:
        result, preset = job.result, job.spec.options.preset.value
        PAINTING_SECONDS.labels(preset).observe(result.seconds)
        PAINTED_SECONDS.labels(result.device, preset).inc(result.seconds)
        PAINTED_MEGAPIXELS.labels(result.device, preset).inc(result.width * result.height / 1e6)


@dataclass(slots=True)
class _Ends:
    """How often the worker of a job has died, and its host was lost before it got any further."""

    deaths: int = 0
    losses: int = 0

    def count(self, error: JobFailed, *, further: bool, again: bool) -> Text | None:
        """Count the end of a run; return why there is no other one, None if there is.

        Args:
            error: how it ended.
            further: it got further than those before it.
            again: it is to be repeated even if its worker lived on.
        """
        if isinstance(error, HostLost):  # no fault of the job, nor of its checkpoint
            self.losses = 1 if further else self.losses + 1
            return _HOSTS_LOST if self.losses == MAX_STARTS else None
        died = isinstance(error, WorkerDied | JobCancelled)  # the latter by nobody
        self.deaths += died
        if self.deaths == _DEATHS or not (died or again):
            return _DIED_TWICE if died else error.text
        return None


@dataclass(frozen=True, slots=True)
class Turns:
    """What happens to a job whose turn has come.

    Attributes:
        check: raises UserError where it must not be painted any more.
        timeout: seconds after which its run is ended.
        delays: seconds to wait after each attempt to store a state that failed, but the last.
    """

    store: JobStore
    engine: Engine
    check: Check
    timeout: float
    delays: tuple[float, ...]

    async def take(self, active: ActiveJob, on_progress: OnProgress) -> Outcome | None:
        """See a job through on the engine; None if it is to run again when the bot is back.

        If it does not wait any more, that raises IllegalTransition.
        """
        try:
            active.job = await self._begin(active.job)
            active.changed()
            await self._again(active.job, partial(self.check, active.job))
            while True:
                spec = active.job.spec
                outcome = await self._run(active, on_progress)
                if outcome or active.job.spec == spec:
                    return outcome
                await self._discard(output(active.job.id, CHECKPOINT))  # it is of something else
                active.restarted(resumes=False)
        except IllegalTransition:
            raise
        except UserError as error:
            return failure(active.job, error.text)
        except Exception as error:
            _LOG.exception("job %s failed", active.job.id)
            return failure(active.job, said_of(error) if isinstance(error, OSError) else _BUG)

    async def take_still(self, active: ActiveJob) -> None:
        """Paint one frame of a film in place of it; one that is over meanwhile stays as it is.

        The order keeps its card, its place and its share of the limits. A run ends, and
        another one begins.
        """
        still = active.job.spec.as_still()
        with suppress(IllegalTransition):
            await self.store.change_spec(active.job.id, still)
            if active.job.spec.film:  # unless a second press was quicker: its still is painted
                active.job = replace(active.job, spec=still)
                active.changed()
                self.engine.kill(active.job.id)

    async def settle(self, active: ActiveJob, outcome: Outcome) -> None:
        """Bring the outcome into the store and to those who watch.

        If somebody else was quicker, theirs counts. If the store cannot be written, the requester
        is told nevertheless, and the job starts anew with the next start of the bot.
        """
        try:
            try:
                active.job = await self._keep(active.job, outcome)
            except IllegalTransition:
                active.job = await self._stored(active.job)
        except Exception:
            _LOG.exception("job %s is %s, but that is not stored", active.job.id, outcome.state)
            active.job = replace(
                active.job,
                state=outcome.state,
                result=outcome.result,
                error=outcome.error,
                finished_at=datetime.now(UTC),
            )

    async def _begin(self, job: Job) -> Job:
        try:
            return await self._keep(job, Outcome(state=JobState.RUNNING))
        except IllegalTransition:  # maybe it was stored when the database had its hiccup
            stored = await self._stored(job)
            if stored.state is JobState.RUNNING:
                return stored
            raise

    async def _keep(self, job: Job, now: Outcome) -> Job:
        store = partial(self.store.transition, result=now.result, error=now.error)
        return await self._again(job, partial(store, job.id, now.state))

    async def _stored(self, job: Job) -> Job:
        return await self._again(job, partial(self.store.get, job.id))

    async def _again(self, job: Job, work: Callable[[], Awaitable[T]]) -> T:
        """Do it, once more after each hiccup of the database or the disk."""
        for delay in self.delays:
            try:
                return await asyncio.shield(asyncio.ensure_future(work()))
            except (IllegalTransition, UserError):
                raise
            except Exception:
                _LOG.warning("job %s: trying again", job.id, exc_info=True)
                await asyncio.sleep(delay)
        return await work()

    async def _run(self, active: ActiveJob, on_progress: OnProgress) -> Outcome | None:
        """Run a job, once more if its worker dies; it goes on from its checkpoint.

        It runs again whenever its host is lost, unless that happened too often without getting any
        further than ever before: then it may be what takes hosts down.

        A run that began from a checkpoint and failed before it made any progress may have the
        checkpoint to blame: that is thrown away. If its worker lived on, the job begins anew.
        """
        job, ends = active.job, _Ends()
        checkpoint = output(job.id, CHECKPOINT)
        while True:
            resumed = await self._is_there(checkpoint)
            if active.cancel_asked:
                return Outcome(state=JobState.CANCELLED)
            if active.abandoned:
                return None
            active.is_typical &= not resumed
            JOBS_RESUMED.inc(int(resumed))
            if active.stop_asked:  # by now for a run that the engine does not know yet
                asyncio.get_running_loop().call_soon(self.engine.stop, job.id)
            heard, furthest = active.reports, active.furthest
            spec = active.job.spec
            timeout = spec.count * self.timeout  # several pictures have the time of each
            request = EngineRequest(job_id=job.id, spec=spec, timeout=timeout)
            try:
                result = await self.engine.run(request, on_progress)
                return Outcome(state=JobState.DONE, result=result)
            except JobFailed as error:
                meant = active.cancel_asked or active.abandoned or active.job.spec != spec
                if isinstance(error, JobCancelled) and meant:
                    return Outcome(state=JobState.CANCELLED) if active.cancel_asked else None
                lived = not isinstance(error, HostLost)
                is_doubtful = resumed and lived and active.reports == heard
                if is_doubtful:
                    await self._discard(checkpoint)
                reason = ends.count(error, further=active.furthest > furthest, again=is_doubtful)
                if reason:
                    return failure(job, reason)
                _LOG.warning("job %s runs again: %s", job.id, error)
            active.restarted(resumes=await self._is_there(checkpoint))

    async def _is_there(self, checkpoint: FileKey) -> bool:
        """Return whether there is a checkpoint; one that nobody can look at is none."""
        try:
            return await self.store.files.exists(checkpoint)
        except OSError:
            _LOG.warning("The checkpoint %s cannot be looked at.", checkpoint, exc_info=True)
            return False

    async def _discard(self, checkpoint: FileKey) -> None:
        """Remove a checkpoint; what is left of it is no reason to fail a job."""
        try:
            await self.store.files.delete(checkpoint)
        except OSError:
            _LOG.warning("The checkpoint %s cannot be removed.", checkpoint, exc_info=True)
