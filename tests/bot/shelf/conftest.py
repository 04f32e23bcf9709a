"""A shelf in a temporary folder, and pictures to put on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.database.connect import Location
from bot.jobs.model import SpooledImage
from bot.jobs.store import JobStore
from bot.shelf import Shelf

Pictures = Callable[..., SpooledImage]


@pytest.fixture
async def store(tmp_path: Path, location: Location) -> AsyncIterator[JobStore]:
    async with JobStore(location, tmp_path) as store:
        yield store


@pytest.fixture
async def shelf(tmp_path: Path, store: JobStore) -> AsyncIterator[Shelf]:
    async with Shelf(store.database, tmp_path / "shelf", limit=3, in_use=store.files) as shelf:
        yield shelf


@pytest.fixture
def picture(tmp_path: Path) -> Pictures:
    """Makes pictures as they are after intake."""
    spool = tmp_path / "spool"
    spool.mkdir(exist_ok=True)

    def make(number: int = 1, fingerprint: str | None = None) -> SpooledImage:
        path, thumbnail = (spool / f"picture-{number}.{end}" for end in ("png", "jpg"))
        path.write_bytes(b"picture %d" % number)
        thumbnail.write_bytes(b"thumbnail %d" % number)
        return SpooledImage(
            path=path,
            thumbnail=thumbnail,
            filename=f"upload-{number}.jpg",
            sha256=f"{number:064x}",
            width=320,
            height=240,
            fingerprint=fingerprint,
        )

    return make
