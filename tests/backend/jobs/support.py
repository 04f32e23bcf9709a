"""An engine that obeys the test, and the shape of the job factory."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, Self

from backend.engine.protocol import EngineProgress, EngineRequest, EngineSlot, output, unheard
from backend.errors import JobCancelled, JobTimedOut
from backend.i18n import Text
from backend.jobs.model import Job, NewJob
from backend.jobs.quota import Quota
from backend.jobs.store import JobStore
from backend.records import ResultFile
from tests.backend.images import stored_image

_LOG = logging.getLogger(__name__)

TOKEN = "interaction-token-that-no-log-may-show"


Act = Callable[["Script", EngineRequest], Awaitable[None]]


MakeJob = Callable[[int, int, int | None], Job]


class NewJobs(Protocol):
    def __call__(
        self, *, person: int = ..., server: int | None = ..., filename: str = ..., **options: Any
    ) -> NewJob: ...


def with_options(job: Job, **changes: Any) -> Job:
    """Return the job with other options."""
    return replace(job, spec=replace(job.spec, options=replace(job.spec.options, **changes)))


async def lenient(guild_id: int | None) -> Quota:
    """Quota that no test reaches."""
    return Quota(per_person=1000, per_server=1000)


async def hold(store: JobStore, *names: str) -> None:
    """Let somebody else use the pictures of jobs, so that jobs can."""
    images = [stored_image(name) for name in names or ("content", "style")]
    async with store.uses.change() as change:
        await change.add("tests", [key for image in images for key in image.files])


@dataclass(slots=True)
class _Run:
    """One run: it waits until `playing` is set."""

    request: EngineRequest
    listener: Callable[[EngineProgress], None]
    outcome: asyncio.Future[ResultFile]
    stop_asked: bool = False
    playing: asyncio.Task[None] | None = None


class Script:
    """An engine in memory, whose runs end when the test says so.

    Args:
        slots: how many runs go on at the same time.
        folder: of the file store, for results; without one, there are none.
        device: of every slot.
        act: plays each run by itself, from its turn on, with `report`, `finish` and `fail`.

    Attributes:
        started: jobs by the order of their turns.
        waited: jobs for which there was no slot when they came.
        requests: what was asked for, by job.
        stopped: jobs that were stopped.
    """

    def __init__(
        self,
        slots: int = 1,
        act: Act | None = None,
        folder: Path | None = None,
        device: str = "cpu",
    ) -> None:
        self.slots = slots
        self.device = device
        self._changed: Callable[[], None] = unheard
        self.trouble: Text | None = None
        self.started: list[str] = []
        self.waited: list[str] = []
        self.requests: dict[str, EngineRequest] = {}
        self.stopped: list[str] = []
        self._act = act
        self._folder = folder
        self._news = asyncio.Event()
        self._runs: dict[str, _Run] = {}
        self._closed = False

    def places(self) -> list[EngineSlot]:
        now = datetime.now(UTC)
        painted: list[str | None] = [job_id for job_id, run in self._runs.items() if run.playing]
        painted += [None] * self.slots
        return [
            EngineSlot(host="here", device=self.device, since=now, job_id=job_id)
            for job_id in painted[: self.slots]
        ]

    def watch(self, changed: Callable[[], None]) -> None:
        self._changed = changed

    def resize(self, slots: int, trouble: Text | None = None) -> None:
        """Let slots come or go."""
        self.slots, self.trouble = slots, trouble
        self._changed()
        self._fill()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._closed = True
        for job_id in self._runs:
            self.fail(job_id, JobCancelled("closed"))

    async def run(
        self, request: EngineRequest, on_progress: Callable[[EngineProgress], None]
    ) -> ResultFile:
        job_id = request.job_id
        if self._closed:
            raise JobCancelled("closed")
        if job_id in self._runs:
            raise ValueError(f"job {job_id} is running already")
        self.requests[job_id] = request
        outcome: asyncio.Future[ResultFile] = asyncio.get_running_loop().create_future()
        run = self._runs[job_id] = _Run(request, on_progress, outcome)
        self._fill()
        if run.playing is None:
            self.waited.append(job_id)
        try:
            return await outcome
        finally:
            del self._runs[job_id]
            if run.playing:
                run.playing.cancel()
            self._fill()

    def _fill(self) -> None:
        """Begin the runs that have waited longest, as far as there are slots."""
        free = self.slots - sum(run.playing is not None for run in self._runs.values())
        waiting = [run for run in self._runs.values() if run.playing is None]
        for run in waiting[: max(free, 0)]:
            run.playing = asyncio.create_task(self._play(run))
            self.started.append(run.request.job_id)
            self._news.set()
            if run.stop_asked:
                self.finish(run.request.job_id, stopped_early=True)

    async def _play(self, run: _Run) -> None:
        limit = run.request.timeout
        try:
            async with asyncio.timeout(limit):
                if self._act and not run.outcome.done():
                    await self._act(self, run.request)
                await asyncio.wait({run.outcome})
        except TimeoutError:
            self.fail(run.request.job_id, JobTimedOut(f"longer than the limit of {limit:g} s, so"))

    def stop(self, job_id: str) -> None:
        run = self._runs.get(job_id)
        if run is None or run.outcome.done():
            return
        self.stopped.append(job_id)
        run.stop_asked = True
        if run.playing:
            self.finish(job_id, stopped_early=True)

    def kill(self, job_id: str) -> None:
        if job_id in self._runs:
            self.fail(job_id, JobCancelled("killed"))

    def finish(
        self, job_id: str, *, stopped_early: bool = False, seconds: float = 4.0, steps: int = 9
    ) -> None:
        file = output(job_id, ".png")
        if self._folder:
            (self._folder / file).write_bytes(b"picture")
        result = ResultFile(
            file=file, width=8, height=6, seconds=seconds, steps=steps, stopped_early=stopped_early
        ).painted_on(self.device)
        self._runs[job_id].outcome.set_result(result)

    def fail(self, job_id: str, error: Exception) -> None:
        if not self._runs[job_id].outcome.done():
            self._runs[job_id].outcome.set_exception(error)

    def is_over(self, job_id: str) -> bool:
        """Return whether the run has been given its end."""
        return self._runs[job_id].outcome.done()

    def progress(
        self, job_id: str, fraction: float, left: float | None = None, preview: bytes | None = None
    ) -> None:
        self.report(
            job_id,
            EngineProgress(
                step=1,
                steps=10,
                fraction=fraction,
                seconds=1.0,
                seconds_left=left,
                total_loss=0.5,
                preview=preview,
            ),
        )

    def report(self, job_id: str, progress: EngineProgress) -> None:
        """Tell the listener, whatever it makes of it."""
        try:
            self._runs[job_id].listener(progress)
        except Exception:
            _LOG.exception("the listener of job %s failed", job_id)

    async def until_started(self, count: int) -> list[str]:
        """Wait for so many runs to have started; return their ids in order."""
        async with asyncio.timeout(10):
            while len(self.started) < count:
                self._news.clear()
                await self._news.wait()
        return self.started
