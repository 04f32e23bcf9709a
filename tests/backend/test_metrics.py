"""Counters and timings (`test_health` reads them over HTTP)."""

from __future__ import annotations

import asyncio

from backend import metrics


async def test_a_late_loop_is_noticed() -> None:
    watching = asyncio.create_task(metrics.watch_loop(0.01))
    await asyncio.sleep(0.05)
    watching.cancel()
    assert (metrics.REGISTRY.get_sample_value("stylize_loop_late_seconds_count") or 0) > 0
