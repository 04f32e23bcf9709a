"""Rate limits, told in headers and enforced with 429s, as Discord does.

Source: Discord's API documentation, "Rate Limits" (50 requests a second by the bot's token; those
by tokens of interactions do not count). Assumption: the buckets of single routes, which Discord
does not publish, are as they were seen: five edits in 5 s for each channel, and of messages older
than an hour three in 6 s (30046). Windows run on the event loop's own time, not on the chat's
clock: a client that is told to wait waits in real time.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from collections import deque
from dataclasses import dataclass

from localchat.errors import OLD_EDITS, ApiError, Json


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `requests` within `seconds`."""

    requests: int
    seconds: float


def _up(seconds: float) -> float:
    """Round up to milliseconds: who waits so long is not too early."""
    return math.ceil(seconds * 1000) / 1000


class RateLimited(ApiError):
    """A request came too early.

    Args:
        retry_after: seconds until it may be repeated.
        scope: `user` (this bot's own bucket), `global` or `shared`.
    """

    def __init__(
        self,
        retry_after: float,
        *,
        scope: str = "user",
        code: int = 0,
        message: str = "You are being rate limited.",
    ) -> None:
        super().__init__(429, code, message)
        self.retry_after = retry_after
        self.scope = scope

    def body(self) -> Json:
        """Return the answer's JSON."""
        return super().body() | {
            "retry_after": _up(self.retry_after),
            "global": self.scope == "global",
        }

    def headers(self) -> dict[str, str]:
        """Return the answer's headers; by `Via` libraries tell Discord's 429 from a proxy's."""
        headers = {
            "Retry-After": str(math.ceil(self.retry_after)),
            "X-RateLimit-Scope": self.scope,
            "Via": "1.1 localchat",
        }
        if self.scope == "global":
            headers["X-RateLimit-Global"] = "true"
        return headers


class _Window:
    """Times of the requests within the current window of one bucket."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self._ends = 0.0
        self._used = 0

    def is_over(self, now: float) -> bool:
        """Return whether it has run out, so that forgetting it changes nothing."""
        return now >= self._ends

    def take(self, now: float) -> float | None:
        """Count a request; if there is no room for it, the seconds until there is."""
        if now >= self._ends:
            self._ends = now + self.limit.seconds
            self._used = 0
        if self._used >= self.limit.requests:
            return self._ends - now
        self._used += 1
        return None

    def headers(self, now: float, name: str) -> dict[str, str]:
        left = max(0.0, self._ends - now)
        return {
            "X-RateLimit-Limit": str(self.limit.requests),
            "X-RateLimit-Remaining": str(self.limit.requests - self._used),
            "X-RateLimit-Reset": f"{_up(time.time() + left):.3f}",
            "X-RateLimit-Reset-After": f"{_up(left):.3f}",
            "X-RateLimit-Bucket": name,
        }


MAX_WINDOWS = 1000
GLOBAL = Limit(50, 1.0)
OLD_MESSAGE_EDITS = Limit(3, 6.0)


class RateLimiter:
    """All buckets, by route and major parameter (channel, or interaction token)."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], _Window] = {}
        self._old_edits: dict[int, _Window] = {}
        self._global: deque[float] = deque(maxlen=GLOBAL.requests)

    def take(self, bucket: str, major: str, limit: Limit) -> dict[str, str]:
        """Count a request and return the headers of its answer.

        Raises:
            RateLimited: there is no room; its `limit_headers` are those of the bucket.
        """
        now = asyncio.get_running_loop().time()
        if len(self._windows) > MAX_WINDOWS:
            open_ones = {key: one for key, one in self._windows.items() if not one.is_over(now)}
            self._windows = open_ones
        window = self._windows.setdefault((bucket, major), _Window(limit))
        wait = window.take(now)
        if wait is not None:
            raise RateLimited(wait)
        return self.headers(bucket, major, limit)

    def headers(self, bucket: str, major: str, limit: Limit) -> dict[str, str]:
        """Return the bucket's headers now."""
        now = asyncio.get_running_loop().time()
        window = self._windows.setdefault((bucket, major), _Window(limit))
        name = hashlib.md5(bucket.encode(), usedforsecurity=False).hexdigest()
        return window.headers(now, name)

    def take_global(self) -> None:
        """Count a request against the bot's 50 per second.

        Raises:
            RateLimited: with scope `global`.
        """
        now = asyncio.get_running_loop().time()
        if len(self._global) == GLOBAL.requests:
            wait = self._global[0] + GLOBAL.seconds - now
            if wait > 0:
                raise RateLimited(wait, scope="global")
        self._global.append(now)

    def take_old_edit(self, channel_id: int) -> None:
        """Count an edit of a message older than an hour.

        Raises:
            RateLimited: with code 30046.
        """
        now = asyncio.get_running_loop().time()
        window = self._old_edits.setdefault(channel_id, _Window(OLD_MESSAGE_EDITS))
        wait = window.take(now)
        if wait is not None:
            raise RateLimited(wait, code=OLD_EDITS[1], message=OLD_EDITS[2])
