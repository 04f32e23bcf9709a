"""How long pictures take: learned from those that were made, by device, preset and size."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from statistics import fmean
from typing import Final

from sqlalchemy import Text as SqlText
from sqlalchemy import cast, select

from backend.codec import Codec
from backend.database.database import Database
from backend.database.tables import ESTIMATES
from backend.engine.speed import PictureTime, PictureTimes
from backend.jobs.fit import DECAY, OFFSET, Sums, line, with_one
from backend.jobs.loads import Loads
from backend.jobs.model import Job
from nst.options import Preset

_LOG = logging.getLogger(__name__)

_SEPARATOR: Final = "/"
START_UP: Final = "start-up"
_LOAD: Final = "load"

SecondsOf = Callable[[Preset, int], float | None]
"""What a picture of a preset and a size takes on the slowest device; None while nobody knows."""

_SUMS: Final = Codec[Sums](Sums)


class Estimates:
    """Seconds that a picture takes, by device and preset: a straight line over its megapixels.

    A preset does the same number of evaluations whatever the size, and each takes time in
    proportion to the pixels; the rest is the same for all. The line minimises relative errors
    (weights 1/y²), with the newest pictures counting most. What other programs take of a device now
    is a factor to all of its lines (`loads`), which follows more quickly.
    """

    def __init__(
        self,
        known: Mapping[str, Sums] | None = None,
        times: PictureTimes | None = None,
        loads: Loads | None = None,
    ) -> None:
        self.sums = {key: list(sums) for key, sums in (known or {}).items()}
        self.loads = loads or Loads()
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

    def learn(self, job: Job, device: str, seconds: float) -> dict[str, Sums]:
        """Learn how long a finished picture took; return what was learned, by key.

        The first of its kind on a device tells how long they usually take, and nothing of the load.
        """
        self.follow(job, device, seconds)
        self.loads.settle(device)
        key, load = _key(device, _kind(job)), self.loads.of(device)
        each = seconds / job.spec.count / load
        self.sums[key] = with_one(self.sums.get(key), megapixels(job), each)
        return {key: self.sums[key], _key(device, _LOAD): [load]}

    def follow(self, job: Job, device: str, seconds: float, share: float = 1.0) -> None:
        """Let the device's load follow a picture that takes so long; `share` of it is painted."""
        if sums := self._known(device, _kind(job)):
            usual = job.spec.count * line(sums, megapixels(job))
            slots = self.present[device]
            self.loads.note(device, seconds / usual, share=share, slots=slots)

    def guess(self, job: Job, seconds: float) -> None:
        """Note how long a picture that is being made will take; used until one is finished."""
        pixels = job.spec.count * (megapixels(job) + OFFSET)
        self._guesses[_kind(job)] = seconds / pixels

    def seconds(self, job: Job) -> float | None:
        """Return how long this job will take, on average over the slots; None while unknown."""
        return self.seconds_of([job])[0]

    def seconds_of(self, jobs: Iterable[Job]) -> list[float | None]:
        """Return the same for each of many jobs; the line of a kind is drawn once."""
        lines: dict[str, tuple[float, float] | None] = {}
        found: list[float | None] = []
        for job in jobs:
            kind = _kind(job)
            if kind not in lines:
                lines[kind] = self._line(kind, job.spec.options.preset)
            drawn = lines[kind]
            each = None if drawn is None else drawn[0] + drawn[1] * megapixels(job)
            found.append(None if each is None else job.spec.count * each)
        return found

    def slowest(self, preset: Preset, size: int) -> float | None:
        """Return the seconds of a picture of 4:3 on the slowest device; None while unknown."""
        pixels = _pixels(size)
        known = [times for device in self.present if (times := self._times(device, preset, pixels))]
        return max(map(fmean, known), default=None)

    def _times(self, device: str, preset: Preset, pixels: float) -> list[float]:
        """Return what is known of a picture on one device, judged by other presets if need be."""
        load = self.loads.of(device)
        if sums := self._known(device, preset.value):
            return [load * line(sums, pixels)]
        return [
            load * preset.work / other.work * line(sums, pixels)
            for other in Preset
            if (sums := self._known(device, other.value))
        ]

    def _line(self, kind: str, preset: Preset) -> tuple[float, float] | None:
        """Return the seconds of a kind of job at no size, and those of each megapixel more."""
        start, end = (self._seconds_each(kind, preset, size) for size in (0.0, 1.0))
        return None if start is None or end is None else (start, end - start)

    def _seconds_each(self, kind: str, preset: Preset, size: float) -> float | None:
        if times := self._on_slots(kind, size):
            return fmean(times)
        if kind in self._guesses:
            return self._guesses[kind] * (size + OFFSET)
        others = [
            preset.work / other.work * seconds
            for other in Preset
            for seconds in self._on_slots(other.value, size)
        ]
        return fmean(others) if others else None

    def _on_slots(self, kind: str, size: float) -> list[float]:
        """Return the seconds of a kind of job, once for each slot with a device that is known.

        Where none of those that are there is known, once for each device that ever was.
        """
        devices = [each for each in self.present.elements() if self._known(each, kind)]
        if not devices:
            keys = dict.fromkeys([*self.sums, *self._measured])
            devices = [_device_in(key) for key in keys if _kind_in(key) == kind]
        return [
            self.loads.of(device) * line(sums, size)
            for device in devices
            if (sums := self._known(device, kind))
        ]

    def _known(self, device: str, kind: str) -> Sums | None:
        """Return what was learned of a kind of job on a device; what was measured if nothing."""
        key = _key(device, kind)
        return self.sums.get(key) or self._measured.get(key)


async def load_estimates(database: Database, times: PictureTimes | None = None) -> Estimates:
    """Return what an earlier process has learned, without what cannot be read."""
    known, loads = {}, {}
    for row in await database.rows(select(ESTIMATES.c.key, cast(ESTIMATES.c.sums, SqlText))):
        try:
            sums, key = _SUMS.decode(row["sums"]), row["key"]
            if _kind_in(key) == _LOAD:
                loads[_device_in(key)] = sums[0]
                continue
            _ = sums[0] if key == START_UP else line(sums, 1.0)
            known[key] = sums
        except (ValueError, ArithmeticError, IndexError):
            _LOG.exception("What was learned of %s cannot be read.", row["key"])
    return Estimates(known, times, Loads(loads))


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


def _pixels(size: int) -> float:
    """Return the megapixels of a picture of 4:3."""
    return size**2 * 0.75 / 1e6


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


def _device_in(key: str) -> str:
    return key.partition(_SEPARATOR)[0]


def _sums_of(times: Iterable[PictureTime], preset: Preset) -> Sums:
    """Return the sums of what was measured of a preset."""
    sums: Sums | None = None
    for time in times:
        if time.preset is preset:
            sums = with_one(sums, _pixels(time.size), time.seconds)
    return sums or []
