"""When to ask again what Discord did not answer: never given up, but ever more rarely.

The pauses of one task double, up to a limit, and differ at random, so that not all come back at
once. They end early when the gateway is connected again, and when Discord answers somebody after
it has failed many in a row.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from backend.metrics import RETRIES
from bot.cards.answers import FAILURES, Meaning, kind_of, meaning_of

_LOG = logging.getLogger(__name__)
T = TypeVar("T")

_MANY_FAILURES: Final = 3
_MAX_DOUBLINGS: Final = 30


class Retries:
    """Pauses before further attempts (seconds); one for the whole bot."""

    def __init__(self, first: float, most: float) -> None:
        self._first = first
        self._most = most
        self._failures = 0  # in a row
        self._back = asyncio.Event()

    async def until_answered(self, attempt: Callable[[], Awaitable[T]], what: str) -> T:
        """Repeat an attempt until Discord answers it, and return what it returns.

        Raises:
            discord.HTTPException: Discord refuses, for good.
            FileNotFoundError: a file is gone.
        """
        failed = 0
        while True:
            try:
                outcome = await attempt()
            except FileNotFoundError:
                raise
            except FAILURES as error:
                if meaning_of(error) is not Meaning.OUTAGE:
                    raise
                failed += 1
                _LOG.warning("%s failed %d times; it is tried again.", what, failed, exc_info=True)
                await self.pause(failed, error)
            else:
                self.answered()
                return outcome

    async def pause(self, failed: int, error: BaseException) -> None:
        """Wait before the next attempt; so many (at least 1) have failed in a row."""
        RETRIES.labels(kind_of(error)).inc()
        self._failures += meaning_of(error) is Meaning.OUTAGE
        doubled = self._first * 2 ** min(failed - 1, _MAX_DOUBLINGS)
        seconds = min(self._most, doubled) * random.uniform(0.75, 1.0)  # noqa: S311 - no secret
        back = self._back
        try:
            async with asyncio.timeout(seconds):
                await back.wait()
        except TimeoutError:
            return

    def answered(self) -> None:
        """Note that Discord took a request; if that ends an outage, everybody tries again."""
        if self._failures >= _MANY_FAILURES:
            self.wake()
        self._failures = 0

    def wake(self) -> None:
        """End all pauses: the connection is there again."""
        back, self._back = self._back, asyncio.Event()
        back.set()
