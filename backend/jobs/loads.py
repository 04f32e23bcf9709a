"""How busy devices are: what takes longer there now than it usually does."""

from __future__ import annotations

import os
from typing import Final

_NEW: Final = 0.5  # weight of the newest picture beside all before it, in logarithms
_MOST: Final = 20.0


class Loads:
    """By device, how many times as long pictures take now as they usually do.

    After the first, each picture moves it half of the way, or less where several are painted at a
    time on that kind of device: it follows other programs within a few pictures, and no single one.

    Args:
        settled: what it was when the bot ended.
    """

    def __init__(self, settled: dict[str, float] | None = None) -> None:
        self._settled = {
            device: min(max(factor, 1 / _MOST), _MOST) for device, factor in (settled or {}).items()
        }
        self._now = dict(self._settled)

    def of(self, device: str) -> float:
        """Return how many times as long pictures take on a device; 1 where nobody knows."""
        return self._now.get(device, 1.0)

    def suppose(self, device: str, factor: float) -> None:
        """Take a device on which nothing was painted yet for as busy as that."""
        self._now.setdefault(device, factor)

    def settle(self, device: str) -> None:
        """Take what is known of a device for settled: no single picture changes it any more."""
        self._settled.setdefault(device, self.of(device))

    def note(self, device: str, factor: float, *, share: float = 1.0, slots: int = 1) -> None:
        """Note how many times as long a picture takes as it usually does.

        Args:
            device: where it is painted.
            factor: of this picture alone.
            share: of it is painted.
            slots: of that kind of device.
        """
        factor = min(max(factor, 1 / _MOST), _MOST)
        before = self._settled.get(device)
        weight = share if before is None else share * _NEW / max(slots, 1)
        before = self.of(device) if before is None else before
        self._now[device] = before ** (1 - weight) * factor**weight
        if share == 1:
            self._settled[device] = self._now[device]


def load_of_cpu() -> float:
    """Return how many times as long work takes on all cores beside the programs that run now."""
    try:
        return 1 + os.getloadavg()[0] / (os.cpu_count() or 1)
    except OSError:
        return 1.0
