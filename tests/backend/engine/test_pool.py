"""What is particular to the pool: its processes, their environment, their devices."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from backend.engine.launch import discover_devices, worker_environment
from backend.engine.pool import PoolEngine
from backend.errors import ConfigurationError
from backend.files.local import LocalFiles
from tests.contracts.processes import wait_until_gone

BOT = """
import asyncio, signal, sys
from pathlib import Path
from backend.engine.pool import PoolEngine
from tests.contracts.requests import files_in, request_for, written

async def main():
    folder = Path(sys.argv[1])
    files = await files_in(folder)
    async with PoolEngine(["cpu"], files, painter="tests.contracts.painters:load") as engine:
        result = await engine.run(request_for("instant"), lambda progress: None)
        print(written(folder, result).split()[0], flush=True)
        request = request_for(sys.argv[2])
        await engine.run(request, lambda progress: print("running", flush=True))

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
asyncio.run(main())
"""


@pytest.mark.parametrize("act", ["deaf", "gil"])
def test_workers_end_when_the_bot_is_killed(tmp_path: Path, act: str) -> None:
    bot = subprocess.Popen(
        [sys.executable, "-c", BOT, str(tmp_path), act], stdout=subprocess.PIPE, text=True
    )
    with bot:
        assert bot.stdout is not None
        worker = int(bot.stdout.readline())
        assert bot.stdout.readline() == "running\n"
        bot.kill()
        bot.wait()
        wait_until_gone(worker)


@pytest.mark.slow
def test_an_interrupt_at_the_terminal_is_for_the_bot(tmp_path: Path) -> None:
    bot = subprocess.Popen(
        [sys.executable, "-c", BOT, str(tmp_path), "deaf"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    with bot:
        assert bot.stdout is not None
        worker = int(bot.stdout.readline())
        bot.stdout.readline()
        assert os.getpgid(worker) != os.getpgid(bot.pid)
        os.killpg(bot.pid, signal.SIGINT)
        _, complaint = bot.communicate(timeout=20)
        wait_until_gone(worker)
    assert "WorkerDied" not in complaint


def test_an_engine_needs_a_device(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="device"):
        PoolEngine([], LocalFiles(tmp_path))


@pytest.mark.parametrize(
    ("device", "visible", "expected"),
    [
        ("cpu", None, ""),
        ("cpu", "0,1", ""),
        ("cuda:0", None, "0"),
        ("cuda:3", None, "3"),
        ("cuda:1", "4,7", "7"),
        ("cuda:0", "GPU-8932f937-d72c", "GPU-8932f937-d72c"),
    ],
)
def test_a_worker_sees_its_own_device_only(device: str, visible: str | None, expected: str) -> None:
    environment = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    assert worker_environment(device, 1, environment)["CUDA_VISIBLE_DEVICES"] == expected


def test_several_workers_share_the_cores() -> None:
    assert "OMP_NUM_THREADS" not in worker_environment("cpu", 1, {})
    assert int(worker_environment("cpu", 1_000, {})["OMP_NUM_THREADS"]) == 1
    assert worker_environment("cpu", 2, {"OMP_NUM_THREADS": "3"})["OMP_NUM_THREADS"] == "3"


async def test_devices_are_asked_of_a_child() -> None:
    assert await discover_devices("tests.contracts.painters:devices") == ["cpu", "cuda:0"]


async def test_devices_without_torch_are_one_clear_line() -> None:
    with pytest.raises(ConfigurationError, match=r"PyTorch cannot be loaded: .*no torch here"):
        await discover_devices("tests.contracts.painters:no_devices")
