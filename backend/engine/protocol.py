"""What every engine does, so that the queue need not know which one it has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol, Self

from pydantic import ConfigDict, with_config

from backend.codec import STRICT, Codec
from backend.files.store import FileKey
from backend.records import JobSpec, ResultFile
from nst.text import Text

# Endings of the files that come of a run.
RAW: Final = "-raw.png"
RECORDING: Final = "-recording.zip"
CHECKPOINT: Final = "-checkpoint"
FRAMES: Final = "-frames.tar"
PICTURES: Final = (".png", ".jpg", ".webp", ".mp4", ".gif")
"""Endings that the result itself may have."""
_HALF_WRITTEN: Final = "-checkpoint.new"  # of a worker that was killed (`nst.checkpoint`)


def output(job_id: str, ending: str = "") -> FileKey:
    """Return the key of a file that comes of a run."""
    return FileKey(f"spool/{job_id}-result{ending}")


def outputs(job_id: str, versions: int) -> list[FileKey]:
    """Return the keys of all files that may come of a run, or of its versions, if it has any."""
    endings = (*PICTURES, RAW, FRAMES, RECORDING, CHECKPOINT, _HALF_WRITTEN)
    runs = [job_id, *(part_id(job_id, number) for number in range(1, versions + 1))]
    return [output(each, ending) for each in runs for ending in endings]


def made_by(key: FileKey) -> str:
    """Return the id of the job that a file comes of, if it is one of its `outputs`."""
    return key.removeprefix("spool/").partition("-")[0]


def part_id(job_id: str, number: int) -> str:
    """Return by what the files of a job's version are named, the first of which has number 1."""
    return f"{job_id}-{number}"


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRequest:
    """One picture to make of a spec whose pictures are in; ended after `timeout` seconds."""

    job_id: str
    spec: JobSpec
    timeout: float

    @property
    def parts(self) -> tuple[EngineRequest, ...]:
        """Return a request for each version of the spec; none for one picture."""
        return tuple(
            replace(self, job_id=part_id(self.job_id, number), spec=spec)
            for number, spec in enumerate(self.spec.versions, start=1)
        )

    @property
    def result(self) -> FileKey:
        """Return the key of the result without its suffix; the engine picks the format."""
        return output(self.job_id)

    @property
    def raw(self) -> FileKey:
        """Return the key of picture or frames before the photo's colours are put back."""
        return output(self.job_id, FRAMES if self.spec.film else RAW)

    @property
    def recording(self) -> FileKey:
        """Return the key of the painting's history and frames."""
        return output(self.job_id, RECORDING)

    @property
    def checkpoint(self) -> FileKey:
        """Return the key from which a run that was cut off goes on; gone after a finished run."""
        return output(self.job_id, CHECKPOINT)

    @property
    def checkpoints(self) -> list[FileKey]:
        """Return the keys of its own checkpoint and of those of its versions."""
        return [each.checkpoint for each in (self, *self.parts)]

    @property
    def inputs(self) -> list[FileKey]:
        """Return the keys of the pictures that it is made of."""
        spec = self.spec
        keys = [key for image in spec.images for key in image.files if key != image.thumbnail]
        return keys + ([spec.start_from] if spec.start_from else [])


BYTES_AND_LOSSES: Final = ConfigDict(
    extra="forbid",
    ser_json_inf_nan="constants",  # a loss may be no number
    ser_json_bytes="base64",
    val_json_bytes="base64",
)


@with_config(BYTES_AND_LOSSES)
@dataclass(frozen=True, slots=True, kw_only=True)
class EngineProgress:
    """What a running job reports.

    Attributes:
        preview: now and then a small JPEG, or of a film a WebP that moves.
        frame: of a film, the frame that is painted, from 1; 0 for a picture.
    """

    step: int
    steps: int
    fraction: float
    seconds: float
    seconds_left: float | None
    total_loss: float
    preview: bytes | None = None
    frame: int = 0


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSlot:
    """A place where one picture at a time is painted.

    Attributes:
        host: the name of the machine.
        device: the kind of device, as results name it; estimates go by it.
        since: when the slot came to the engine.
        job_id: what is painted there now.
        painted: how many pictures were finished there.
        seconds: how long their painting took, all together.
    """

    host: str
    device: str
    since: datetime
    job_id: str | None = None
    painted: int = 0
    seconds: float = 0.0


def unheard() -> None:
    """Be what an engine tells of changes before anybody listens."""


SLOT: Final = Codec[EngineSlot](EngineSlot)


class Engine(Protocol):
    """Runs requests on its devices, one at a time on each.

    `run` raises JobCancelled after `kill`, WorkerDied when the worker process ended, HostLost when
    the whole host is gone, JobTimedOut after `request.timeout` or without progress, JobFailed with
    words for the requester for everything else, ValueError for a job that is running already.
    However it ends, no file of it is written afterwards, and the others and the following ones are
    not touched.
    """

    @property
    def slots(self) -> int:
        """Return how many requests run at the same time now; more of them wait."""
        ...

    def places(self) -> Sequence[EngineSlot]:
        """Return what there is to say of each slot."""
        ...

    def watch(self, changed: Callable[[], None]) -> None:
        """Call `changed` from now on when slots came or went, or `trouble` did."""
        ...

    @property
    def trouble(self) -> Text | None:
        """Return why nothing can be painted now; None while something can, or soon will."""
        ...

    async def __aenter__(self) -> Self:
        """Start the workers; they load the model in the background."""
        ...

    async def __aexit__(self, *exc: object) -> None:
        """End every worker; runs still going on raise JobCancelled."""
        ...

    async def run(
        self, request: EngineRequest, on_progress: Callable[[EngineProgress], None]
    ) -> ResultFile:
        """Run one request on the next free device; `on_progress` is called on the event loop."""
        ...

    def stop(self, job_id: str) -> None:
        """Ask nicely: finish with the current image. Unknown ids are ignored."""
        ...

    def kill(self, job_id: str) -> None:
        """End it now; `run` raises JobCancelled. Unknown ids are ignored."""
        ...
