"""How long the frames of a film take, learned while they are painted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from nst.progress import Progress

_DECAY: Final = 0.9  # what was seen before counts so much less with each frame
_USUAL_SHOT: Final = 8  # frames without a cut that are taken to have been seen before the first


@dataclass(slots=True)
class FrameTimes:
    """The time of a film's frames: those painted anew, and those that go on from others.

    The first frame is painted as a still picture, the others in far fewer steps. Until one of them
    is finished, the steps of the first tell how long they will take. What comes before the first
    frame, such as loading the network, happens once and says nothing of the rest.

    Args:
        clock: tells seconds.
    """

    clock: Callable[[], float] = time.monotonic
    _began: float | None = None
    _is_anew: bool = False
    _anew: float = 0.0  # seconds of the last one painted anew
    _cuts: int = -1  # that were painted anew but for the first
    _seen: int = 0
    _sums: tuple[float, float] = field(default=(0.0, 0.0))  # number and seconds of the others

    def begin(self) -> None:
        """Note that the next frame is begun; the one before took until now."""
        now = self.clock()
        if self._began is not None:
            self._learn(now - self._began)
        self._began, self._is_anew = now, False

    def left(self, step: Progress, onwards: float | None, later: int) -> float | None:
        """Return the seconds until the end of the film.

        Args:
            step: where the frame stands that is painted.
            onwards: if it is painted anew, the seconds of one that goes on from it, as far as its
                own steps tell; None if it goes on from others.
            later: frames after it.
        """
        if step.seconds_left is None or self._began is None:
            return None
        self._is_anew = onwards is not None
        number, seconds = self._sums
        if onwards is None:
            whole = self.clock() - self._began + step.seconds_left
            number, seconds = number + step.fraction, seconds + step.fraction * whole
        each = seconds / number if number else onwards or 0.0
        cuts = max(0, self._cuts) / (self._seen + _USUAL_SHOT)
        return step.seconds_left + later * (each + cuts * max(0.0, self._anew - each))

    def _learn(self, seconds: float) -> None:
        """Learn how long a frame took, its reader's work included."""
        self._seen += 1
        if self._is_anew:
            self._cuts, self._anew = self._cuts + 1, seconds
        else:
            number, sum_ = self._sums
            self._sums = _DECAY * number + 1, _DECAY * sum_ + seconds
