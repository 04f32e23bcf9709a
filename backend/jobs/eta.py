"""When jobs will be finished: told to those that wait, learned from those that are made."""

from __future__ import annotations

import heapq
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from sqlalchemy import delete, insert

from backend.database.database import Database
from backend.database.tables import ESTIMATES
from backend.engine.protocol import EngineProgress, EngineSlot
from backend.engine.speed import PictureTimes
from backend.i18n import Text
from backend.jobs.active import ActiveJob
from backend.jobs.estimates import START_UP, Estimates, SecondsOf, load_estimates
from backend.jobs.loads import load_of_cpu
from backend.metrics import ESTIMATE_ERROR, HOSTS, JOBS_ACTIVE, SLOTS
from backend.records import ResultFile

_LOG = logging.getLogger(__name__)

_RECKON_SECONDS: Final = 5.0
_NOTICEABLE: Final = 0.5  # a first report that comes later than this waited for its worker
_TELLING: Final = 0.2  # share of a picture that has to be painted before it tells of the load
_ALMOST: Final = 0.99  # the whole of it counts when it is finished


class Forecast:
    """Tells active jobs how long they take, and learns from each one.

    Args:
        database: what is learned is kept there.
        places: returns which slots there are.

    Attributes:
        times: that pictures take, as measured before any was painted.
        follow: called with how long pictures take whenever that may have changed.
    """

    def __init__(self, database: Database, places: Callable[[], Sequence[EngineSlot]]) -> None:
        self._database = database
        self._places = places
        self.times: PictureTimes = {}
        self.follow: Callable[[SecondsOf], None] = _nobody
        self._slots = 0
        self._estimates = Estimates()
        self._opened = time.monotonic()
        self._cold = 0  # workers that have not painted yet, and may still be loading
        self._reckoned = 0.0

    async def load(self) -> None:
        """Take up what an earlier process has learned, and what was measured."""
        self._estimates = await load_estimates(self._database, self.times)
        for device in set(self.times) & {"cpu"}:
            self._estimates.loads.suppose(device, load_of_cpu())
        self._opened = time.monotonic()

    def resize(self) -> None:
        """Note which slots there are now."""
        places = self._places()
        SLOTS.set(len(places))
        HOSTS.set(len({place.host for place in places}))
        self._estimates.present = Counter(place.device for place in places)
        slots = self._estimates.present.total()
        if slots > self._slots:
            self._opened = time.monotonic()
        self._cold = max(0, self._cold + slots - self._slots)
        self._slots = slots
        self.follow(self._estimates.slowest)

    def begin(self, active: ActiveJob) -> None:
        """Note that the job goes to the engine now."""
        seconds = self._estimates.seconds(active.job)
        active.seconds_left = None if seconds is None else self._delay() + seconds
        active.held = None
        active.began, active.is_cold = time.monotonic(), self._cold > 0
        self._cold = max(0, self._cold - 1)

    def progress(self, active: ActiveJob, progress: EngineProgress) -> bool:
        """Pass on what the engine reports; return whether those that wait are to be told anew."""
        started = time.monotonic() - progress.seconds
        if active.is_cold and not active.reports and started - active.began > _NOTICEABLE:
            self._estimates.learn_start_up(started - self._opened)
        active.progress(progress)
        if progress.seconds_left is not None:
            self._estimates.guess(active.job, progress.seconds + progress.seconds_left)
            self._learn_load(active, progress, progress.seconds_left)
        return time.monotonic() - self._reckoned > _RECKON_SECONDS

    def _learn_load(self, active: ActiveJob, progress: EngineProgress, left: float) -> None:
        """Let those that wait know how quickly the present picture gets on."""
        if not active.is_typical or progress.fraction < _TELLING:
            return
        if not active.device:
            own = (place for place in self._places() if place.job_id == active.job.id)
            active.device = next((place.device for place in own), "")
        so_far = progress.seconds if active.is_cold else time.monotonic() - active.began
        share = min(progress.fraction, _ALMOST)
        self._estimates.follow(active.job, active.device, so_far + left, share)

    def learn(self, active: ActiveJob, result: ResultFile) -> dict[str, list[float]]:
        """Learn from a picture that was painted without incident; return what is to be kept."""
        if result.stopped_early or not active.is_typical:
            return {}
        job, now = active.job, time.monotonic()
        took = result.seconds if active.is_cold else now - active.began
        learned = self._estimates.learn(job, result.device, took)
        if active.expected:
            truth = now - active.asked
            ESTIMATE_ERROR.observe(abs(active.expected - truth) / truth)
            _LOG.info("job %s took %.1f s, %.1f were expected", job.id, truth, active.expected)
        if START_UP in self._estimates.sums:
            learned[START_UP] = self._estimates.sums[START_UP]
        try:
            self.follow(self._estimates.slowest)
        except Exception:  # the picture is there, and still to be stored
            _LOG.exception("whoever follows the times of pictures failed")
        return learned

    async def keep(self, learned: dict[str, list[float]]) -> None:
        """Keep what was learned for the next process."""
        if not learned:
            return
        rows = [{"key": name, "sums": sums} for name, sums in learned.items()]
        try:
            async with self._database.write() as connection:
                await connection.execute(delete(ESTIMATES).where(ESTIMATES.c.key.in_(learned)))
                await connection.execute(insert(ESTIMATES), rows)
        except Exception:
            _LOG.exception("what was learned of a job's time cannot be kept")

    def reckon(
        self,
        waiting: Sequence[ActiveJob],
        running: Sequence[ActiveJob],
        *,
        held: Text | None = None,
    ) -> None:
        """Tell every waiting job its place and how long it still takes, or why nobody knows."""
        self._reckoned = time.monotonic()
        JOBS_ACTIVE.labels("queued").set(len(waiting))
        JOBS_ACTIVE.labels("running").set(len(running))
        jobs = () if held else (active.job for active in waiting)
        takes = self._estimates.seconds_of(jobs) or [None] * len(waiting)
        ends = finish_times(
            running=[active.seconds_left for active in running],
            waiting=takes,
            slots=self._slots,
            delay=self._delay(),
        )
        every = zip(waiting, takes, ends, strict=True)
        for place, (active, seconds, end) in enumerate(every, start=1):
            start = None if end is None or seconds is None else end - seconds
            active.expect(place, start, end, held)

    def _delay(self) -> float:
        """Return the seconds until the workers have loaded their models."""
        if not self._cold:
            return 0.0
        loading = self._estimates.sums.get(START_UP, [0.0])[0]
        return max(0.0, loading - (time.monotonic() - self._opened))


def finish_times(
    running: Iterable[float | None], waiting: Iterable[float | None], slots: int, delay: float = 0.0
) -> list[float | None]:
    """Return in how many seconds each waiting job will be finished; None where nobody can know.

    The running ones need so many seconds more, the waiting ones, in this order, take so many each;
    a device that is free can begin after `delay`. Where fewer slots are left than run, the others
    of them come first.
    """
    unknown = float("inf")
    begun = [unknown if left is None else left for left in running]
    free = begun[:slots] + [delay] * (slots - len(begun))
    free = free or [unknown]  # nobody paints now
    heapq.heapify(free)
    for left in begun[slots:]:
        heapq.heapreplace(free, free[0] + left)
    ends = []
    for seconds in waiting:
        end = heapq.heappop(free) + (unknown if seconds is None else seconds)
        heapq.heappush(free, end)
        ends.append(end)
    return [None if end == unknown else end for end in ends]


def _nobody(seconds_of: SecondsOf) -> None:
    """Be what is called before anybody follows."""
