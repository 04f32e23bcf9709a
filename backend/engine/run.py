"""One request while the pool has it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from backend.engine.messages import (
    CancelOrder,
    Failure,
    FromWorker,
    PaintOrder,
    PictureDone,
    ProgressReport,
    StopOrder,
)
from backend.engine.protocol import (
    PICTURES,
    EngineProgress,
    EngineRequest,
    EngineSlot,
    output,
    unheard,
)
from backend.engine.words import DIED, HUNG, SLOW
from backend.errors import JobFailed, JobTimedOut, WorkerDied
from backend.records import ResultFile
from nst.text import lasting

if TYPE_CHECKING:
    from backend.engine.process import WorkerProcess

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
    on_settled: Callable[[], None] = unheard  # told of a failure
    over: asyncio.Event = field(default_factory=asyncio.Event)  # its worker has ended it

    def fail(self, error: JobFailed) -> None:
        """Settle it, unless it is settled already."""
        if not self.outcome.done():
            self.outcome.set_exception(error)
            self.on_settled()

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

    async def conduct(self, worker: WorkerProcess, hang_seconds: float) -> None:
        """Let a worker see it through; kill that unless it answers as it should."""
        request = self.request
        deadline = time.monotonic() + request.timeout
        patience = hang_seconds * max(1.0, request.spec.options.size**2 / 1e6)
        self.worker = worker
        try:
            worker.send(PaintOrder(request))
            if self.stop_asked:
                worker.send(StopOrder(request.job_id))
            while True:
                left = deadline - time.monotonic()
                async with asyncio.timeout(min(left, patience)):
                    message = await worker.receive()
                if message is None:
                    self.fail(WorkerDied(DIED))
                    return worker.kill()
                self.take(message)
                if not isinstance(message, ProgressReport):
                    return None
        except TimeoutError:
            worker.kill()
            words, limit = (SLOW, request.timeout) if left <= patience else (HUNG, patience)
            self.fail(JobTimedOut(words, limit=lasting(limit)))
        except asyncio.CancelledError:
            worker.kill()
            raise
        except Exception:  # whatever a worker says, its run has an end
            _LOG.exception("%s (%s) broke the protocol", worker.name, worker.pid)
            worker.kill()
            self.fail(WorkerDied(DIED))
        finally:
            if not worker.is_usable:
                await worker.end()
            self.worker = None
            self.over.set()

    async def end(self, worker: WorkerProcess, grace_seconds: float) -> None:
        """Return when its worker writes no more files of it: that is asked to end it, or killed."""
        worker.send(CancelOrder(self.request.job_id))
        for _ in range(2):
            with suppress(TimeoutError):
                async with asyncio.timeout(grace_seconds):
                    await self.over.wait()
                return
            worker.kill()

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
