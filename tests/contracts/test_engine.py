"""What every engine does; a new engine joins by adding its factory to `ENGINES`.

What only engines with worker processes can do is in `test_engine_workers.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from backend.engine.protocol import Engine, EngineProgress
from backend.errors import JobCancelled, JobFailed, JobTimedOut, WorkerDied
from backend.records import ResultFile
from tests.backend.jobs.support import Script
from tests.contracts.acts import play
from tests.contracts.conftest import RAY, MakeRequest, factory, nothing, pool
from tests.contracts.requests import written

MakeEngine = Callable[[int], Engine]
"""Makes an engine with so many slots, whose runs do as the requests' acts say."""


def script(folder: Path, slots: int) -> Engine:
    return Script(slots, act=play, folder=folder)


ENGINES = [pytest.param(pool, id="pool"), pytest.param(script, id="script"), RAY]


@pytest.fixture(params=ENGINES)
def make_engine(request: pytest.FixtureRequest, tmp_path: Path) -> MakeEngine:
    return factory(request, tmp_path)


@pytest.fixture
async def engine(make_engine: MakeEngine) -> AsyncIterator[Engine]:
    async with make_engine(1) as engine:
        yield engine


async def test_a_result_says_what_was_made(
    engine: Engine, ask: MakeRequest, tmp_path: Path
) -> None:
    result = await engine.run(ask("instant"), nothing)
    assert (result.steps, result.stopped_early, result.notes) == (5, False, ())
    assert result.width > result.height > 0
    assert written(tmp_path, result)


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


async def test_a_listener_that_raises_costs_nothing(engine: Engine, ask: MakeRequest) -> None:
    def listener(progress: EngineProgress) -> None:
        raise RuntimeError("a card went wrong")

    assert (await engine.run(ask("instant"), listener)).steps == 5


async def test_stop_keeps_the_picture(engine: Engine, ask: MakeRequest, tmp_path: Path) -> None:
    result = await engine.run(ask("patient"), lambda progress: engine.stop("job"))
    assert result.stopped_early
    assert written(tmp_path, result)
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


@pytest.mark.slow
async def test_a_run_whose_worker_dies(engine: Engine, ask: MakeRequest) -> None:
    with pytest.raises(WorkerDied, match="ended unexpectedly"):
        await engine.run(ask("exits"), nothing)
    assert (await engine.run(ask("instant"), nothing)).steps == 5


async def test_a_run_that_fails_says_why(engine: Engine, ask: MakeRequest) -> None:
    with pytest.raises(
        JobFailed, match=r"The photo is not a photo; please send another\."
    ) as caught:
        await engine.run(ask("bad_image"), nothing)
    assert type(caught.value) is JobFailed
    assert (await engine.run(ask("instant"), nothing)).steps == 5


async def test_time_limit_names_itself(engine: Engine, ask: MakeRequest) -> None:
    with pytest.raises(JobTimedOut, match="limit of 1 s,"):
        await engine.run(ask("deaf", timeout=1), nothing)
    assert (await engine.run(ask("instant"), nothing)).steps == 5


@pytest.mark.slow
async def test_all_devices_work_at_the_same_time(make_engine: MakeEngine, ask: MakeRequest) -> None:
    async with make_engine(2) as engine:
        assert engine.slots == 2
        running = {"first": asyncio.Event(), "second": asyncio.Event()}

        async def run(job_id: str) -> ResultFile:
            return await engine.run(ask("patient", job_id), lambda _: running[job_id].set())

        runs = [asyncio.create_task(run(job_id)) for job_id in running]
        await asyncio.gather(*(event.wait() for event in running.values()))
        engine.stop("first")
        engine.stop("second")
        results = await asyncio.gather(*runs)
        assert len(results) == 2


@pytest.mark.slow
async def test_one_run_that_dies_leaves_the_other_alone(
    make_engine: MakeEngine, ask: MakeRequest
) -> None:
    async with make_engine(2) as engine:
        running = asyncio.Event()
        healthy = asyncio.create_task(
            engine.run(ask("patient", "healthy"), lambda progress: running.set())
        )
        await running.wait()
        with pytest.raises(WorkerDied):
            await engine.run(ask("exits", "sick"), nothing)
        engine.stop("healthy")
        assert (await healthy).stopped_early


async def test_closing_ends_running_and_waiting_jobs(
    make_engine: MakeEngine, ask: MakeRequest
) -> None:
    running = asyncio.Event()
    engine = make_engine(1)
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


async def test_closing_at_once(make_engine: MakeEngine) -> None:
    async with asyncio.timeout(20):
        async with make_engine(2):
            pass
