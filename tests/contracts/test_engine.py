"""What every engine does; a new engine joins by adding its factory to `ENGINES`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

import pytest

from bot.engine.pool import PoolEngine
from bot.engine.protocol import Engine, EngineProgress, EngineRequest, EngineResult
from bot.errors import JobCancelled, JobFailed, JobTimedOut, WorkerDied
from nst.options import Options

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
            content=tmp_path / "content.png",
            style=tmp_path / act,
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
    )
    assert result.path.exists()
