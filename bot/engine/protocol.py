"""What every engine does, so that the queue need not know which one it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from nst.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRequest:
    """One picture to make.

    Attributes:
        job_id: names the run in `stop` and `kill`.
        content: clean content image (made by intake).
        style: clean style image (made by intake).
        result: where to write the result, without a suffix; the engine picks the format.
        options: what to make.
        max_bytes: the result file must not be larger.
        timeout: seconds after which the run is ended with `JobTimedOut`.
        content_sha256: hex digest of the content image as it was sent, for the result's recipe;
            None to take that of the clean one.
        style_sha256: the same of the style image.
    """

    job_id: str
    content: Path
    style: Path
    result: Path
    options: Options
    max_bytes: int
    timeout: float
    content_sha256: str | None = None
    style_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineProgress:
    """What a running job reports. `preview` is a small JPEG, now and then."""

    step: int
    steps: int
    fraction: float
    seconds: float
    seconds_left: float | None
    total_loss: float
    preview: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineResult:
    """A finished picture on disk."""

    path: Path
    width: int
    height: int
    seconds: float
    steps: int
    stopped_early: bool


class Engine(Protocol):
    """Runs requests on its devices, one at a time on each.

    `run` raises JobCancelled after `kill`, WorkerDied when the worker process ended, JobTimedOut
    after `request.timeout`, JobFailed with words for the requester for everything else. Whatever
    happens to one run, the others and the following ones are not touched.
    """

    @property
    def slots(self) -> int:
        """How many requests run at the same time (the number of devices)."""
        ...

    async def __aenter__(self) -> Self:
        """Start the workers; they load the model in the background."""
        ...

    async def __aexit__(self, *exc: object) -> None:
        """End every worker; runs still going on raise JobCancelled."""
        ...

    async def run(
        self, request: EngineRequest, on_progress: Callable[[EngineProgress], None]
    ) -> EngineResult:
        """Run one request on the next free device; `on_progress` is called on the event loop."""
        ...

    def stop(self, job_id: str) -> None:
        """Ask nicely: finish with the current image. Unknown ids are ignored."""
        ...

    def kill(self, job_id: str) -> None:
        """End it now; `run` raises JobCancelled. Unknown ids are ignored."""
        ...
