"""`stylize-bot backup` and `restore` as hosts call them, with files and through a pipe."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from backend.database.sqlite import SqliteFile
from backend.files.local import LocalFiles
from backend.files.store import FileKey
from backend.jobs.store import JobStore
from bot.__main__ import cli

ROOT = str(Path(__file__).parents[3])
KEY = FileKey("spool/picture.png")


def call(folder: Path, *arguments: str, said: bytes = b"") -> Result:
    environment = {"STYLIZE_DATA_DIR": str(folder)}
    return CliRunner().invoke(cli, arguments, input=said, env=environment, catch_exceptions=False)


async def fill(folder: Path) -> None:
    async with JobStore(SqliteFile(folder / "jobs.sqlite"), folder) as store:
        await store.uses.keep("tests", {KEY: b"a picture", FileKey("spool/b.png"): b"another"})


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a data folder in which one of two files is gone."""
    monkeypatch.chdir(tmp_path)  # no .env
    asyncio.run(fill(tmp_path / "old"))
    (tmp_path / "old" / "spool" / "b.png").unlink()
    return tmp_path / "old"


def test_through_a_pipe_and_by_files(old: Path, tmp_path: Path) -> None:
    piped = call(old, "backup", "-")
    said = piped.stderr.splitlines()
    assert said[0].startswith("Backed up the database and 1 file (")
    assert said[1] == "Not in it, as deleted meanwhile or gone before (1): spool/b.png"
    restored = call(tmp_path / "new", "restore", "-", said=piped.stdout_bytes)
    assert restored.stdout == ""
    for folder in (old, tmp_path / "new"):
        assert asyncio.run(LocalFiles(folder).get(KEY)) == b"a picture"
        assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "bot.tar").write_bytes(piped.stdout_bytes)
    call(inside, "restore", str(inside / "bot.tar"))
    assert asyncio.run(LocalFiles(inside).get(KEY)) == b"a picture"


@pytest.mark.slow
def test_a_pipe_that_breaks_and_a_disk_that_is_full_are_one_line(old: Path) -> None:
    (old / "spool" / "picture.png").write_bytes(bytes(2**20))
    read, write = os.pipe()
    os.close(read)
    for output, why in ((write, "Broken pipe"), (os.open("/dev/full", os.O_WRONLY), "No space")):
        done = subprocess.run(
            [sys.executable, "-m", "bot", "backup", "-"],
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            cwd=old.parent,
            env={**os.environ, "PYTHONPATH": ROOT, "STYLIZE_DATA_DIR": str(old)},
        )
        os.close(output)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert f"The backup could not be made: {why}" in done.stderr
    assert [path.name for path in old.iterdir() if path.name.startswith(".")] == []


@pytest.mark.slow
def test_a_backup_that_is_ended_early_leaves_nothing(old: Path) -> None:
    (old / "spool" / "picture.png").write_bytes(bytes(2**20))
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "backup", "-"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=old.parent,
        env={**os.environ, "PYTHONPATH": ROOT, "STYLIZE_DATA_DIR": str(old)},
    )
    assert process.stdout
    process.stdout.read(1)  # the rest does not fit into the pipe
    process.terminate()
    process.stdout.close()
    assert process.wait() != 0
    assert [path.name for path in old.iterdir() if path.name.startswith(".")] == []
