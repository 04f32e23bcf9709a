"""A file server and an intake that may ask nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backend.database.sqlite import SqliteFile
from backend.files.uses import FileUses
from backend.intake import Downloader, Intake
from backend.jobs.store import JobStore
from backend.tools import ImageTools
from tests.backend.intake.fileserver import FileServer
from tests.backend.intake.support import LIMITS


@pytest.fixture
async def server() -> AsyncIterator[FileServer]:
    async with FileServer() as server:
        yield server


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
async def uses(tmp_path: Path) -> AsyncIterator[FileUses]:
    async with JobStore(SqliteFile(tmp_path / "jobs.sqlite"), tmp_path) as store:
        yield store.uses


@pytest.fixture
async def intake(uses: FileUses, server: FileServer) -> AsyncIterator[Intake]:
    downloader = Downloader(hosts={server.host}, limits=LIMITS, seconds=5, idle_seconds=5)
    async with Intake(uses, ImageTools(), downloader) as intake:
        yield intake
