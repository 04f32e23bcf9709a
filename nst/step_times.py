"""How long the steps of a painting take, learned while it is painted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Self

# The targets of a new scale take about as long as one more step.
_NEW_SCALE: Final = 1
_ENOUGH: Final = 3
_ON_CPU: Final = 3000.0
_ON_GPU: Final = 1e6
_MOST_FIXED: Final = 1e7


@dataclass(slots=True)
class StepTimes:
    """The time of a step, in proportion to its pixels and a fixed number of further ones.

    A GPU spends nearly all of its time on the fixed ones where pictures are small, a CPU next to
    none; two scales tell which it is. The present scale alone says how fast the machine is now, so
    that programs beside it are reckoned with.

    Attributes:
        fixed: pixels that would take as long as what each step takes whatever its size.
    """

    fixed: float = _ON_CPU
    _seen: dict[int, tuple[int, float]] = field(default_factory=dict)  # by pixels: steps, seconds

    @classmethod
    def on(cls, device: str) -> Self:
        """Begin with what is usual on a kind of device: `cpu`, `cuda`, `mps`."""
        return cls(_ON_CPU if device == "cpu" else _ON_GPU)

    def see(self, pixels: int, seconds: float) -> None:
        """Note the time of one step; scales come from coarse to fine."""
        steps, before = self._seen.get(pixels, (0, 0.0))
        self._seen[pixels] = steps + 1, before + seconds
        if len(self._seen) > 1 and steps + 1 >= _ENOUGH:
            self._fit()

    def seconds(self, scales: Iterable[tuple[int, int]]) -> float:
        """Return how long so many steps of so many pixels will take, from the present scale on.

        Args:
            scales: pixels and steps that are left.
        """
        present = next(reversed(self._seen))
        each = self._mean(present) / (present + self.fixed)
        return sum(
            (steps + _NEW_SCALE * (pixels != present)) * each * (pixels + self.fixed)
            for pixels, steps in scales
            if steps
        )

    def _mean(self, pixels: int) -> float:
        steps, seconds = self._seen[pixels]
        return seconds / (steps + _NEW_SCALE)

    def _fit(self) -> None:
        """Let the last two scales say how much of a step is the same for all sizes."""
        fine, coarse = list(reversed(self._seen))[:2]
        slow, quick = self._mean(fine), self._mean(coarse)
        grown = slow - quick
        fixed = (quick * fine - slow * coarse) / grown if grown > 0 else _MOST_FIXED
        self.fixed = min(max(fixed, 0.0), _MOST_FIXED)
