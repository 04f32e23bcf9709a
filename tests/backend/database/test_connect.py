"""Where the jobs are kept, and what is said when that does not work."""

from __future__ import annotations

import errno
import fcntl
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import pytest
from sqlalchemy import URL, create_engine, inspect, select
from sqlalchemy.exc import OperationalError
from typer.testing import CliRunner

from backend.database.connect import locate_database
from backend.database.location import Location, locked_file
from backend.database.postgres import PostgresServer
from backend.database.sqlite import SqliteFile
from backend.database.tables import JOBS
from backend.errors import ConfigurationError, DatabaseInUse
from backend.jobs.model import JobState
from backend.jobs.store import JobStore
from backend.settings import load_settings
from bot.__main__ import cli
from tests.backend.jobs.support import NewJobs
from tests.postgres import database


def locate(data_dir: Path, url: str | None) -> Location:
    return locate_database(load_settings(data_dir=data_dir, database_url=url))


def test_a_file_in_the_data_folder_unless_the_host_names_a_database(tmp_path: Path) -> None:
    assert locate(tmp_path, None) == SqliteFile(tmp_path / "jobs.sqlite")


async def test_a_file_that_has_gone_is_not_begun_anew(tmp_path: Path) -> None:
    """The disk that it is on would hide a new one when it comes back."""
    file = tmp_path / "a folder?#%" / "jobs.sqlite"
    file.parent.mkdir()
    async with JobStore(SqliteFile(file), tmp_path):
        pass
    opened = SqliteFile(file).connect(writable=False)
    assert await opened.rows(select(JOBS)) == []
    await opened.engine.dispose()
    opened = SqliteFile(file).connect(writable=True)
    file.unlink()
    with pytest.raises(OperationalError):
        await opened.rows(select(JOBS))
    with pytest.raises(FileNotFoundError):
        await opened.check()
    await opened.engine.dispose()
    assert not file.exists()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_addresses_of_databases(tmp_path: Path, scheme: str) -> None:
    location = locate(tmp_path, f"{scheme}://ada:s3cret@db:5433/stylize")
    assert isinstance(location, PostgresServer)
    url = location.url
    assert url.drivername == "postgresql+psycopg"
    assert (url.host, url.port, url.database) == ("db", 5433, "stylize")


@pytest.mark.parametrize("url", ["mysql://db/stylize", "s3cret", "sqlite:///jobs", ""])
def test_other_addresses_are_one_clear_line_without_secrets(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match="must look like postgresql") as caught:
        locate(tmp_path, url)
    assert "s3cret" not in str(caught.value)


def test_names_of_databases_hide_what_their_addresses_may_hide(tmp_path: Path) -> None:
    address = (
        "postgresql://ada:s3cret@db/stylize?password=s3cret&sslkey=/k/s3cret&options=-cx=s3cret"
    )
    assert str(locate(tmp_path, address)) == "postgresql://ada:***@db/stylize"


UNUSABLE = (
    "/db?host=/nowhere",
    "/db?host=/nowhere&connect_timeout=s3cret",
    "/db?host=/nowhere&sslmode=s3cret",
    "h..x/db",
    "127.0.0.1:1/db?password=s3cret",
)


@pytest.mark.parametrize("where", UNUSABLE)
def test_commands_say_in_one_line_that_a_database_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    pytest.importorskip("psycopg")
    monkeypatch.setenv("STYLIZE_DATABASE_URL", f"postgresql://ada:s3cret@{where}")
    some = ("jobs list", "jobs cancel x", "backup -")
    refuse_all(tmp_path, monkeypatch, "The job database .* cannot be used", some)


def garbage(folder: Path) -> Path:
    (folder / "jobs.sqlite").write_text("This is no database, however long one looks at it.")
    return folder


def empty(folder: Path) -> Path:
    (folder / "jobs.sqlite").touch()
    return folder


def unused(folder: Path) -> Path:
    return folder / "mistyped"


def impossible(folder: Path) -> Path:
    return folder / ("long" * 100)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (garbage, "cannot be used: file is not a database"),
        (empty, "has not used it yet, start it once"),
        (unused, "no bot has used this folder"),
        (impossible, "File name too long"),
    ],
)
def test_commands_say_in_one_line_that_a_folder_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], Path], words: str
) -> None:
    refuse_all(spoil(tmp_path), monkeypatch, words)
    assert not (tmp_path / "mistyped").exists()


def test_commands_make_no_tables_in_an_empty_database(
    postgres: URL | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if postgres is None:
        pytest.skip("no PostgreSQL")
    with database(postgres) as url:
        monkeypatch.setenv("STYLIZE_DATABASE_URL", url.render_as_string(hide_password=False))
        refuse_all(tmp_path, monkeypatch, "has not used it yet, start it once")
        engine = create_engine(url.set(drivername="postgresql+psycopg"))
        assert inspect(engine).get_table_names() == []
        engine.dispose()


COMMANDS = (
    "jobs list", "jobs show x", "jobs cancel x", "jobs retry x", "jobs purge", "jobs pause",
    "jobs drain", "jobs resume", "ban person 1", "ban server 1", "ban list", "allow person 1",
    "usage", "announce hello", "maintenance hello", "nodes", "photos block --job x",
    "backup bot.tar", "backup -",
)  # fmt: skip


def refuse_all(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    commands: Sequence[str] = COMMANDS,
) -> None:
    """Run commands of the host that need a database; each refuses in one line."""
    monkeypatch.chdir(Path(__file__).parent)  # no .env
    monkeypatch.setenv("STYLIZE_DATA_DIR", str(folder))
    for command in commands:
        done = CliRunner().invoke(cli, command.split())
        assert isinstance(done.exception, ConfigurationError), (command, done)
        assert re.search(words, said := str(done.exception)), (command, said)
        assert "\n" not in said
        assert "s3cret" not in said
        assert done.stdout == ""
    assert not Path("bot.tar").exists()


async def test_a_database_that_does_not_answer_is_one_clear_line(tmp_path: Path) -> None:
    location = locate(tmp_path, f"postgresql://ada:s3cret@/stylize?host={tmp_path}")
    with pytest.raises(ConfigurationError, match="cannot be used") as caught:
        async with JobStore(location, tmp_path):
            pass
    assert "s3cret" not in str(caught.value)


async def test_looking_works_beside_a_bot(
    store: JobStore, location: Location, tmp_path: Path, new_job: NewJobs
) -> None:
    job = await store.create(new_job())
    async with JobStore(location, tmp_path, read_only=True) as reader:
        assert await reader.in_states() == [job]
        with pytest.raises(Exception, match=r"read-?only|readonly"):
            await reader.transition(job.id, JobState.RUNNING)
    assert await store.get(job.id) == job


async def test_two_bots_do_not_share_a_spool(
    store: JobStore, location: Location, tmp_path: Path
) -> None:
    if not isinstance(location, PostgresServer):
        return  # there, the file is the lock
    another = PostgresServer(location.url.set(database="another"))
    with pytest.raises(DatabaseInUse, match="using the folder"):
        async with JobStore(another, tmp_path):
            pass


def locked_as_nfs_does(file: IO[str], how: int) -> None:
    """Refuse what NFS refuses, where a lock of a file is one of its bytes (flock(2)).

    https://github.com/torvalds/linux/blob/v6.6/fs/nfs/nfs4proc.c, `nfs4_proc_lock`
    """
    if not (file.readable() if how & fcntl.LOCK_SH else file.writable()):
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


async def test_locks_can_be_taken_on_nfs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", locked_as_nfs_does)
    for shared in (True, False):
        with await locked_file(tmp_path / "spool", "folder", shared=shared):
            pass


async def test_where_no_lock_can_be_had_no_other_bot_is_blamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_file: IO[str], _how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(ConfigurationError, match="cannot be used: No locks available") as caught:
        await locked_file(tmp_path / "spool", "folder")
    assert not isinstance(caught.value, DatabaseInUse), "a standby would wait for ever"
