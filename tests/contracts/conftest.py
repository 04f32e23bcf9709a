"""The process pool with misbehaving painters, and requests for what they do."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pytest

from bot.engine.pool import PoolEngine
from bot.engine.protocol import Engine, EngineProgress, EngineRequest
from tests.contracts.requests import request_for

PAINTERS = "tests.contracts.painters"


def pool(devices: int = 1, *, painter: str = "load", **options: Any) -> Engine:
    return PoolEngine(["cpu"] * devices, painter=f"{PAINTERS}:{painter}", **options)


class MakeRequest(Protocol):
    def __call__(self, act: str, job_id: str = ..., *, timeout: float = ...) -> EngineRequest: ...


@pytest.fixture
def ask(tmp_path: Path) -> MakeRequest:
    return partial(request_for, tmp_path)


def nothing(progress: EngineProgress) -> None:
    """A listener that does not care."""
