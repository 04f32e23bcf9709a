"""What becomes of hosts of a Ray cluster that are killed, halted, lost, and of what they paint."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from backend.engine.protocol import EngineProgress, EngineRequest
from backend.engine.ray.engine import RayEngine
from backend.errors import HostLost, JobCancelled, JobFailed, JobTimedOut
from backend.files.local import LocalFiles
from backend.files.store import FileKey
from backend.records import ResultFile, StoredFilm
from nst import open_film
from nst.film import FrameArchive
from tests.backend.images import stored_image
from tests.cluster import ADDRESS, Cluster, logs, true, until
from tests.contracts.conftest import PAINTERS, MakeRequest, nothing
from tests.contracts.requests import request_for, written

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
    return await run_again(engine, ask(STEPS, name), on_progress)


async def run_again(
    engine: RayEngine, request: EngineRequest, on_progress: Callable[[EngineProgress], None]
) -> ResultFile:
    """Run a request as often as its host is lost."""
    while True:
        try:
            return await engine.run(request, on_progress)
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
    engine: RayEngine, two_hosts: Cluster, ask: MakeRequest, tmp_path: Path
) -> None:
    """Its job goes on elsewhere from a checkpoint; it wakes up, and is one more host from then."""
    host, seen = two_hosts.join(), dict.fromkeys("abc", 0)
    await until(engine, 3)

    def watcher(name: str) -> Callable[[EngineProgress], None]:
        return lambda progress: seen.update({name: progress.step})

    runs = {name: asyncio.create_task(persist(engine, ask, name, watcher(name))) for name in seen}
    saved = tmp_path / "spool"
    await true(lambda: len(list(saved.glob("*checkpoint"))) == 3)
    (halted,) = [each.job_id for each in engine.places() if host.ip in each.host]
    reached = seen[str(halted)]
    host.signal(signal.SIGSTOP)
    results = {name: await run for name, run in runs.items()}
    began = {name: int(written(tmp_path, result).split()[-1]) for name, result in results.items()}
    assert [name for name in began if began[name]] == [halted]
    assert began[str(halted)] >= reached - 50, "a checkpoint is at most five seconds old"
    before = {name: written(tmp_path, result) for name, result in results.items()}
    host.signal(signal.SIGCONT)
    await until(engine, 3)
    assert {name: written(tmp_path, result) for name, result in results.items()} == before
    assert not list(saved.glob("*checkpoint"))
    host.kill()
    await until(engine, 2)


@pytest.mark.parametrize("named", ["ray::Slot", "backend.engine.worker"])
async def test_a_process_that_stands_still_on_a_host_that_is_well(
    two_hosts: Cluster, ask: MakeRequest, tmp_path: Path, named: str
) -> None:
    """Ray itself sees nothing wrong with an actor that was halted."""
    painter = f"{PAINTERS}:saver"
    async with RayEngine(
        ADDRESS, LocalFiles(tmp_path), painter=painter, most_slots=1, hang_seconds=5.0
    ) as engine:
        await until(engine, 1)
        began = asyncio.Event()
        run = asyncio.create_task(engine.run(ask(STEPS, "a"), lambda _: began.set()))
        await began.wait()
        for host in two_hosts.hosts:
            host.signal(signal.SIGSTOP, named)
        with pytest.raises((HostLost, JobTimedOut)):
            await run
        for host in two_hosts.hosts:
            host.signal(signal.SIGCONT, named)
        await engine.run(ask("1", "b"), nothing)
    async with RayEngine(ADDRESS, LocalFiles(tmp_path)) as engine:
        await until(engine, 2)


async def test_slots_share_a_gpu(two_hosts: Cluster, ask: MakeRequest, tmp_path: Path) -> None:
    """Three slots on one GPU beside hosts without one; those with a GPU have work first."""
    host = two_hosts.join("--num-gpus=1", slots=3)
    async with RayEngine(ADDRESS, LocalFiles(tmp_path), painter=f"{PAINTERS}:load") as engine:
        await until(engine, 5)
        assert sorted(place.device for place in engine.places()) == ["cpu"] * 2 + ["cuda"] * 3
        seen: set[str] = set()

        def noting(name: str) -> Callable[[EngineProgress], None]:
            return lambda _: seen.add(name)

        results = asyncio.gather(
            *(engine.run(ask("patient", name), noting(name)) for name in "abcde")
        )
        await true(lambda: len(seen) == 5)  # and none of them ends by itself
        for name in seen:
            engine.stop(name)
        assert sorted(result.device for result in await results) == ["cpu"] * 2 + ["cuda"] * 3
        host.kill()
        await until(engine, 2)


async def test_a_film_travels(two_hosts: Cluster, tmp_path: Path) -> None:
    """Its actor is killed; it goes on after the last frame that was brought."""
    file, request = FileKey("spool/film.tar"), request_for("film", timeout=300)
    frames = [Image.new("RGB", (32, 24), (60 * number, 90, 140)) for number in range(4)]
    with (tmp_path / file).open("w+b") as opened:
        archive = FrameArchive(opened)
        archive.begin(0)
        for frame in frames:
            buffer = io.BytesIO()
            frame.save(buffer, "PNG")
            archive.add(buffer.getvalue(), Fraction(1, 10))
    film = StoredFilm(file=file, frames=len(frames), seconds=0.4)
    spec = replace(request.spec, content=replace(request.spec.photo, film=film))
    request = replace(request, spec=spec)
    (tmp_path / stored_image("style").file).write_bytes(buffer.getvalue())
    files, seen = LocalFiles(tmp_path), list[int]()
    async with RayEngine(ADDRESS, files, painter="tests.e2e.painters:load") as engine:
        await until(engine, 2)
        run = asyncio.create_task(engine.run(request, lambda said: seen.append(said.frame)))
        await true(lambda: is_held_at(tmp_path / request.checkpoint))
        for host in two_hosts.hosts:
            host.signal(signal.SIGKILL, "ray::Slot")
        with pytest.raises(HostLost):
            await run
        seen.clear()
        result = await run_again(engine, request, lambda said: seen.append(said.frame))
    assert seen[0] > 1, "it goes on"
    assert (result.frames, result.stopped_early, result.raw) == (4, False, request.raw)
    assert len(list(open_film(tmp_path / result.file))) == 4
    assert not (tmp_path / request.checkpoint).exists()


async def test_a_disk_of_the_bot_that_fails_is_no_lost_host(
    two_hosts: Cluster, ask: MakeRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalFiles, "scratch", lambda _: nullcontext(tmp_path / "gone"))
    async with RayEngine(ADDRESS, LocalFiles(tmp_path), painter=f"{PAINTERS}:load") as engine:
        await until(engine, 2)
        with pytest.raises(JobFailed, match="file store does not work now"):
            await engine.run(ask("instant"), nothing)
        assert engine.slots == 2


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


def is_held_at(checkpoint: Path) -> bool:
    """Let painters paint no more than two frames; return whether these were brought."""
    for folder in Path(os.environ["TMPDIR"]).glob("stylize-slot-*"):
        (folder / "hold").touch()
    return checkpoint.exists()


async def test_leaving_without_a_head_leaves_no_driver(
    two_hosts: Cluster, ask: MakeRequest, tmp_path: Path
) -> None:
    """It is halted: whoever asks it something waits."""
    async with RayEngine(ADDRESS, LocalFiles(tmp_path), painter=f"{PAINTERS}:saver") as engine:
        await until(engine, 2)
        run = asyncio.create_task(engine.run(ask(STEPS, "a"), nothing))
        await asyncio.sleep(0.5)
        two_hosts.head.signal(signal.SIGSTOP)
    two_hosts.head.signal(signal.SIGCONT)
    with pytest.raises(JobCancelled):
        await run
    assert not drivers()


def drivers() -> list[Path]:
    """Return the drivers that this process has."""
    return [
        folder
        for folder in Path("/proc").glob("[0-9]*")
        if b"backend.engine.ray.driver" in (folder / "cmdline").read_bytes()
        and f"PPid:\t{os.getpid()}\n" in (folder / "status").read_text()
    ]


async def test_jobs_wait_while_the_head_is_gone(
    engine: RayEngine, two_hosts: Cluster, ask: MakeRequest
) -> None:
    """It is gone for good, and so are the hosts' parts of its cluster: all of them begin anew."""
    two_hosts.head.kill()
    await until(engine, 0)
    troubles = [engine.trouble]
    waiting = [asyncio.create_task(persist(engine, ask, name, nothing)) for name in "abc"]
    two_hosts.restart_head()
    await until(engine, 2)
    assert [*troubles, engine.trouble].count(None) == 1
    await asyncio.gather(*waiting)
