"""Time and ids: a replaceable clock and Discord's snowflakes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], float]
"""Seconds since 1970, as `time.time` tells them; tests hand in their own."""

ID = "[0-9]{1,20}"
"""Regular expression of a snowflake: 64 bits. Longer digits are nobody's id."""

MAX_ID = 2**63 - 1

DISCORD_EPOCH_MS = 1_420_070_400_000  # 2015-01-01T00:00:00Z


def iso(seconds: float) -> str:
    """Return a clock reading as Discord writes timestamps: `2026-11-23T21:37:25.000000+00:00`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def snowflake(value: object) -> int:
    """Return an id that somebody sent; 0, which nothing has, for anything else."""
    return int(text) if re.fullmatch(ID, text := str(value)) else 0


def age(id_: int, clock: Clock) -> float:
    """Return the seconds since an id was made."""
    return clock() - ((id_ >> 22) + DISCORD_EPOCH_MS) / 1000


class Snowflakes:
    """Makes ids that are unique, grow, and carry the time of their making in the upper 42 bits.

    Source: Discord's API reference, "Snowflakes". The lower 22 bits (worker, process, increment)
    are one counter here.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        """Return the next id; larger than every earlier one even if the clock stands still."""
        milliseconds = int(self._clock() * 1000) - DISCORD_EPOCH_MS
        self._last = max(self._last + 1, milliseconds << 22)
        return self._last
