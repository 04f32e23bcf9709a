"""Signs of life and probes: what is wrong is told, by a file and over HTTP."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from typer.testing import CliRunner

from backend import health, probes
from backend.errors import ConfigurationError
from backend.health import Health
from backend.metrics import JOBS_TAKEN, REGISTRY
from bot.__main__ import cli

LOST = "The connection is lost."


async def well() -> None: ...


async def lost() -> str:
    return LOST


async def broken() -> None:
    raise OSError("/home/somebody is gone")


async def test_signs_of_life(tmp_path: Path) -> None:
    bot = Health(tmp_path)
    assert health.trouble(tmp_path) == "The bot has not been connected yet."
    await bot.tell()
    assert health.trouble(tmp_path) == "The bot is starting."
    bot.checks["connection"] = well
    await bot.tell()
    assert health.trouble(tmp_path) is None
    os.utime(health.sign_of_life(tmp_path), (0, time.time() - 100))
    assert health.trouble(tmp_path) == "The bot gave its last sign of life 100 seconds ago."


def test_a_folder_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    health.sign_of_life(tmp_path).mkdir()
    monkeypatch.setenv("STYLIZE_DATA_DIR", str(tmp_path))
    said = CliRunner().invoke(cli, ["health"], catch_exceptions=False)
    assert (said.exit_code, "cannot be read: Is a directory." in said.stderr) == (1, True)
    assert not health.is_standby(tmp_path)
    monkeypatch.setenv("STYLIZE_DATA_DIR", str(tmp_path / ("long" * 100)))
    refused = CliRunner().invoke(cli, ["health"]).exception
    assert "File name too long." in str(refused)
    assert not health.is_alive(tmp_path / ("long" * 100))


async def test_signs_of_life_that_vanish_or_cannot_be_forgotten_do_not_end_the_beat(
    tmp_path: Path,
) -> None:
    (tmp_path / "alive-lost").symlink_to(tmp_path / "nowhere")  # as if it had just gone
    (tmp_path / "alive-folder").mkdir()
    os.utime(tmp_path / "alive-folder", (0, time.time() - 2 * 86_400))
    beating = asyncio.create_task(Health(tmp_path, checks={"connection": well}).keep_beating())
    async with asyncio.timeout(10):
        while health.trouble(tmp_path) is not None:  # noqa: ASYNC110 - nobody announces a file
            await asyncio.sleep(0)
    beating.cancel()


async def test_signs_of_hosts_that_are_gone_are_removed(tmp_path: Path) -> None:
    old, new = tmp_path / "alive-replaced", tmp_path / "alive-standby"
    for file in (old, new):
        file.touch()
    os.utime(old, (0, time.time() - 2 * 86_400))
    beating = asyncio.create_task(Health(tmp_path, checks={"connection": well}).keep_beating())
    async with asyncio.timeout(10):
        while health.trouble(tmp_path) is not None:  # noqa: ASYNC110 - nobody announces a file
            await asyncio.sleep(0)
    beating.cancel()
    assert (old.exists(), new.exists()) == (False, True)


async def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    bot = Health(tmp_path, checks={"connection": lost, "database": broken, "painters": well})
    await bot.tell()
    assert health.trouble(tmp_path) == f"{LOST}\nThe database cannot be used (OSError)."
    figures = {
        part: REGISTRY.get_sample_value("stylize_healthy", {"part": part}) for part in bot.checks
    }
    assert figures == {"connection": 0, "database": 0, "painters": 1}


async def test_a_standby_is_well_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STYLIZE_DATA_DIR", str(tmp_path))
    for waits, said in ((True, "standby\n"), (False, "")):
        await Health(tmp_path, checks={"connection": well}, waits=waits).tell()
        answer = CliRunner().invoke(cli, ["health"])
        assert (answer.exit_code, answer.stdout) == (0, said)


async def test_a_folder_that_is_gone_does_not_end_the_bot(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    beating = asyncio.create_task(Health(tmp_path / "gone", beat=0).keep_beating())
    async with asyncio.timeout(10):
        while caplog.text.count("The data folder cannot be written to.") < 2:  # noqa: ASYNC110 - nor a line of the log
            await asyncio.sleep(0)
    assert not beating.done()
    beating.cancel()


@asynccontextmanager
async def asking(bot: Health) -> AsyncIterator[aiohttp.ClientSession]:
    async with (
        probes.served("127.0.0.1", 0, bot) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        yield session


async def test_probes(tmp_path: Path) -> None:
    bot = Health(tmp_path)
    JOBS_TAKEN.inc()
    async with asking(bot) as session:

        async def ask(path: str) -> tuple[int, str]:
            async with session.get(path) as answer:
                return answer.status, await answer.text()

        assert await ask("/readyz") == (503, "start: The bot is starting.\n")
        bot.checks["connection"] = well
        assert await ask("/readyz") == (200, "ok\n")
        bot.checks |= {"connection": lost, "database": broken}
        status, said = await ask("/readyz")
        assert (status, said.splitlines()[0]) == (503, f"connection: {LOST}")
        assert "somebody" not in said
        assert await ask("/livez") == (200, "ok\n")
        status, figures = await ask("/metrics")
        assert status == 200
        assert "stylize_jobs_taken_total" in figures
        assert (await ask("/"))[0] == 404


async def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"METRICS_PORT: port {port}.* cannot be used"):
            async with probes.served("127.0.0.1", port, Health(tmp_path)):
                pass


async def test_without_a_port_nothing_listens(tmp_path: Path) -> None:
    async with probes.served("127.0.0.1", None, Health(tmp_path)) as port:
        assert port is None
