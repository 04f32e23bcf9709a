"""When jobs will be finished: what is learned from each one, and told to those that wait."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Final

from bot.engine.protocol import EngineProgress
from bot.jobs.active import ActiveJob
from bot.jobs.estimates import START_UP, Estimates, finish_times
from bot.jobs.store import JobStore
from bot.metrics import ESTIMATE_ERROR

_LOG = logging.getLogger(__name__)

_RECKON_SECONDS: Final = 5.0
_NOTICEABLE: Final = 0.5  # a first report that comes later than this waited for its worker


class Forecast:
    """Estimates, kept in the store.

    Args:
        store: entered by its owner.
        slots: how many jobs run at the same time.
    """

    def __init__(self, store: JobStore, slots: int) -> None:
        self._store = store
        self._slots = slots
        self._estimates = Estimates()
        self._opened = time.monotonic()
        self._cold = slots  # workers that have not painted yet, and may still be loading
        self._reckoned = 0.0

    async def load(self) -> None:
        """Take up what an earlier process has learned."""
        self._estimates = Estimates(await self._store.estimates())
        self._opened = time.monotonic()

    @property
    def is_stale(self) -> bool:
        """Whether the waiting jobs should be told anew."""
        return time.monotonic() - self._reckoned > _RECKON_SECONDS

    def begin(self, active: ActiveJob) -> None:
        """The job goes to the engine now."""
        seconds = self._estimates.seconds(active.job)
        active.seconds_left = None if seconds is None else self._delay() + seconds
        active.began, active.is_cold = time.monotonic(), self._cold > 0
        self._cold = max(0, self._cold - 1)

    def progress(self, active: ActiveJob, progress: EngineProgress) -> None:
        """The engine has reported."""
        if active.is_cold and not active.has_reported:
            now = time.monotonic()
            if now - active.began - progress.seconds > _NOTICEABLE:
                self._estimates.learn_start_up(now - self._opened - progress.seconds)
        active.progress(progress)
        if progress.seconds_left is not None:
            self._estimates.guess(active.job, progress.seconds + progress.seconds_left)

    async def learn(self, active: ActiveJob) -> None:
        """The job is over; what it teaches is kept, if it ran through without incident."""
        job = active.job
        if job.result is None or job.result.stopped_early or not active.is_typical:
            return
        now = time.monotonic()
        took = job.result.seconds if active.is_cold else now - active.began
        key = self._estimates.learn(job, job.result.device, took)
        if active.first_estimate:
            truth = now - active.estimated
            ESTIMATE_ERROR.observe(abs(active.first_estimate - truth) / truth)
            _LOG.info(
                "job %s took %.1f s, %.1f were expected", job.id, truth, active.first_estimate
            )
        try:
            for each in (key, *([START_UP] if self._estimates.start_up else [])):
                await self._store.keep_estimate(each, self._estimates.sums[each])
        except Exception:
            _LOG.exception("what was learned of a job's time cannot be kept")

    def reckon(self, waiting: Sequence[ActiveJob], running: Sequence[ActiveJob]) -> None:
        """Tell every waiting job its place and how long it still takes."""
        self._reckoned = time.monotonic()
        ends = finish_times(
            running=[active.seconds_left for active in running],
            waiting=[self._estimates.seconds(active.job) for active in waiting],
            slots=self._slots,
            delay=self._delay(),
        )
        for place, (active, end) in enumerate(zip(waiting, ends, strict=True), start=1):
            if (active.place, active.seconds_left) != (place, end):
                active.place, active.seconds_left = place, end
                active.changed()

    def _delay(self) -> float:
        """Seconds until the workers have loaded their models."""
        if not self._cold:
            return 0.0
        return max(0.0, self._estimates.start_up - (time.monotonic() - self._opened))
