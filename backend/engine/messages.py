"""What an engine and its worker processes tell each other over pipes: JSON, one line each.

JSON and not pickle, because a worker reads pictures made by strangers: whatever takes it over must
not be able to run code in the bot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Discriminator, with_config

from backend.codec import STRICT, Codec
from backend.engine.protocol import BYTES_AND_LOSSES, EngineProgress, EngineRequest
from backend.records import KeptText, ResultFile

MAX_LINE: Final = 8 << 20


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class PaintOrder:
    """To a worker: run this."""

    request: EngineRequest
    kind: Literal["run"] = "run"


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class StopOrder:
    """To a worker: finish a run with the picture as it is."""

    job_id: str
    kind: Literal["stop"] = "stop"


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class CancelOrder:
    """To a worker: end a run without a picture."""

    job_id: str
    kind: Literal["cancel"] = "cancel"


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class WorkerReady:
    """From a worker: the model is loaded."""

    kind: Literal["ready"] = "ready"


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class ProgressReport:
    """From a worker: how far a run is."""

    progress: EngineProgress
    kind: Literal["progress"] = "progress"


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class PictureDone:
    """From a worker: the files of a run are stored."""

    result: ResultFile
    kind: Literal["done"] = "done"


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Failure:
    """From a worker: why the model cannot be loaded, or a run came to nothing; people get words."""

    words: KeptText
    trace: str
    kind: Literal["failed"] = "failed"


ToWorker = PaintOrder | StopOrder | CancelOrder
FromWorker = WorkerReady | ProgressReport | PictureDone | Failure
TO_WORKER: Final = Codec[ToWorker](Annotated[ToWorker, Discriminator("kind")])
FROM_WORKER: Final = Codec[FromWorker](
    Annotated[FromWorker, Discriminator("kind")], BYTES_AND_LOSSES
)
