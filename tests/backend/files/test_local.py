"""Files in a folder: nothing half-written survives, and the disk has room to spare."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend.files.local import LocalFiles, open_files
from backend.files.store import FileKey

KEY = FileKey("spool/a.png")


@pytest.fixture
async def files(tmp_path: Path) -> LocalFiles:
    files = LocalFiles(tmp_path / "data")
    await files.prepare()
    return files


async def test_another_process_finds_the_same_files(
    files: LocalFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    relative = LocalFiles(Path("data"))
    await files.put(KEY, b"one")
    for other in (open_files(files.address), open_files(relative.address)):
        assert await other.get(KEY) == b"one"


async def test_nothing_is_put_in_place_of_a_disk_that_has_gone(
    files: LocalFiles, tmp_path: Path
) -> None:
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    (tmp_path / "data").mkdir()  # where it was mounted
    with pytest.raises(FileNotFoundError):
        await files.put(KEY, b"one")
    assert not (tmp_path / "data" / "spool").exists()


async def test_what_is_half_done_goes_at_the_next_start(files: LocalFiles, tmp_path: Path) -> None:
    left = tmp_path / "data" / "scratch" / "killed"
    left.mkdir()
    (left / "half").touch()
    brought = tmp_path / "data" / "spool" / ".b.png"  # from another disk
    brought.touch()
    await files.put(KEY, b"whole")
    await files.prepare()
    assert not left.exists()
    assert not brought.exists()
    assert await files.get(KEY) == b"whole"
    assert stat.S_IMODE((tmp_path / "data" / "spool").stat().st_mode) == 0o700


@pytest.fixture
def another_disk(tmp_path: Path) -> Iterator[Path]:
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK) or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no other disk")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        Path(folder, "large").write_bytes(b"x" * 100_000)
        yield Path(folder)


async def test_nothing_is_left_of_a_file_from_another_disk_that_had_no_room(
    files: LocalFiles, another_disk: Path
) -> None:
    with no_file_larger_than(1000), pytest.raises(OSError, match="too large"):
        await files.put(KEY, another_disk / "large")
    assert list((files.folder / "spool").iterdir()) == []
    await files.put(KEY, another_disk / "large")
    assert len(await files.get(KEY)) == 100_000


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_scratch_folder_goes_whenever_its_user_is_cancelled(
    files: LocalFiles, tmp_path: Path
) -> None:
    async def use() -> None:
        async with files.scratch():
            await asyncio.Event().wait()

    for steps in range(4):
        task = asyncio.create_task(use())
        for _ in range(steps):
            await asyncio.sleep(0.002)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert list((tmp_path / "data" / "scratch").iterdir()) == []


async def test_room_is_what_the_limit_and_the_disk_leave(tmp_path: Path) -> None:
    files = LocalFiles(tmp_path, max_bytes=1000)
    await files.prepare()
    await files.put(KEY, b"x" * 400)
    await files.room.look()
    assert files.room.left == 600
    with files.room.hold(500):
        assert files.room.left == 100
        with pytest.raises(OSError, match="No space left"), files.room.hold(200):
            pass
    assert files.room.left == 600
    free = shutil.disk_usage(tmp_path).free
    unlimited = LocalFiles(tmp_path)
    await unlimited.prepare()
    assert 0 < unlimited.room.left < free


async def test_a_disk_that_is_gone_has_no_room(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = LocalFiles(tmp_path / "data")
    await files.prepare()
    assert files.room.left > 0
    shutil.rmtree(tmp_path / "data")
    await files.room.look()
    assert files.room.left == 0
    assert "cannot be looked at" in caplog.text
