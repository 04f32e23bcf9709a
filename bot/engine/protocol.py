"""What every engine does, so that the queue need not know which one it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, Self

from nst.options import Options
from nst.text import Text

# Endings of the files beside a result.
RAW: Final = "-raw.png"
RECORDING: Final = "-recording.zip"
CHECKPOINT: Final = "-checkpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineImage:
    """One picture to work with.

    Attributes:
        path: the clean image (made by intake).
        sha256: hex digest of the image as it was sent, for the result's recipe; None to take that
            of the clean one.
        weight: of a style image beside the others.
    """

    path: Path
    sha256: str | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRequest:
    """One picture to make.

    Attributes:
        job_id: names the run in `stop` and `kill`.
        content: the photo.
        styles: the style images, at least one.
        result: where to write the result, without a suffix; the engine picks the format. What
            else belongs to the run is written beside it: `-raw.png`, `-recording.zip`,
            `-checkpoint`.
        options: what to make.
        max_bytes: the result file must not be larger.
        timeout: seconds after which the run is ended with `JobTimedOut`.
        mask: white where to paint, black where the photo stays.
        start_from: a raw picture to go on from.
        strengths: not empty for a strength sheet, one small picture at each of these strengths.
    """

    job_id: str
    content: EngineImage
    styles: tuple[EngineImage, ...]
    result: Path
    options: Options
    max_bytes: int
    timeout: float
    mask: Path | None = None
    start_from: Path | None = None
    strengths: tuple[int, ...] = ()

    @property
    def raw(self) -> Path:
        """The file of the picture before the photo's colours are put back."""
        return beside(self.result, RAW)

    @property
    def recording(self) -> Path:
        """The file of the painting's history and frames."""
        return beside(self.result, RECORDING)

    @property
    def checkpoint(self) -> Path:
        """The file from which a run that was cut off goes on; gone after a finished run."""
        return beside(self.result, CHECKPOINT)


def beside(result: Path, ending: str) -> Path:
    """The file with this ending that belongs to a result (a path without a suffix)."""
    return result.with_name(result.name + ending)


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
    """A finished picture on disk; see `bot.jobs.model.ResultFile` for what each field means.

    Attributes:
        device: where it was painted, as the engine calls it.
    """

    path: Path
    width: int
    height: int
    seconds: float
    steps: int
    stopped_early: bool
    device: str = ""
    raw: Path | None = None
    recording: Path | None = None
    notes: tuple[Text, ...] = ()


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
