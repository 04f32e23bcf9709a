"""Steps and time of a painting: what is done, and how long the rest takes."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch

from nst.objective import Losses
from nst.progress import Progress
from nst.pyramid import Scale


class Ledger:
    """Counts steps and time, and tells how much is left.

    Attributes:
        step: image updates done so far, over all scales.
    """

    def __init__(self, scales: Sequence[Scale]) -> None:
        self._scales = scales
        self._steps = sum(scale.steps for scale in scales)
        self._work = sum(scale.cost for scale in scales)
        self.step = 0
        self._done = 0
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Time since the start, earlier runs included."""
        return time.monotonic() - self._start

    def left_at(self, scale: Scale) -> int:
        """How many of a scale's steps are still to be taken."""
        first = 0
        for earlier in self._scales:
            if earlier is scale:
                break
            first += earlier.steps
        return min(scale.steps, max(0, first + scale.steps - self.step))

    def resume(self, step: int, seconds: float) -> None:
        """So many steps were taken before, in so much time."""
        self.step = min(step, self._steps)
        self._done = sum(
            scale.width * scale.height * (scale.steps - self.left_at(scale))
            for scale in self._scales
        )
        self._start = time.monotonic() - seconds

    def enter(self, scale: Scale, losses: Losses) -> Progress:
        """Book one step done at `scale`."""
        self.step += 1
        self._done += scale.width * scale.height
        fraction = self._done / self._work
        # One transfer from the device for all of them.
        numbers = [losses.total, losses.content, losses.style, losses.tv]
        total, content, style, tv, *layers = torch.stack(
            [*numbers, *losses.style_layers.values()]
        ).tolist()
        seconds = self.seconds
        return Progress(
            step=self.step,
            steps=self._steps,
            evaluations=self.step,
            fraction=fraction,
            total_loss=total,
            content_loss=content,
            style_loss=style,
            tv_loss=tv,
            style_layer_losses=dict(zip(losses.style_layers, layers, strict=True)),
            seconds=seconds,
            seconds_left=seconds / fraction - seconds,
            width=scale.width,
            height=scale.height,
        )
