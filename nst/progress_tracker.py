"""Steps and time of a painting: what is done, and how long the rest takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from nst.objective import Losses
from nst.progress import Progress
from nst.pyramid import Scale
from nst.step_times import StepTimes


class ProgressTracker:
    """Counts steps and time, and tells how much is left.

    Args:
        scales: of the painting, coarse to fine.
        device: the kind of device: `cpu`, `cuda`, `mps`.
        clock: tells seconds.

    Attributes:
        step: image updates done so far, over all scales.
    """

    def __init__(
        self,
        scales: Sequence[Scale],
        device: str = "cpu",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._scales = scales
        self._steps = sum(scale.steps for scale in scales)
        self._work = sum(scale.cost for scale in scales)
        self.step = 0
        self._done = 0
        self._clock = clock
        self._start = self._last = clock()
        self._times = StepTimes.on(device)

    @property
    def seconds(self) -> float:
        """Time since the start, earlier runs included."""
        return self._clock() - self._start

    def left_at(self, scale: Scale) -> int:
        """Return how many of a scale's steps are still to be taken."""
        first = 0
        for earlier in self._scales:
            if earlier is scale:
                break
            first += earlier.steps
        return min(scale.steps, max(0, first + scale.steps - self.step))

    def seconds_of(self, scale: Scale) -> float:
        """Return how long the steps of a scale of another painting would take, after one step."""
        return self._times.seconds([(scale.pixels, scale.steps)], of_another=True)

    def resume(self, step: int, seconds: float) -> None:
        """Count steps that were taken before, and the time that they took."""
        self.step = min(step, self._steps)
        self._done = sum(
            scale.pixels * (scale.steps - self.left_at(scale)) for scale in self._scales
        )
        self._last = self._clock()
        self._start = self._last - seconds

    def count(self, scale: Scale, losses: Losses) -> Progress:
        """Count one step done at `scale`, and report it."""
        self.step += 1
        self._done += scale.pixels
        fraction = self._done / self._work
        # One transfer from the device for all of them.
        total, *others = losses.stacked().tolist()
        now = self._clock()
        self._times.see(scale.pixels, now - self._last)
        self._last = now
        left = [(each.pixels, self.left_at(each)) for each in self._scales]
        return Progress(
            step=self.step,
            steps=self._steps,
            evaluations=self.step,
            fraction=fraction,
            total_loss=total,
            losses=dict(zip(losses.terms, others, strict=False)),
            style_layer_losses=dict(
                zip(losses.style_layers, others[len(losses.terms) :], strict=True)
            ),
            seconds=now - self._start,
            seconds_left=self._times.seconds(left),
            width=scale.width,
            height=scale.height,
        )
