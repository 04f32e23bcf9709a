"""Files in a real object store: copies of them here, which hosts do not share."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from backend.errors import ConfigurationError, JobNotFound
from backend.files.connect import locate_files
from backend.files.local import LocalFiles, open_files
from backend.files.store import FileKey, FileStore
from backend.settings import Settings
from tests.backend.files.conftest import MakeStore
from tests.objects import BUCKET

KEY, OTHER = FileKey("spool/a.png"), FileKey("spool/a-checkpoint")


async def opened(store: FileStore) -> FileStore:
    await store.prepare()
    return store


def copies(folder: Path) -> set[str]:
    return {path.name for path in (folder / "cache").rglob("*") if path.is_file()}


async def test_another_host_finds_the_same_files(bucket: MakeStore, tmp_path: Path) -> None:
    first = await opened(bucket(tmp_path / "1"))
    await first.put(KEY, b"one")
    second = await opened(bucket(tmp_path / "2"))
    assert await second.exists(KEY)
    assert copies(tmp_path / "2") == set()
    assert await second.get(KEY) == b"one"
    assert copies(tmp_path / "2") == {"a.png"}
    await second.put(KEY, b"two")
    assert await (await opened(bucket(tmp_path / "1"))).get(KEY) == b"two"


async def test_a_bot_that_is_killed_has_lost_seconds_of_a_checkpoint(
    bucket: MakeStore, tmp_path: Path
) -> None:
    first = await opened(bucket(tmp_path / "1", push_seconds=0.05))
    sharing = first.shared([], [OTHER])
    await sharing.__aenter__()  # and never left
    painter = open_files(first.address)
    await painter.put(OTHER, b"step 1")
    beside = bucket(tmp_path / "1")
    async with asyncio.timeout(20):
        while not await beside.exists(OTHER):  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.05)
    second = await opened(bucket(tmp_path / "2"))
    async with second.shared([], [OTHER]):
        assert await open_files(second.address).get(OTHER) == b"step 1"
    await sharing.__aexit__(None, None, None)


async def test_what_is_needed_and_gone_is_told(bucket: MakeStore, tmp_path: Path) -> None:
    files = await opened(bucket(tmp_path))
    with pytest.raises(JobNotFound, match="not kept any more"):
        async with files.shared([KEY], []):
            pass


async def test_a_bucket_that_has_gone_keeps_nothing_and_says_so(tmp_path: Path) -> None:
    """S3 answers with 404, as for a file that is gone."""
    pytest.importorskip("obstore")
    from backend.files.objects import ObjectFiles  # noqa: PLC0415 - needs obstore

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", _nothing_is_here)
    async with TestServer(app) as server:
        options = {"aws_endpoint_url": str(server.make_url("")), "aws_region": "x"}
        files = ObjectFiles(
            f"s3://{BUCKET}", tmp_path, options={**options, "aws_skip_signature": "true"}
        )
        with pytest.raises(OSError, match="there is no such bucket") as at_the_start:
            await files.prepare()
        with pytest.raises(OSError, match="there is no such bucket"):
            await files.put(KEY, b"one")
        with pytest.raises(OSError, match="there is no such bucket"):
            async with files.shared([], [KEY]):
                await open_files(files.address).put(KEY, b"painted")
        with pytest.raises(FileNotFoundError):
            await files.put(KEY, tmp_path / "nothing")
        await files.check()  # it answers
    assert not isinstance(at_the_start.value, FileNotFoundError)


async def _nothing_is_here(_request: web.Request) -> web.Response:
    return web.Response(status=404, text="<Error><Code>NoSuchBucket</Code></Error>")


async def test_copies_are_bounded_but_for_those_in_use(bucket: MakeStore, tmp_path: Path) -> None:
    files = await opened(bucket(tmp_path, max_bytes=1000))
    keys = [FileKey(f"spool/{number}.png") for number in range(20)]
    await files.put(keys[0], b"x" * 100)
    async with files.open_local(keys[0]) as path:
        for key in keys[1:]:
            await files.put(key, b"x" * 100)
        assert path.exists()
        assert 5 <= len(copies(tmp_path)) <= 10
        assert "19.png" in copies(tmp_path)
    assert [len(await files.get(key)) for key in keys] == [100] * 20
    assert len(copies(tmp_path)) <= 10


async def test_whoever_looks_beside_a_bot_leaves_its_copies_alone(
    bucket: MakeStore, tmp_path: Path
) -> None:
    files = await opened(bucket(tmp_path))
    await files.put(KEY, b"one")
    await files.put(OTHER, b"two")
    beside = bucket(tmp_path, max_bytes=1)
    assert await beside.get(KEY) == b"one"
    assert copies(tmp_path) == {"a.png", "a-checkpoint"}
    place = Path(beside.address)
    assert tmp_path not in place.parents
    del beside
    assert not await asyncio.to_thread(place.exists)


async def test_a_wrong_key_is_one_line_without_it(
    bucket: MakeStore, s3: Mapping[str, str], tmp_path: Path
) -> None:
    wrong = {**s3, "aws_secret_access_key": "SECRET"}
    with pytest.raises(OSError, match="privileges"):
        await bucket(tmp_path, options=wrong).check()
    with pytest.raises(OSError, match="privileges") as caught:
        await bucket(tmp_path, options=wrong).prepare()
    assert "SECRET" not in f"{caught.value!r} {bucket(tmp_path, options=wrong)!r}"
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__


async def test_without_room_here_a_file_is_in_the_bucket_all_the_same(
    bucket: MakeStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = await opened(bucket(tmp_path))
    (tmp_path / "cache" / "full").touch()  # a file where a folder should be
    await files.put(FileKey("full/a.png"), b"one")
    assert "There is no copy" in caplog.text
    assert await files.exists(FileKey("full/a.png"))


def test_the_settings_choose(
    s3: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert isinstance(locate_files(Settings()), LocalFiles)
    monkeypatch.setenv("STYLIZE_FILES", "s3://pictures/of/ours")
    for name, value in {**(s3 or {}), "azure_storage_sas_key": "SECRET"}.items():
        monkeypatch.setenv(name.upper(), value)
    (tmp_path / ".env").write_text("AWS_SESSION_TOKEN=SECRET\nAWS_REGION=\n")
    settings = Settings()
    assert "SECRET" not in repr(settings)
    assert settings.store_options["aws_session_token"] == "SECRET"
    pytest.importorskip("obstore")
    files = locate_files(settings)
    assert str(files) == "file store s3://pictures/of/ours"
    assert "SECRET" not in repr(files)


def test_an_address_of_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("obstore")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STYLIZE_FILES", "sftp://host/folder")
    with pytest.raises(ConfigurationError, match="STYLIZE_FILES is wrong"):
        locate_files(Settings())


async def test_no_copy_is_thrown_away_beneath_whoever_opens_it(tmp_path: Path) -> None:
    pytest.importorskip("obstore")
    from backend.files.objects import ObjectFiles  # noqa: PLC0415 - needs obstore

    files = ObjectFiles("memory:///", tmp_path, max_bytes=300)
    await files.prepare()
    keys = [FileKey(f"spool/{number}.png") for number in range(12)]
    for key in keys:
        await files.put(key, b"x" * 100)

    async def use(key: FileKey) -> None:
        for _ in range(25):
            async with files.open_local(key) as path:
                await asyncio.sleep(0)
                assert await asyncio.to_thread(path.read_bytes) == b"x" * 100

    await asyncio.gather(*map(use, keys))
