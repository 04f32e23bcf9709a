"""What an engine and its worker processes tell each other, as the heads of frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Discriminator, with_config

from bot.codec import STRICT, Codec
from bot.engine.protocol import EngineProgress, EngineRequest
from bot.records import KeptText, ResultFile


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
class WorkerReady:
    """From a worker: the model is loaded."""

    kind: Literal["ready"] = "ready"


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class WorkerBroken:
    """From a worker: the model cannot be loaded; why, for people and for the log."""

    words: KeptText
    trace: str
    kind: Literal["broken"] = "broken"


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class ProgressReport:
    """From a worker: how far a run is; the preview is the frame's body."""

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
class PictureFailed:
    """From a worker: a run came to nothing; why, for people and for the log."""

    words: KeptText
    trace: str
    kind: Literal["failed"] = "failed"


ToWorker = PaintOrder | StopOrder
FromWorker = WorkerReady | WorkerBroken | ProgressReport | PictureDone | PictureFailed
_LOSSES: Final = ConfigDict(ser_json_inf_nan="constants")  # a loss may be no number
TO_WORKER: Final = Codec[ToWorker](Annotated[ToWorker, Discriminator("kind")])
FROM_WORKER: Final = Codec[FromWorker](Annotated[FromWorker, Discriminator("kind")], _LOSSES)
