"""One request while the pool has it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.engine.messages import Failure, FromWorker, PictureDone, ProgressReport
from bot.engine.protocol import PICTURES, EngineProgress, EngineRequest, EngineSlot, output
from bot.errors import JobFailed
from bot.records import ResultFile

if TYPE_CHECKING:
    from bot.engine.process import WorkerProcess

_LOG = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Run:
    """A request on its way: waiting, with a worker, or settled."""

    request: EngineRequest
    on_progress: Callable[[EngineProgress], None]
    outcome: asyncio.Future[ResultFile] = field(default_factory=asyncio.Future)
    worker: WorkerProcess | None = None
    device: str = ""
    stop_asked: bool = False
    ending: asyncio.TimerHandle | None = None  # what kills a worker that does not end it

    def fail(self, error: JobFailed) -> None:
        """Settle it, unless it is settled already."""
        if not self.outcome.done():
            self.outcome.set_exception(error)

    def added_to(self, slot: EngineSlot) -> EngineSlot:
        """Return a slot with what this run, which it had, adds to its record."""
        done = self.outcome.done() and not self.outcome.cancelled()
        if not done or self.outcome.exception():
            return slot
        seconds = slot.seconds + self.outcome.result().seconds
        return replace(slot, painted=slot.painted + 1, seconds=seconds)

    def take(self, message: FromWorker) -> None:
        """Use what the worker sent; ValueError if it is nothing to say during a run."""
        if self.outcome.done():
            return
        match message:
            case ProgressReport(progress):
                self._report(progress)
            case PictureDone(result):
                self.check(result)
                self.outcome.set_result(result.painted_on(self.device))
            case Failure(words, trace):
                _LOG.error("job %s failed:\n%s", self.request.job_id, trace)
                self.fail(JobFailed(words))
            case _:
                raise ValueError(f"a message of the kind {message.kind!r} during a run")

    def check(self, result: ResultFile) -> None:
        """Raise ValueError for files not of this run: no worker chooses what people are sent."""
        if not _is_own(result, self.request):
            job_id = self.request.job_id
            raise ValueError(f"a result of job {job_id} with other files: {result.files}")

    def _report(self, progress: EngineProgress) -> None:
        try:
            self.on_progress(progress)
        except Exception:
            _LOG.exception("the listener of job %s failed", self.request.job_id)


def _is_own(result: ResultFile, request: EngineRequest) -> bool:
    return (
        result.file in {output(request.job_id, ending) for ending in PICTURES}
        and result.raw in {None, request.raw}
        and result.recording in {None, request.recording}
        and len(result.parts) <= len(request.parts)
        and all(map(_is_own, result.parts, request.parts))
    )
