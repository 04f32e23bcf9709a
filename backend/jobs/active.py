"""A job that is queued or running, as the queue holds it in memory, and those who watch it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from backend.engine.protocol import EngineProgress
from backend.i18n import Text
from backend.jobs.model import Address, Job, JobState
from backend.jobs.progress import JobUpdate

_RECORDING: Final = 8 * 2**20
_BYTES_OF_FILM: Final = 6  # a pixel of each frame, twice
_BYTES_A_PIXEL: Final = 20  # of the result, its raw picture and the checkpoint


@dataclass(slots=True, eq=False)
class ActiveJob:
    """The present state of one job; call `changed` after setting anything.

    Attributes:
        abandoned: the bot is shutting down.
        work: the task that sees it through; None while it waits.
        reports: how often the engine has said something of it.
        furthest: the largest fraction that any of its runs has come to.
        asked, began: monotonic time at which it came, and went to the engine.
        is_typical: it ran through without incident, so that others can learn from its time.
        device: the kind of device that paints it; empty while that is not known.
        is_cold: its worker may still have been loading its model when it began.
    """

    job: Job
    place: int | None = None
    seconds_left: float | None = None
    held: Text | None = None
    starts_in: float | None = None
    cancel_asked: bool = False
    stop_asked: bool = False
    abandoned: bool = False
    work: asyncio.Task[None] | None = None
    reports: int = 0
    furthest: float = 0.0
    asked: float = field(default_factory=time.monotonic)
    began: float = 0.0
    expected: float | None = None  # seconds, when it came
    is_typical: bool = True
    device: str = ""
    is_cold: bool = False
    _fraction: float = 0.0
    _frame: int = 0
    _preview: bytes | None = None
    _preview_number: int = 0
    _watchers: set[asyncio.Event] = field(default_factory=set)
    _ended: bool = False

    @property
    def address(self) -> Address:
        """Return whose job it is."""
        return self.job.address

    @property
    def asked_at(self) -> datetime:
        """Return when it was asked for."""
        return self.job.created_at

    @property
    def bytes_to_come(self) -> int:
        """Return how many bytes at most the files will have that come of it."""
        spec = self.job.spec
        if spec.film:
            return _BYTES_OF_FILM * spec.film.frames * spec.options.size**2
        return self.count * (_RECORDING + _BYTES_A_PIXEL * spec.options.size**2)

    @property
    def count(self) -> int:
        """Return as how many jobs it counts."""
        return self.job.spec.count

    @property
    def pictures_of_a_day(self) -> int:
        """Return as how many pictures it counts in a day."""
        return self.job.spec.pictures_of_a_day

    def expect(
        self, place: int, starts_in: float | None, seconds_left: float | None, held: Text | None
    ) -> None:
        """Take note of the place among those that wait, and of when it will start and be ready.

        `held` is why nothing is begun now.
        """
        told = place, starts_in, seconds_left, held
        if (self.place, self.starts_in, self.seconds_left, self.held) != told:
            self.place, self.starts_in, self.seconds_left, self.held = told
            self.changed()

    def progress(self, progress: EngineProgress) -> None:
        """Take note of what the engine reports."""
        self.reports += 1
        self._fraction, self._frame = progress.fraction, progress.frame
        self.furthest = max(self.furthest, progress.fraction)
        self.seconds_left = progress.seconds_left
        if progress.preview:
            self._preview = progress.preview
            self._preview_number += 1
        self.changed()

    def restarted(self, *, resumes: bool) -> None:
        """Note that another worker takes the work up, from a checkpoint or anew."""
        self.is_typical = False
        if not resumes:
            self._fraction, self._frame, self._preview = 0.0, 0, None
        self.seconds_left = None
        self.changed()

    def hold(self, reason: Text | None) -> None:
        """Take note of why it does not go on now, though it runs, or that it does."""
        if self.held != reason:
            self.held = reason
            self.changed()

    def changed(self) -> None:
        """Wake those who watch."""
        for watcher in self._watchers:
            watcher.set()

    def end(self) -> None:
        """Note that nothing will change any more."""
        self._ended = True
        self.changed()

    def update(self) -> JobUpdate:
        """Return what a card is told now."""
        state = self.job.state
        return JobUpdate(
            job=self.job,
            place=self.place if state is JobState.QUEUED else None,
            held=None if state.is_final else self.held,
            seconds_left=None if state.is_final else self.seconds_left,
            starts_in=self.starts_in if state is JobState.QUEUED else None,
            fraction=1.0 if state is JobState.DONE else self._fraction,
            preview=self._preview,
            preview_number=self._preview_number,
            stopping=self.stop_asked and not state.is_final,
            frame=self._frame,
        )

    async def watch(self) -> AsyncGenerator[JobUpdate, None]:
        """Yield the present state, then every later one that the reader is quick enough to see."""
        wake = asyncio.Event()
        self._watchers.add(wake)
        try:
            shown: JobUpdate | None = None
            while True:
                wake.clear()
                ended, update = self._ended, self.update()
                if update != shown:
                    yield update
                    shown = update
                if ended:
                    return
                await wake.wait()
        finally:
            self._watchers.discard(wake)
