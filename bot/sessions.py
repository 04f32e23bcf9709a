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
from datetime import timedelta
from typing import Final

from discord import SessionStartLimits

from bot.metrics import SESSIONS_LEFT

_LOG = logging.getLogger(__name__)
_KEPT_BACK: Final = 20  # one in so many of a day's sessions


class SessionStarts:
    """Lets shards identify; one for the whole bot.

    Args:
        fetch: asks Discord how many sessions are left.
        spacing: seconds between two of a bucket.
        longest_pause: seconds until Discord is asked again, while none is left.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[SessionStartLimits]],
        *,
        spacing: float,
        longest_pause: float,
    ) -> None:
        self._fetch = fetch
        self._spacing = spacing
        self._longest_pause = longest_pause
        self._next: dict[int, float] = {}

    async def enough(self, needed: int) -> SessionStartLimits:
        """Return once so many sessions may be started."""
        while True:
            limits = await self._fetch()
            SESSIONS_LEFT.set(limits.remaining)
            if limits.remaining >= needed + limits.total // _KEPT_BACK:
                return limits
            _LOG.warning(
                "Only %d of %d sessions are left, and Discord resets the token of a bot that starts"
                " more: waiting for new ones, in %s.",
                limits.remaining,
                limits.total,
                timedelta(seconds=limits.reset_after // 1000),
            )
            await asyncio.sleep(min(limits.reset_after / 1000, self._longest_pause))

    async def turn(self, shard_id: int, *, taken: bool = False) -> None:
        """Return when a shard may identify; the turn is `taken` if it does so now."""
        limits, loop = await self.enough(1), asyncio.get_running_loop()
        bucket = shard_id % limits.max_concurrency
        await asyncio.sleep(self._next.get(bucket, 0.0) - loop.time())
        if taken:
            self._next[bucket] = loop.time() + self._spacing
