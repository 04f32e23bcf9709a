"""The process pool with misbehaving painters, and requests for what they do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pytest

from backend.engine.pool import PoolEngine
from backend.engine.protocol import Engine, EngineProgress, EngineRequest
from backend.engine.ray.engine import RayEngine
from backend.files.local import LocalFiles
from tests.cluster import ADDRESS, Cluster, cluster, is_alone, wait
from tests.contracts.requests import files_in, request_for

PAINTERS = "tests.contracts.painters"


def pool(folder: Path, devices: int = 1, *, painter: str = "load", **options: Any) -> Engine:
    files = LocalFiles(folder)
    return PoolEngine(["cpu"] * devices, files, painter=f"{PAINTERS}:{painter}", **options)


def on_ray(folder: Path, devices: int = 1, *, painter: str = "load", **options: Any) -> Engine:
    files, painter = LocalFiles(folder), f"{PAINTERS}:{painter}"
    return RayEngine(ADDRESS, files, most_slots=devices, painter=painter, **options)


RAY = pytest.param(on_ray, id="ray", marks=pytest.mark.ray)


@pytest.fixture(scope="session")
def two_hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Run a cluster of two hosts with one slot each."""
    pytest.importorskip("ray")
    if not is_alone():
        pytest.skip("a Ray cluster wants a network of its own: make test-cluster")
    with cluster() as running:
        running.join()
        running.join()
        asyncio.run(wait(2, tmp_path_factory.mktemp("cluster")))
        yield running


def factory(request: pytest.FixtureRequest, folder: Path) -> Callable[..., Engine]:
    """Return what makes the engines of a parameter; a cluster runs for those that want one."""
    if request.param is on_ray:
        request.getfixturevalue("two_hosts")
    return partial(request.param, folder)


class MakeRequest(Protocol):
    def __call__(self, act: str, job_id: str = ..., *, timeout: float = ...) -> EngineRequest: ...


@pytest.fixture(autouse=True)  # before any engine: preparing a store empties its scratch folder
async def files(tmp_path: Path) -> LocalFiles:
    return await files_in(tmp_path)


@pytest.fixture
def ask(files: LocalFiles) -> MakeRequest:
    return request_for


def nothing(progress: EngineProgress) -> None:
    """Listen without caring."""
