"""Counters and timings, as Prometheus reads them."""

from __future__ import annotations

import asyncio
import socket
import urllib.request

import pytest

from bot import metrics
from bot.errors import ConfigurationError


def test_prometheus_can_read_them() -> None:
    metrics.JOBS_TAKEN.inc()
    with (
        metrics.served(0) as port,
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer,
    ):
        text = answer.read().decode()
    assert "stylize_jobs_taken_total" in text


def test_a_port_that_is_taken_is_one_line() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with (
            pytest.raises(ConfigurationError, match="cannot be used"),
            metrics.served(other.getsockname()[1]),
        ):
            pass


def test_without_a_port_nothing_listens() -> None:
    with metrics.served(None) as port:
        assert port is None


async def test_a_late_loop_is_noticed() -> None:
    watching = asyncio.create_task(metrics.watch_loop(0.01))
    await asyncio.sleep(0.05)
    watching.cancel()
    assert (metrics.REGISTRY.get_sample_value("stylize_loop_late_seconds_count") or 0) > 0
