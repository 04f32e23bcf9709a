"""The process pool with misbehaving painters, and requests for what they do."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import pytest

from bot.engine.pool import PoolEngine
from bot.engine.protocol import Engine, EngineProgress, EngineRequest
from bot.files.local import LocalFiles
from tests.contracts.requests import files_in, request_for

PAINTERS = "tests.contracts.painters"


def pool(folder: Path, devices: int = 1, *, painter: str = "load", **options: Any) -> Engine:
    files = LocalFiles(folder)
    return PoolEngine(["cpu"] * devices, files, painter=f"{PAINTERS}:{painter}", **options)


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
