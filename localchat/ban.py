"""The ban of an address that sends too many refused requests.

Source: Discord's API documentation, "Rate Limits → Invalid Request Limit": 10 000 answers of 401,
403 or 429 within 10 minutes, but for 429s with the scope `shared`. Assumptions: the ban holds for
all REST routes, those of interactions included, and not for the gateway; it lasts as long as
`DiscordLimits.ban_seconds` says (Discord says "temporarily").
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

from localchat.clock import Clock
from localchat.limits import DiscordLimits

WINDOW_SECONDS: Final = 600.0
_INVALID: Final = frozenset({401, 403, 429})


class AddressBan:
    """Counts refused requests, and bans the bot when there are too many.

    Args:
        clock: the window and the ban follow it.
        limits: how many, and how long.
    """

    def __init__(self, clock: Clock, limits: DiscordLimits) -> None:
        self._clock = clock
        self._seconds = limits.ban_seconds
        self._times: deque[float] = deque(maxlen=limits.invalid_requests)
        self._ends = -math.inf

    @property
    def seconds_left(self) -> float:
        """How long the bot is still banned; 0 if it is not."""
        return max(0.0, self._ends - self._clock())

    def count(self, status: int, *, shared: bool = False) -> None:
        """Count an answer."""
        if status not in _INVALID or shared:
            return
        now = self._clock()
        self._times.append(now)
        if len(self._times) == self._times.maxlen and now - self._times[0] <= WINDOW_SECONDS:
            self._ends = now + self._seconds
            self._times.clear()

    def lift(self) -> None:
        """End the ban, and forget what was counted."""
        self._ends = -math.inf
        self._times.clear()
