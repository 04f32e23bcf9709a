"""An engine that obeys the test, and the shape of the job factory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, Self

from bot.engine.protocol import EngineProgress, EngineRequest, EngineResult
from bot.errors import JobCancelled
from bot.jobs.model import NewJob
from bot.jobs.quota import Quota

TOKEN = "interaction-token-that-no-log-may-show"


class NewJobs(Protocol):
    def __call__(
        self, *, person: int = ..., server: int | None = ..., filename: str = ..., **options: Any
    ) -> NewJob: ...


async def lenient(guild_id: int | None) -> Quota:
    """Quota that no test reaches."""
    return Quota(per_person=1000, per_server=1000)


class Script:
    """An engine whose runs end when the test says so."""

    def __init__(self, slots: int = 1) -> None:
        self.slots = slots
        self.started: list[str] = []
        self.requests: dict[str, EngineRequest] = {}
        self.stopped: list[str] = []
        self._news = asyncio.Event()
        self._runs: dict[str, asyncio.Future[EngineResult]] = {}
        self._listeners: dict[str, Callable[[EngineProgress], None]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        pass

    async def run(
        self, request: EngineRequest, on_progress: Callable[[EngineProgress], None]
    ) -> EngineResult:
        job_id = request.job_id
        assert len(self._runs) < self.slots
        self.requests[job_id] = request
        self._listeners[job_id] = on_progress
        self._runs[job_id] = asyncio.get_running_loop().create_future()
        self.started.append(job_id)
        self._news.set()
        try:
            return await self._runs[job_id]
        finally:
            del self._runs[job_id]

    def stop(self, job_id: str) -> None:
        if job_id in self._runs and not self._runs[job_id].done():
            self.stopped.append(job_id)
            self.finish(job_id, stopped_early=True)

    def kill(self, job_id: str) -> None:
        if job_id in self._runs:
            self.fail(job_id, JobCancelled("killed"))

    def finish(self, job_id: str, *, stopped_early: bool = False, seconds: float = 4.0) -> None:
        path = self.requests[job_id].result.with_suffix(".png")
        path.write_bytes(b"picture")
        self._runs[job_id].set_result(
            EngineResult(
                path=path, width=8, height=6, seconds=seconds, steps=9, stopped_early=stopped_early
            )
        )

    def fail(self, job_id: str, error: Exception) -> None:
        if not self._runs[job_id].done():
            self._runs[job_id].set_exception(error)

    def is_over(self, job_id: str) -> bool:
        """Whether the run has been given its end."""
        return self._runs[job_id].done()

    def progress(
        self, job_id: str, fraction: float, left: float | None = None, preview: bytes | None = None
    ) -> None:
        self._listeners[job_id](
            EngineProgress(
                step=1,
                steps=10,
                fraction=fraction,
                seconds=1.0,
                seconds_left=left,
                total_loss=0.5,
                preview=preview,
            )
        )

    async def until_started(self, count: int) -> list[str]:
        """Wait for so many runs to have started; returns their ids in order."""
        async with asyncio.timeout(10):
            while len(self.started) < count:
                self._news.clear()
                await self._news.wait()
        return self.started
