"""What becomes of hosts of a Ray cluster that are killed, halted, lost, and of what they paint."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.engine.protocol import EngineProgress
from bot.engine.ray.engine import RayEngine
from bot.errors import HostLost
from bot.files.local import LocalFiles
from bot.records import ResultFile
from tests.cluster import ADDRESS, Cluster, logs, true, until
from tests.contracts.conftest import PAINTERS, MakeRequest, nothing
from tests.contracts.requests import written

pytestmark = pytest.mark.ray

STEPS = "80"  # of 0.1 s


@pytest.fixture
async def engine(two_hosts: Cluster, tmp_path: Path) -> AsyncIterator[RayEngine]:
    async with RayEngine(ADDRESS, LocalFiles(tmp_path), painter=f"{PAINTERS}:saver") as engine:
        await until(engine, 2)
        yield engine


async def persist(
    engine: RayEngine, ask: MakeRequest, name: str, on_progress: Callable[[EngineProgress], None]
) -> ResultFile:
    """Run a job again as often as its host is lost, as the queue does."""
    while True:
        try:
            return await engine.run(ask(STEPS, name), on_progress)
        except HostLost:
            continue


async def test_hosts_join_and_leave(engine: RayEngine, two_hosts: Cluster) -> None:
    changes: list[int] = []
    engine.watch(lambda: changes.append(engine.slots))
    host = two_hosts.join(slots=2)
    await until(engine, 4)
    assert {place.device for place in engine.places()} == {"cpu"}
    assert len({place.host for place in engine.places()}) == 3
    await asyncio.to_thread(host.leave)
    await until(engine, 2)
    assert changes[-1] == 2


@pytest.mark.parametrize("named", ["ray::Slot", "raylet/raylet", ""])
async def test_what_a_killed_host_painted_goes_on_elsewhere(
    engine: RayEngine, two_hosts: Cluster, ask: MakeRequest, tmp_path: Path, named: str
) -> None:
    """The slot's actor, the raylet, or all of a host: no other job is touched."""
    host = two_hosts.join()
    await until(engine, 3)
    seen: dict[str, list[int]] = {name: [] for name in "abc"}

    def watcher(name: str) -> Callable[[EngineProgress], None]:
        return lambda progress: seen[name].append(progress.step)

    runs = {name: asyncio.create_task(persist(engine, ask, name, watcher(name))) for name in seen}
    await true(lambda: min(map(len, seen.values())) > 14)  # seconds: a checkpoint is here
    host.signal(signal.SIGKILL, named) if named else host.kill()
    results = {name: await run for name, run in runs.items()}
    began = sorted(int(written(tmp_path, result).split()[-1]) for result in results.values())
    assert began[:2] == [0, 0]
    assert began[2] > 0
    assert not list((tmp_path / "spool").glob("*checkpoint"))
    host.kill()
    await until(engine, 2)


async def test_a_halted_host_is_given_up_and_its_result_refused(
    engine: RayEngine,
    two_hosts: Cluster,
    ask: MakeRequest,
    tmp_path: Path,
) -> None:
    host = two_hosts.join()
    await until(engine, 3)
    runs = [asyncio.create_task(persist(engine, ask, name, nothing)) for name in "abc"]
    saved = tmp_path / "spool"
    await true(lambda: len(list(saved.glob("*checkpoint"))) == 3)
    host.signal(signal.SIGSTOP)
    await until(engine, 2, seconds=15)
    results = await asyncio.gather(*runs)
    host.signal(signal.SIGCONT)
    assert sum(int(written(tmp_path, result).split()[-1]) > 0 for result in results) == 1
    host.kill()
    await until(engine, 2)


async def test_the_cluster_refuses_who_has_no_token(two_hosts: Cluster) -> None:
    code = f"import ray; ray.init({ADDRESS!r}, log_to_driver=False)"
    for change in ({"RAY_AUTH_MODE": "disabled"}, {"RAY_AUTH_TOKEN": "x" * 40}):
        told = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", code],
            env=dict(os.environ) | change,
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert told.returncode != 0
        assert "token" in told.stderr.lower()


async def test_ray_never_sees_what_the_bot_keeps_secret(
    two_hosts: Cluster, ask: MakeRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "very-secret")
    async with RayEngine(ADDRESS, LocalFiles(tmp_path), painter=f"{PAINTERS}:load") as engine:
        await until(engine, 2)
        await engine.run(ask("instant"), nothing)
        looked = 0
        for host in (two_hosts.head, *two_hosts.hosts):
            for pid in host.processes():
                folder = Path(f"/proc/{pid}")
                told = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
                assert b"very-secret" not in told
                looked += 1
        assert looked > 10
        assert not any(b"very-secret" in log for log in logs())


async def test_jobs_wait_while_the_head_is_gone(
    engine: RayEngine, two_hosts: Cluster, ask: MakeRequest
) -> None:
    """It is gone for good, and so are the hosts' parts of its cluster: all of them begin anew."""
    two_hosts.head.kill()
    await until(engine, 0)
    troubles = [engine.trouble]
    waiting = [asyncio.create_task(persist(engine, ask, name, nothing)) for name in "abc"]
    two_hosts.restart_head()
    await until(engine, 2, seconds=90)
    assert [*troubles, engine.trouble].count(None) == 1
    await asyncio.gather(*waiting)
