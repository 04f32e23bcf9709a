"""What every file store does: files in one step, in the store alone, whoever makes them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from backend.errors import JobNotFound
from backend.files.local import open_files
from backend.files.store import FileKey, FileStore, open_kept

KEY, OTHER = FileKey("spool/a.png"), FileKey("shelf/b.jpg")


async def test_what_is_put_is_there_until_it_is_deleted(files: FileStore, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"one")
    await files.put(KEY, source)
    await files.put(OTHER, b"two")
    assert not source.exists()
    assert [await files.get(key) for key in (KEY, OTHER)] == [b"one", b"two"]
    assert await files.exists(KEY, OTHER)
    async with files.open_local(KEY) as path:
        assert path.read_bytes() == b"one"
    await files.put(KEY, b"another")
    assert await files.get(KEY) == b"another"
    await files.delete(KEY, OTHER)
    await files.delete(KEY)
    assert not await files.exists(KEY)
    assert await files.exists()
    with pytest.raises(FileNotFoundError):
        await files.get(KEY)
    with pytest.raises(JobNotFound, match="not kept any more"):
        async with open_kept(files, [KEY]):
            pass


@pytest.mark.parametrize("key", ["", "..", "spool/../../secret", "/etc/passwd"])
async def test_no_key_leads_out_of_the_store(files: FileStore, key: str) -> None:
    for attempt in (
        lambda: files.get(FileKey(key)),
        lambda: files.put(FileKey(key), b""),
        lambda: files.delete(FileKey(key)),
        lambda: files.exists(FileKey(key)),
    ):
        with pytest.raises(ValueError, match="not a key"):
            await attempt()


async def test_a_file_that_is_not_there_cannot_be_put(files: FileStore, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await files.put(KEY, tmp_path / "missing")
    assert not await files.exists(KEY)


async def test_another_process_reads_and_makes_files(files: FileStore, tmp_path: Path) -> None:
    await files.put(KEY, b"photo")
    async with files.shared([KEY], [OTHER]):
        painter = open_files(files.address)
        assert await painter.get(KEY) == b"photo"
        await painter.put(OTHER, b"painted")
    assert await files.get(OTHER) == b"painted"


async def test_scratch_folders_go(files: FileStore) -> None:
    async with files.scratch() as folder, files.scratch() as another:
        assert folder != another
        (folder / "half").write_bytes(b"")
    assert not folder.exists()
    assert not another.exists()


async def test_many_at_once(files: FileStore) -> None:
    keys = [FileKey(f"spool/{number}.png") for number in range(20)]
    await asyncio.gather(*(files.put(key, key.encode()) for key in keys))
    assert await asyncio.gather(*map(files.get, keys)) == [key.encode() for key in keys]
    await files.delete(*keys)
    assert [await files.exists(key) for key in keys] == [False] * 20
