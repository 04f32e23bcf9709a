"""What the engine, the driver and the slots tell each other: JSON, one line each.

The driver passes on what is for a slot or from one without looking closer. Files go beside the
lines: between the bot and its driver as paths on this host, between hosts as bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self

from pydantic import Discriminator, with_config

from backend.codec import STRICT, Codec
from backend.engine.messages import PictureDone, ProgressReport
from backend.engine.protocol import BYTES_AND_LOSSES, EngineRequest
from backend.errors import JobCancelled, JobFailed, JobTimedOut, WorkerDied
from backend.files.store import FileKey
from backend.records import KeptText
from nst.isolation import Isolation


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class SlotOptions:
    """How every slot paints; see `PoolEngine`."""

    painter: str
    isolation: Isolation
    hang_seconds: float
    grace_seconds: float
    start_seconds: float
    restart_delay: float


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class BeginAttempt:
    """To a slot: run this.

    Attributes:
        slot: which one.
        attempt: counts all runs of the engine, so that what is said of an earlier one is known.
        files: where this host has each file that the run needs.
        folder: where this host wants the files that come of it.
    """

    slot: int
    attempt: int
    request: EngineRequest
    files: dict[FileKey, str]
    folder: str
    kind: Literal["begin"] = "begin"


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class StopAttempt:
    """To a slot: finish with the picture as it is. It may arrive before the run does."""

    slot: int
    attempt: int
    kind: Literal["stop"] = "stop"


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class KillAttempt:
    """To a slot: end it now. It may arrive before the run does."""

    slot: int
    attempt: int
    kind: Literal["kill"] = "kill"


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class ClusterSeen:
    """From the driver: who is in the cluster was looked up, and slots were announced."""

    kind: Literal["seen"] = "seen"


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class SlotJoined:
    """From the driver: there is another slot; `device` is what estimates go by."""

    slot: int
    host: str
    device: str
    kind: Literal["joined"] = "joined"


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class SlotLeft:
    """From the driver: a slot is gone, and with it the run that it had."""

    slot: int
    reason: str
    kind: Literal["left"] = "left"


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class SlotState:
    """From a slot: whether its model is loaded, and why it cannot be."""

    slot: int
    is_ready: bool
    trouble: KeptText | None
    kind: Literal["state"] = "state"


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class SlotLog:
    """From a slot: something for the host's log."""

    slot: int
    level: int
    text: str
    kind: Literal["log"] = "log"


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """Of a run: a checkpoint is in its folder."""

    key: FileKey
    kind: Literal["saved"] = "saved"


Ending = Literal["failed", "died", "timed out", "cancelled"]
ENDINGS: Final[dict[Ending, type[JobFailed]]] = {
    "failed": JobFailed,
    "died": WorkerDied,
    "timed out": JobTimedOut,
    "cancelled": JobCancelled,
}


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class RunFailed:
    """Of a run: how it ended without a picture; people get words."""

    ending: Ending
    words: KeptText
    kind: Literal["failed"] = "failed"

    @classmethod
    def of(cls, error: JobFailed) -> Self:
        """Return what says that a run ended with an error."""
        endings = (ending for ending, kind in ENDINGS.items() if type(error) is kind)
        return cls(next(endings, "failed"), error.text)

    @property
    def error(self) -> JobFailed:
        """Return the error that it ended with."""
        return ENDINGS[self.ending](self.words)


Said = ProgressReport | CheckpointSaved | PictureDone | RunFailed


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class FromAttempt:
    """From a slot: what its run says; the files that it is about are in the folder of the run."""

    slot: int
    attempt: int
    said: Annotated[Said, Discriminator("kind")]
    kind: Literal["attempt"] = "attempt"


ToSlot = BeginAttempt | StopAttempt | KillAttempt
FromSlot = SlotState | SlotLog | FromAttempt
FromDriver = ClusterSeen | SlotJoined | SlotLeft | FromSlot
OPTIONS: Final = Codec[SlotOptions](SlotOptions)
TO_SLOT: Final = Codec[ToSlot](Annotated[ToSlot, Discriminator("kind")])
FROM_DRIVER: Final = Codec[FromDriver](
    Annotated[FromDriver, Discriminator("kind")], BYTES_AND_LOSSES
)
