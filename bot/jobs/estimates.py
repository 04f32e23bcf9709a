"""How long pictures take, learned from those that were made."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import Final

from bot.jobs.model import Job
from nst.options import Preset

_WEIGHT_OF_NEWEST: Final = 0.3


class Estimates:
    """Seconds for each megapixel, by preset: a moving average.

    A preset does the same number of evaluations whatever the size, and each takes time in
    proportion to the pixels, so that one figure for each preset is enough.
    """

    def __init__(self) -> None:
        self._rates: dict[Preset, float] = {}

    def learn(self, job: Job, seconds: float) -> None:
        """A picture that was finished took this long."""
        rate = seconds / megapixels(job)
        known = self._rates.get(job.options.preset, rate)
        self._rates[job.options.preset] = known + _WEIGHT_OF_NEWEST * (rate - known)

    def guess(self, job: Job, seconds: float) -> None:
        """A picture that is being made will take about this long; used until one is finished."""
        self._rates.setdefault(job.options.preset, seconds / megapixels(job))

    def seconds(self, job: Job) -> float | None:
        """How long this job will take; None while nothing is known about its preset."""
        rate = self._rates.get(job.options.preset)
        return None if rate is None else rate * megapixels(job)


def megapixels(job: Job) -> float:
    """Size of the result: the content image scaled to the longest side that was asked for."""
    width, height = job.content.width, job.content.height
    scale = job.options.size / max(width, height)
    return width * height * scale**2 / 1e6


def finish_times(
    running: Iterable[float | None], waiting: Iterable[float | None], slots: int
) -> list[float | None]:
    """When the waiting jobs will be finished, in seconds from now.

    Args:
        running: seconds left of the jobs on devices.
        waiting: seconds that each waiting job takes, in their order.
        slots: how many run at the same time.

    Returns:
        One for each waiting job; None where it cannot be known.
    """
    unknown = float("inf")
    free = [unknown if left is None else left for left in running]
    free += [0.0] * (slots - len(free))
    heapq.heapify(free)
    ends = []
    for seconds in waiting:
        end = heapq.heappop(free) + (unknown if seconds is None else seconds)
        heapq.heappush(free, end)
        ends.append(end)
    return [None if end == unknown else end for end in ends]
