"""When shards may identify."""

from __future__ import annotations

import asyncio

from discord import SessionStartLimits

from bot.sessions import SessionStarts

SPACING = 0.05


def starts(remaining: list[int], *, at_once: int = 1) -> SessionStarts:
    """Return starts of which Discord says that so many are left, time after time."""

    async def fetch() -> SessionStartLimits:
        left = remaining.pop(0) if len(remaining) > 1 else remaining[0]
        told = {"total": 1000, "remaining": left, "reset_after": 10, "max_concurrency": at_once}
        return SessionStartLimits(**told)

    return SessionStarts(fetch, spacing=SPACING, longest_pause=SPACING)


async def identified(which: SessionStarts, shards: int) -> list[float]:
    """Let shards identify at the same moment; return when each did."""
    loop = asyncio.get_running_loop()

    async def identify(shard_id: int) -> float:
        await which.turn(shard_id)
        return loop.time()

    return list(await asyncio.gather(*map(identify, range(shards))))


async def test_shards_that_come_at_once_are_spaced() -> None:
    times = await identified(starts([900]), 4)
    assert times[3] - times[0] > 3 * SPACING * 0.9
    assert times == sorted(times)


async def test_buckets_do_not_wait_for_each_other() -> None:
    first, second, third, fourth = await identified(starts([900], at_once=2), 4)
    assert min(third, fourth) - max(first, second) > 0
    assert third - first > SPACING * 0.9
    assert fourth - second > SPACING * 0.9


async def test_some_of_the_day_are_kept_back() -> None:
    remaining = [50, 40, 900]
    await starts(remaining).turn(0)
    assert remaining == [900]
