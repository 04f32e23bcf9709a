"""A job that is queued or running, as the queue holds it in memory, and those who watch it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from bot.engine.protocol import EngineProgress
from bot.jobs.model import Job, JobState
from bot.jobs.progress import JobUpdate


class ActiveJob:
    """The present state of one job; call `changed` after setting anything.

    Attributes:
        job: the row as stored.
        place: 1 for the next one to start; None unless queued.
        seconds_left: estimate until the result.
        cancel_asked: somebody wants it ended.
        stop_asked: somebody wants the picture as it is.
        abandoned: the bot is shutting down.
        is_typical: it ran through without incident, so that others can learn from its time.
        work: the task that sees it through; None while it waits.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.place: int | None = None
        self.seconds_left: float | None = None
        self.cancel_asked = False
        self.stop_asked = False
        self.abandoned = False
        self.is_typical = True
        self.work: asyncio.Task[None] | None = None
        self._fraction = 0.0
        self._preview: bytes | None = None
        self._preview_number = 0
        self._watchers: set[asyncio.Event] = set()
        self._ended = False

    def expect(self, place: int, seconds_left: float | None) -> None:
        """Take note of the place among those that wait, and of when it will be finished."""
        if (self.place, self.seconds_left) != (place, seconds_left):
            self.place, self.seconds_left = place, seconds_left
            self.changed()

    def progress(self, progress: EngineProgress) -> None:
        """Take note of what the engine reports."""
        self._fraction = progress.fraction
        self.seconds_left = progress.seconds_left
        if progress.preview:
            self._preview = progress.preview
            self._preview_number += 1
        self.changed()

    def restarted(self, *, resumes: bool) -> None:
        """Note that another worker takes the work up, from a checkpoint or anew."""
        self.is_typical = False
        if not resumes:
            self._fraction = 0.0
        self.seconds_left = None
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
            seconds_left=None if state.is_final else self.seconds_left,
            fraction=1.0 if state is JobState.DONE else self._fraction,
            preview=self._preview,
            preview_number=self._preview_number,
            stopping=self.stop_asked and not state.is_final,
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
