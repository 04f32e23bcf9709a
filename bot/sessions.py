"""When the bot may start sessions on the gateway (identify): not too soon, not too often.

Discord lets an application start so many sessions a day, in buckets of shards with a pause between
two of a bucket. Beyond the day's number it ends all sessions and resets the token. So some of them
are kept back: a bot that starts again and again waits until Discord gives it new ones.
https://discord.com/developers/docs/events/gateway#session-start-limit-object
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import KW_ONLY, dataclass, field
from datetime import timedelta
from typing import Final

from discord import SessionStartLimits

from backend.metrics import SESSIONS_LEFT

_LOG = logging.getLogger(__name__)
_KEPT_BACK: Final = 20  # one in so many of a day's sessions


@dataclass(slots=True, eq=False)
class SessionStarts:
    """Lets shards identify; one for the whole bot. `fetch` asks Discord how many are left."""

    fetch: Callable[[], Awaitable[SessionStartLimits]]
    _: KW_ONLY
    spacing: float  # seconds between two of a bucket
    longest_pause: float  # until Discord is asked again, while none is left
    _buckets: int = field(init=False, default=1)
    _next: dict[int, float] = field(init=False, default_factory=dict)  # when each is free

    async def enough(self, needed: int) -> None:
        """Return once so many sessions may be started."""
        while True:
            limits = await self.fetch()
            SESSIONS_LEFT.set(limits.remaining)
            if limits.remaining >= needed + limits.total // _KEPT_BACK:
                self._buckets = limits.max_concurrency
                return
            _LOG.warning(
                "Only %d of %d sessions are left, and Discord resets the token of a bot that starts"
                " more: waiting for new ones, in %s.",
                limits.remaining,
                limits.total,
                timedelta(seconds=limits.reset_after // 1000),
            )
            await asyncio.sleep(min(limits.reset_after / 1000, self.longest_pause))

    async def turn(self, shard_id: int) -> None:
        """Return when a shard may identify, which it does now; each of a bucket has its time."""
        await self.enough(1)
        bucket, now = shard_id % self._buckets, asyncio.get_running_loop().time()
        begin = max(now, self._next.get(bucket, now))
        self._next[bucket] = begin + self.spacing
        await asyncio.sleep(begin - now)

    async def pause(self, shard_id: int) -> None:
        """Wait until the next of a shard's bucket may identify."""
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(self._next.get(shard_id % self._buckets, now) - now)
