"""How long pictures take, learned from those that were made."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from statistics import mean
from typing import Final

from bot.jobs.model import Job
from nst.options import Preset

_DECAY: Final = 0.9  # what was seen before counts so much less with each new picture
# Before sizes of several kinds were seen, a picture is taken to need as long as this many more
# megapixels would: coarse scales, loading and encoding cost the same for small and large ones.
_OFFSET: Final = 0.05
_DOUBT: Final = 0.02  # weight of that assumption beside what was seen
# Work of the presets for each megapixel, for those that nobody has asked for yet.
_WORK: Final[Mapping[Preset, float]] = {
    Preset.DRAFT: 1.0,
    Preset.STANDARD: 3.0,
    Preset.FINE: 8.0,
    Preset.REFERENCE: 600.0,
}
_SEPARATOR: Final = "/"
START_UP: Final = "start-up"

Sums = list[float]
"""Weighted sums of 1, x, y, x², xy over what was seen: megapixels x, seconds y."""


class Estimates:
    """Seconds that a picture takes, by device and preset: a straight line over its megapixels.

    A preset does the same number of evaluations whatever the size, and each takes time in
    proportion to the pixels; the rest is the same for all. The line minimises relative errors
    (weights 1/y²), with the newest pictures counting most.

    Args:
        known: what an earlier process has learned (`sums`).
    """

    def __init__(self, known: Mapping[str, Sums] | None = None) -> None:
        self.sums = {key: list(sums) for key, sums in (known or {}).items()}
        self._guesses: dict[str, float] = {}  # seconds for each megapixel, by kind of job

    @property
    def start_up(self) -> float:
        """Seconds that a fresh worker takes to load its model; 0 while unknown."""
        return self.sums.get(START_UP, [0.0])[0]

    def learn_start_up(self, seconds: float) -> str:
        """A fresh worker took this long; returns the key of what was learned."""
        known = self.sums.get(START_UP, [seconds])[0]
        self.sums[START_UP] = [known + (1 - _DECAY) * (seconds - known)]
        return START_UP

    def learn(self, job: Job, device: str, seconds: float) -> str:
        """A picture that was finished took this long; returns the key of what was learned."""
        key = _SEPARATOR.join((device, _kind(job)))
        x, y = megapixels(job), max(seconds, 1e-3)
        seen = (1.0, x, y, x * x, x * y)
        before = self.sums.get(key, [0.0] * len(seen))
        self.sums[key] = [_DECAY * old + new / y**2 for old, new in zip(before, seen, strict=True)]
        return key

    def guess(self, job: Job, seconds: float) -> None:
        """A picture that is being made will take about this long; used until one is finished."""
        self._guesses.setdefault(_kind(job), seconds / (megapixels(job) + _OFFSET))

    def seconds(self, job: Job) -> float | None:
        """How long this job will take, on average over the devices; None while unknown."""
        kind, size = _kind(job), megapixels(job)
        if lines := self._lines(kind):
            return mean(_at(sums, size) for sums in lines)
        if kind in self._guesses:
            return self._guesses[kind] * (size + _OFFSET)
        others = [
            _WORK[job.spec.options.preset] / _WORK[preset] * _at(sums, size)
            for preset in Preset
            for sums in self._lines(preset.value)
        ]
        return mean(others) if others else None

    def _lines(self, kind: str) -> list[Sums]:
        return [sums for key, sums in self.sums.items() if key.partition(_SEPARATOR)[2] == kind]


def work(job: Job) -> float:
    """How much work a job is, in a unit of its own."""
    return _WORK[job.spec.options.preset] * (megapixels(job) + _OFFSET)


def megapixels(job: Job) -> float:
    """Size of the result: the content image scaled to the longest side that was asked for."""
    width, height = job.spec.photo.width, job.spec.photo.height
    scale = job.spec.options.size / max(width, height)
    return width * height * scale**2 / 1e6


def finish_times(
    running: Iterable[float | None], waiting: Iterable[float | None], slots: int, delay: float = 0.0
) -> list[float | None]:
    """When the waiting jobs will be finished, in seconds from now.

    Args:
        running: seconds left of the jobs on devices.
        waiting: seconds that each waiting job takes, in their order.
        slots: how many run at the same time.
        delay: seconds until a device that is free can begin.

    Returns:
        One for each waiting job; None where it cannot be known.
    """
    unknown = float("inf")
    free = [unknown if left is None else left for left in running]
    free += [delay] * (slots - len(free))
    heapq.heapify(free)
    ends = []
    for seconds in waiting:
        end = heapq.heappop(free) + (unknown if seconds is None else seconds)
        heapq.heappush(free, end)
        ends.append(end)
    return [None if end == unknown else end for end in ends]


def _kind(job: Job) -> str:
    """Jobs of one kind take as long as each other at the same size."""
    what = "+sheet" if job.spec.strengths else "+more" if job.spec.start_from else ""
    return job.spec.options.preset.value + what


def _at(sums: Sums, x: float) -> float:
    """The line through what was seen, at `x`: a + b·x with least squares, a ≈ b·`_OFFSET`."""
    n, sx, sy, sxx, sxy = sums
    doubt = _DOUBT * n
    p, q, r = n + doubt, sx - doubt * _OFFSET, sxx + doubt * _OFFSET**2
    determinant = p * r - q * q
    a = (r * sy - q * sxy) / determinant
    b = (p * sxy - q * sy) / determinant
    if a < 0 or b < 0:  # noise: then in proportion to the size
        return sy / (sx + n * _OFFSET) * (x + _OFFSET)
    return a + b * x
