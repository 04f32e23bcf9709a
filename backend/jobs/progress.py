"""What a card is told about its job: always the latest state, never a backlog."""

from __future__ import annotations

from dataclasses import dataclass

from backend.i18n import Text
from backend.jobs.model import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class JobUpdate:
    """The state of a job as a card shows it.

    Attributes:
        place: 1 for the next one to start; None unless queued.
        seconds_left: estimate until the result; None while unknown.
        starts_in: estimate of the seconds until its turn; None unless queued, and while unknown.
        fraction: share of the work done, 0 to 1.
        preview: newest small JPEG of the picture, or WebP of a film; None before the first.
        preview_number: grows with each new preview, so that an unchanged one is not sent again.
        stopping: stop-and-keep was asked for, the picture is about to come.
        held: why nothing is begun now, while it waits.
        frame: of a film, the frame that is painted, from 1; 0 before the first, and for pictures.
    """

    job: Job
    place: int | None = None
    seconds_left: float | None = None
    starts_in: float | None = None
    fraction: float = 0.0
    preview: bytes | None = None
    preview_number: int = 0
    stopping: bool = False
    frame: int = 0
    held: Text | None = None
