"""How long the steps of a painting take, learned while it is painted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Final, Self

# The first step of a scale computes its targets; it takes so many times as long as the others.
_USUAL_FIRST: Final = 2.0
_MOST_FIRST: Final = 4.0
_ENOUGH: Final = 2
_ON_CPU: Final = 3000.0
_ON_GPU: Final = 1e6
_MOST_FIXED: Final = 1e7


@dataclass(slots=True)
class _Seen:
    """What was seen of a scale: seconds of its first step, number and seconds of the others."""

    pixels: int
    first: float
    steps: int = 0
    seconds: float = 0.0

    @property
    def mean(self) -> float:
        """Return the seconds of one of the others; guessed by the first while there is none."""
        return self.seconds / self.steps if self.steps else self.first / _USUAL_FIRST


@dataclass(slots=True)
class StepTimes:
    """The time of a step, in proportion to its pixels and a fixed number of further ones.

    A GPU spends nearly all of its time on the fixed ones where pictures are small, a CPU next to
    none; the scales so far tell which it is. The last scale alone says how fast the machine is now,
    so that programs beside it are reckoned with.

    Attributes:
        fixed: pixels that would take as long as what each step takes whatever its size.
    """

    fixed: float = _ON_CPU
    _seen: list[_Seen] = field(default_factory=list)

    @classmethod
    def on(cls, device: str) -> Self:
        """Begin with what is usual on a kind of device: `cpu`, `cuda`, `mps`."""
        return cls(_ON_CPU if device == "cpu" else _ON_GPU)

    def see(self, pixels: int, seconds: float) -> None:
        """Note the time of one step; scales come from coarse to fine."""
        if not self._seen or self._seen[-1].pixels != pixels:
            self._seen.append(_Seen(pixels, seconds))
            return
        present = self._seen[-1]
        present.steps, present.seconds = present.steps + 1, present.seconds + seconds
        self._fit([seen for seen in self._seen if seen.steps >= _ENOUGH])

    def seconds(self, scales: Iterable[tuple[int, int]], *, of_another: bool = False) -> float:
        """Return how long so many steps of so many pixels will take, from the present scale on.

        Args:
            scales: pixels and steps that are left.
            of_another: they are those of another painting, which has to begin the scale, too.
        """
        # A first step alone says little of the others: loading and choosing algorithms come too.
        last = next((seen for seen in reversed(self._seen) if seen.steps), self._seen[-1])
        each = last.mean / (last.pixels + self.fixed)
        first = self._first()
        present = None if of_another else self._seen[-1].pixels
        return sum(
            (steps + (first - 1) * (pixels != present)) * each * (pixels + self.fixed)
            for pixels, steps in scales
            if steps
        )

    def _first(self) -> float:
        """Return how many times as long as the others the first step of a scale takes.

        One alone may have had to wait for another program, and the very first loads things, too.
        """
        seen = [each for each in self._seen[1:] if each.steps >= _ENOUGH]
        times = [min(max(each.first / each.mean, 1.0), _MOST_FIRST) for each in seen]
        return fmean([_USUAL_FIRST, *times])

    def _fit(self, seen: Sequence[_Seen]) -> None:
        """Let all scales say how much of a step is the same for all sizes.

        The straight line has the least relative errors: two scales alone would tell more of what
        other programs took meanwhile.
        """
        if len({each.pixels for each in seen}) < 2:
            return
        weights = [each.steps / each.mean**2 for each in seen]
        pixels = fmean([each.pixels for each in seen], weights)
        seconds = fmean([each.mean for each in seen], weights)
        apart = [each.pixels - pixels for each in seen]
        grown = sum(w * a * one.mean for w, a, one in zip(weights, apart, seen, strict=True))
        each = grown / sum(w * a * a for w, a in zip(weights, apart, strict=True))
        fixed = seconds / each - pixels if each > 0 else _MOST_FIXED
        self.fixed = min(max(fixed, 0.0), _MOST_FIXED)
