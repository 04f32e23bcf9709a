"""When jobs will be finished: learned from those that were made, told to those that wait."""

from __future__ import annotations

import heapq
import logging
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import mean
from typing import Final

from sqlalchemy import Text as SqlText
from sqlalchemy import cast, delete, insert, select

from bot.codec import Codec
from bot.database.database import Database
from bot.database.tables import ESTIMATES
from bot.engine.protocol import EngineProgress, EngineSlot
from bot.engine.speed import PictureTime, PictureTimes
from bot.i18n import Text
from bot.jobs.active import ActiveJob
from bot.jobs.fit import DECAY, OFFSET, Sums, line, with_one
from bot.jobs.model import Job
from bot.metrics import ESTIMATE_ERROR, HOSTS, JOBS_ACTIVE, SLOTS
from nst.options import Preset

_LOG = logging.getLogger(__name__)

_RECKON_SECONDS: Final = 5.0
_NOTICEABLE: Final = 0.5  # a first report that comes later than this waited for its worker
_SEPARATOR: Final = "/"
START_UP: Final = "start-up"

_SUMS: Final = Codec[Sums](Sums)


class Estimates:
    """Seconds that a picture takes, by device and preset: a straight line over its megapixels.

    A preset does the same number of evaluations whatever the size, and each takes time in
    proportion to the pixels; the rest is the same for all. The line minimises relative errors
    (weights 1/y²), with the newest pictures counting most.
    """

    def __init__(
        self, known: Mapping[str, Sums] | None = None, times: PictureTimes | None = None
    ) -> None:
        self.sums = {key: list(sums) for key, sums in (known or {}).items()}
        times = times or {}
        self._measured = {
            _key(device, preset.value): _sums_of(times[device], preset)
            for device in times
            for preset in {time.preset for time in times[device]}
        }
        self.present: Counter[str] = Counter()
        """How many slots there are of each device."""
        self._guesses: dict[str, float] = {}  # seconds for each megapixel, by kind of job

    def learn_start_up(self, seconds: float) -> None:
        """Learn how long a fresh worker took."""
        known = self.sums.get(START_UP, [seconds])[0]
        self.sums[START_UP] = [known + (1 - DECAY) * (seconds - known)]

    def learn(self, job: Job, device: str, seconds: float) -> str:
        """Learn how long a finished picture took; return the key of what was learned."""
        key = _key(device, _kind(job))
        self.sums[key] = with_one(self.sums.get(key), megapixels(job), seconds / job.spec.count)
        return key

    def guess(self, job: Job, seconds: float) -> None:
        """Note how long a picture that is being made will take; used until one is finished."""
        pixels = job.spec.count * (megapixels(job) + OFFSET)
        self._guesses[_kind(job)] = seconds / pixels

    def seconds(self, job: Job) -> float | None:
        """Return how long this job will take, on average over the slots; None while unknown."""
        each = self._seconds_each(job)
        return None if each is None else job.spec.count * each

    def _seconds_each(self, job: Job) -> float | None:
        kind, size = _kind(job), megapixels(job)
        if lines := self._lines(kind):
            return mean(line(sums, size) for sums in lines)
        if kind in self._guesses:
            return self._guesses[kind] * (size + OFFSET)
        others = [
            job.spec.options.preset.work / preset.work * line(sums, size)
            for preset in Preset
            for sums in self._lines(preset.value)
        ]
        return mean(others) if others else None

    def _lines(self, kind: str) -> list[Sums]:
        """Return what was learned of a kind of job; what was measured if that is nothing.

        Once for each slot with a device that is there, if any of them is known.
        """
        for known in (self.sums, self._measured):
            of_kind = {key: sums for key, sums in known.items() if _kind_in(key) == kind}
            keys = (_key(device, kind) for device in self.present.elements())
            if of_kind:
                return [of_kind[key] for key in keys if key in of_kind] or list(of_kind.values())
        return []


async def load_estimates(database: Database, times: PictureTimes | None = None) -> Estimates:
    """Return what an earlier process has learned, without what cannot be read."""
    known = {}
    for row in await database.rows(select(ESTIMATES.c.key, cast(ESTIMATES.c.sums, SqlText))):
        try:
            sums = _SUMS.decode(row["sums"])
            _ = sums[0] if row["key"] == START_UP else line(sums, 1.0)
            known[row["key"]] = sums
        except (ValueError, ArithmeticError, IndexError):
            _LOG.exception("What was learned of %s cannot be read.", row["key"])
    return Estimates(known, times)


class Forecast:
    """Tells active jobs how long they take, and learns from each one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._slots = 0
        self._estimates = Estimates()
        self._opened = time.monotonic()
        self._cold = 0  # workers that have not painted yet, and may still be loading
        self._reckoned = 0.0

    async def load(self, times: PictureTimes) -> None:
        """Take up what an earlier process has learned, and what was measured."""
        present = self._estimates.present
        self._estimates = await load_estimates(self._database, times)
        self._estimates.present = present
        self._opened = time.monotonic()

    def resize(self, places: Sequence[EngineSlot]) -> None:
        """Note which slots there are now."""
        SLOTS.set(len(places))
        HOSTS.set(len({place.host for place in places}))
        self._estimates.present = Counter(place.device for place in places)
        slots = self._estimates.present.total()
        if slots > self._slots:
            self._opened = time.monotonic()
        self._cold = max(0, self._cold + slots - self._slots)
        self._slots = slots

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
        return time.monotonic() - self._reckoned > _RECKON_SECONDS

    async def learn(self, active: ActiveJob) -> None:
        """Learn from a job that is over and ran through without incident, and keep it."""
        job = active.job
        if job.result is None or job.result.stopped_early or not active.is_typical:
            return
        now = time.monotonic()
        took = job.result.seconds if active.is_cold else now - active.began
        key = self._estimates.learn(job, job.result.device, took)
        if active.expected:
            truth = now - active.asked
            ESTIMATE_ERROR.observe(abs(active.expected - truth) / truth)
            _LOG.info("job %s took %.1f s, %.1f were expected", job.id, truth, active.expected)
        learned = {name: self._estimates.sums.get(name) for name in (key, START_UP)}
        rows = [{"key": name, "sums": sums} for name, sums in learned.items() if sums]
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
        takes = [None if held else self._estimates.seconds(each.job) for each in waiting]
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


def work(job: Job) -> float:
    """Return how much work a job is, in a unit of its own."""
    return job.spec.count * job.spec.options.preset.work * (megapixels(job) + OFFSET)


def megapixels(job: Job) -> float:
    """Return the size of the result, or of each version: the photo at the size asked for.

    A film counts as so many still pictures as are as much work.
    """
    width, height = job.spec.photo.width, job.spec.photo.height
    scale = job.spec.options.size / max(width, height)
    return job.spec.pictures * width * height * scale**2 / 1e6


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


def _kind(job: Job) -> str:
    """Return the kind of a job: those of one kind take equally long at the same size."""
    what = (
        "+sheet"
        if job.spec.strengths
        else "+versions"  # a GPU paints them together
        if job.spec.takes or job.spec.apart
        else "+more"
        if job.spec.start_from
        else "+film"
        if job.spec.film
        else ""
    )
    return job.spec.options.preset.value + what


def _key(device: str, kind: str) -> str:
    return _SEPARATOR.join((device, kind))


def _kind_in(key: str) -> str:
    return key.partition(_SEPARATOR)[2]


def _sums_of(times: Iterable[PictureTime], preset: Preset) -> Sums:
    """Return the sums of what was measured of a preset; pictures of 4:3."""
    sums: Sums | None = None
    for time_ in times:
        if time_.preset is preset:
            sums = with_one(sums, time_.size**2 * 0.75 / 1e6, time_.seconds)
    return sums or []
