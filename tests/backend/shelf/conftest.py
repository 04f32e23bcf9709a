"""A shelf in a temporary folder, and pictures to put on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from backend.database.location import Location
from backend.files.store import FileKey
from backend.files.uses import UPLOADS
from backend.jobs.store import JobStore
from backend.records import StoredImage
from backend.shelf import Shelf

Pictures = Callable[..., Awaitable[StoredImage]]


@pytest.fixture
async def store(tmp_path: Path, location: Location) -> AsyncIterator[JobStore]:
    async with JobStore(location, tmp_path) as store:
        yield store


@pytest.fixture
async def shelf(store: JobStore) -> AsyncIterator[Shelf]:
    async with Shelf(store.uses, limit=3) as shelf:
        yield shelf


@pytest.fixture
def picture(store: JobStore) -> Pictures:
    """Make pictures as they are after intake."""

    async def make(number: int = 1, fingerprint: str | None = None) -> StoredImage:
        image = StoredImage(
            file=FileKey(f"spool/picture-{number}.png"),
            thumbnail=FileKey(f"spool/picture-{number}.jpg"),
            filename=f"upload-{number}.jpg",
            sha256=f"{number:064x}",
            width=320,
            height=240,
            fingerprint=fingerprint,
        )
        contents = (b"picture %d" % number, b"thumbnail %d" % number)
        await store.uses.keep(UPLOADS, dict(zip(image.files, contents, strict=True)))
        return image

    return make
