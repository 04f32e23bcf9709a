"""Backup and restore: from either kind of database into either, whole or not at all."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import io
import json
import shutil
import sqlite3
import tarfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import pytest
from sqlalchemy import JSON, URL, Text, cast, insert, select, update

from backend.database.location import UNFINISHED, Location, upgrade
from backend.database.postgres import PostgresServer
from backend.database.sqlite import SqliteFile
from backend.database.tables import ESTIMATES, FACTS, METADATA, PEOPLE
from backend.errors import ConfigurationError
from backend.files.local import LocalFiles
from backend.files.store import FileKey
from backend.files.uses import UPLOADS
from backend.hosting.backup import back_up
from backend.hosting.restore import restore
from backend.jobs.model import JobState
from backend.jobs.store import JobStore
from backend.preferences import Preferences
from backend.settings import load_settings
from backend.shelf import Shelf
from tests.backend.files.conftest import MakeStore
from tests.backend.images import stored_image
from tests.backend.jobs.support import NewJobs
from tests.postgres import database

Members = dict[str, bytes]


@pytest.fixture(params=["to sqlite", "to postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    """Yield where to restore to; its files are in `tmp_path / "new"`."""
    if request.param == "to sqlite":
        yield SqliteFile(tmp_path / "new" / "jobs.sqlite")
        return
    address = request.getfixturevalue("postgres")
    if address is None:
        pytest.skip("no PostgreSQL")
    with database(address) as url:
        yield PostgresServer(url)


async def rows(location: Location) -> dict[str, list[Any]]:
    """Return all rows of all tables."""
    async with location.beside() as opened:
        return {
            name: sorted((tuple(row.values()) for row in await opened.rows(select(table))), key=str)
            for name, table in METADATA.tables.items()
        }


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return path.stat().st_mode


async def fill(store: JobStore, new_job: NewJobs) -> None:
    """Let there be jobs of all kinds, a style, and settings."""
    new = new_job(filename="Größe “x”.jpg")
    await store.uses.keep(UPLOADS, {key: key.encode() for key in new.spec.files})
    waiting, running, cancelled = [await store.create(new) for _ in range(3)]
    await store.transition(running.id, JobState.RUNNING)
    await store.files.put(FileKey(f"spool/{running.id}-result-checkpoint"), b"half")
    await store.transition(cancelled.id, JobState.CANCELLED)
    await store.mark_delivered(waiting.id, told_id=2**63 - 1)
    picture = stored_image("style")
    name = "\ufdfa" * 9  # as it is compared, each is eighteen letters
    await Shelf(store.uses, limit=9).add(5, name, picture, contributor_id=3, credit="© me")
    await store.uses.discard(UPLOADS, new.spec.files)
    async with Preferences(store.uses, load_settings()) as preferences:
        await preferences.change_server(5, channels=[2**62], spoiler=True)
    await store.database.note_fact("commands", "ß" * 64)


@pytest.fixture
async def archive(store: JobStore, location: Location, new_job: NewJobs, tmp_path: Path) -> Path:
    """Return a backup that was made while a store was open."""
    await fill(store, new_job)
    contents = await back_up(location, store.files, tmp_path / "bot.tar")
    assert contents.missing == []
    return tmp_path / "bot.tar"


async def test_everything_comes_back(
    archive: Path, location: Location, store: JobStore, target: Location, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    contents = await restore(archive, target, LocalFiles(new), new)
    assert await rows(target) == await rows(location)
    keys = contents.names("files/")
    assert len(keys) == 5
    for key in map(FileKey, keys):
        assert await LocalFiles(new).get(key) == await store.files.get(key)
    async with JobStore(target, new) as restored:
        assert await restored.in_states() == await store.in_states()
    assert mode(archive) & 0o077 == 0
    assert [name for name in left_in(tmp_path) if "backup" in name] == []


@pytest.mark.slow
async def test_it_is_as_it_was_at_one_moment(
    store: JobStore, location: Location, tmp_path: Path
) -> None:
    written = 0

    async def write() -> None:
        """Change two tables in one transaction, again and again."""
        nonlocal written
        while True:
            async with store.database.write() as connection:
                await connection.execute(update(ESTIMATES).values(sums=[written]))
                await connection.execute(update(FACTS).values(value=str(written)))
            written += 1

    await store.database.note_fact("count", "0")
    await store.database.execute(insert(ESTIMATES).values(key="count", sums=[0]))
    writing = asyncio.create_task(write())
    for number in range(5):
        before = written
        await back_up(location, store.files, tmp_path / f"{number}.tar")
        assert written > before
        members = unpacked(tmp_path / f"{number}.tar")
        sums = json.loads(json.loads(members["tables/estimates.jsonl"])["sums"])
        assert str(sums[0]) == json.loads(members["tables/facts.jsonl"])["value"]
    writing.cancel()
    await asyncio.wait([writing])


class _Vanishing(LocalFiles):
    """A store of which a file goes as soon as another is read."""

    @asynccontextmanager
    async def open_local(self, key: FileKey) -> AsyncIterator[Path]:
        async with super().open_local(key) as path:
            await self.delete(FileKey("spool/style.png"))
            yield path


async def test_what_is_deleted_meanwhile_is_named(
    store: JobStore, location: Location, new_job: NewJobs, tmp_path: Path
) -> None:
    await fill(store, new_job)
    contents = await back_up(location, _Vanishing(tmp_path), tmp_path / "bot.tar")
    assert contents.missing == ["spool/style.png"]
    new = tmp_path / "new"
    await restore(tmp_path / "bot.tar", SqliteFile(new / "jobs.sqlite"), LocalFiles(new), new)


def test_every_kind_of_column_can_be_kept() -> None:
    columns = [column for table in METADATA.tables.values() for column in table.c]
    types: list[Any] = [getattr(column.type, "impl_instance", column.type) for column in columns]
    kinds = {each.python_type for each in types if not isinstance(each, JSON)}
    assert kinds <= {bool, int, float, str, datetime}


# archives that cannot be trusted


def unpacked(path: Path) -> Members:
    with tarfile.open(path) as tar:
        return {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr] # all are files


def packed(path: Path, members: Members, *, listed: bool = False) -> None:
    """Write an archive; `listed` with a list of contents that agrees with it."""
    if listed:
        contents = json.loads(members.pop("contents.json"))
        contents["members"] = {
            name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in members.items()
        }
        members["contents.json"] = json.dumps(contents).encode()
    with tarfile.open(path, "w") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def cut_off_between(path: Path) -> None:
    members = unpacked(path)
    del members["contents.json"]
    packed(path, members)


def changed(path: Path) -> None:
    members = unpacked(path)
    members["files/spool/style.png"] = b"spool/STYLE.png"
    packed(path, members)


def without_a_file(path: Path) -> None:
    members = unpacked(path)
    del members["files/spool/style.png"]
    packed(path, members)


def of_another_format(path: Path) -> None:
    members = unpacked(path)
    members["about.json"] = members["about.json"].replace(b'"format": 1', b'"format": 2')
    packed(path, members, listed=True)


def no_archive(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04 not a tar")


def another_archive(path: Path) -> None:
    packed(path, {"readme.txt": b"hello"})


def with_a_link(path: Path) -> None:
    with tarfile.open(path, "a") as tar:
        info = tarfile.TarInfo("files/spool/link.png")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info)


def named(name: str) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        packed(path, unpacked(path) | {name: b"x"}, listed=True)

    return spoil


def newer(path: Path) -> None:
    members = unpacked(path)
    about = json.loads(members["about.json"]) | {"revision": "9999"}
    packed(path, members | {"about.json": json.dumps(about).encode()}, listed=True)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("old")

    async def make() -> None:
        old = SqliteFile(folder / "jobs.sqlite")
        async with JobStore(old, folder) as store:
            await store.uses.keep("tests", {FileKey("spool/style.png"): b"spool/style.png"})
            await back_up(old, store.files, folder / "bot.tar")

    asyncio.run(make())
    return folder / "bot.tar"


@pytest.fixture
def small(made_once: Path, tmp_path: Path) -> Path:
    """Return a backup of a small folder."""
    shutil.copyfile(made_once, tmp_path / "bot.tar")
    return tmp_path / "bot.tar"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (cut_off, "damaged|its end is missing"),
        (cut_off_between, "its end is missing"),
        (changed, "'files/spool/style.png' is not as it was"),
        (without_a_file, "'files/spool/style.png' is not as it was"),
        (of_another_format, "another format"),
        (no_archive, "is no backup"),
        (another_archive, "is no backup"),
        (with_a_link, "link.png'"),
        (named("files/spool/../../escaped"), "has no place in it"),
        (named("files//escaped"), "has no place in it"),
        (named("/escaped"), "has no place in it"),
        (named("../escaped"), "has no place in it"),
        (named("files/jobs.sqlite"), "has no place in it"),
        (named("files/scratch/x"), "has no place in it"),
        (named("files/spool/a\\b"), "has no place in it"),
        (named("files/.hidden/x"), "has no place in it"),
        (named("tables/nothing.jsonl"), "other tables"),
        (newer, "newer version"),
        (Path.unlink, "No such file"),
    ],
)
async def test_what_is_not_whole_is_refused(
    small: Path, spoil: Callable[[Path], None], words: str
) -> None:
    spoil(small)
    there = {path for path in small.parent.rglob("*") if "new" not in path.parts}
    new = small.parent / "new"
    with pytest.raises(ConfigurationError, match=words):
        await restore(small, SqliteFile(new / "jobs.sqlite"), LocalFiles(new), new)
    assert {path for path in small.parent.rglob("*") if "new" not in path.parts} == there
    assert not list(new.rglob("escaped"))


async def test_it_goes_only_where_nothing_is(small: Path, postgres: URL | None) -> None:
    new = small.parent / "new"
    location = SqliteFile(new / "jobs.sqlite")
    await restore(small, location, LocalFiles(new), new)
    with pytest.raises(ConfigurationError, match=r"The data folder .* is not empty: jobs.sqlite"):
        await restore(small, location, LocalFiles(new), new)
    with pytest.raises(ConfigurationError, match=r"has a file spool/style\.png already"):
        other = small.parent / "other"
        await restore(small, SqliteFile(other / "jobs.sqlite"), LocalFiles(new), other)
    if postgres:
        with database(postgres) as url:
            server = PostgresServer(url)
            await restore(small, server, LocalFiles(small.parent / "p"), small.parent / "p")
            with pytest.raises(ConfigurationError, match=r"The database postgresql.* is not empty"):
                await restore(small, server, LocalFiles(small.parent / "q"), small.parent / "q")


async def test_what_was_refused_can_be_tried_again(small: Path, postgres: URL | None) -> None:
    new, used = small.parent / "new", small.parent / "used"
    async with JobStore(SqliteFile(used / "jobs.sqlite"), used) as store:
        await store.files.put(FileKey("spool/style.png"), b"another")
    location = SqliteFile(new / "jobs.sqlite")
    with pytest.raises(ConfigurationError, match=r"has a file spool/style\.png already"):
        await restore(small, location, LocalFiles(used), new)
    (new / UNFINISHED).touch()  # as where a disk was full at once
    await restore(small, location, LocalFiles(new), new)
    if postgres:
        another = small.parent / "another"
        with database(postgres) as full, database(postgres) as empty:
            async with JobStore(PostgresServer(full), used):
                pass
            with pytest.raises(ConfigurationError, match=r"The database postgresql.* is not empty"):
                await restore(small, PostgresServer(full), LocalFiles(another), another)
            await restore(small, PostgresServer(empty), LocalFiles(another), another)


class _Full(LocalFiles):
    """A store without room, on a disk that fails."""

    def open_local(self, key: FileKey) -> NoReturn:
        raise OSError(errno.EIO, "Input/output error")

    async def put(self, key: FileKey, source: Path | bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


async def test_no_room(small: Path, made_once: Path) -> None:
    new, old = small.parent / "new", made_once.parent
    with pytest.raises(ConfigurationError, match=r"No space left on device\. Try again with"):
        await restore(small, SqliteFile(new / "jobs.sqlite"), _Full(new), new)
    with pytest.raises(ConfigurationError, match="was not restored to its end"):
        await JobStore(SqliteFile(new / "jobs.sqlite"), new).__aenter__()
    with pytest.raises(ConfigurationError, match=r"could not be made: .*No such file"):
        await back_up(SqliteFile(old / "jobs.sqlite"), LocalFiles(old), new / "no" / "bot.tar")
    with pytest.raises(ConfigurationError, match=r"half\.tar could not be made: Input"):
        await back_up(SqliteFile(old / "jobs.sqlite"), _Full(old), new.parent / "half.tar")
    assert left_in(new.parent) == ["bot.tar", "new"]


@pytest.mark.slow
@pytest.mark.parametrize("tables", ["no tables", "with tables"])
async def test_what_was_cut_off_is_restored_by_the_same_archive(
    archive: Path, location: Location, target: Location, tmp_path: Path, tables: str
) -> None:
    new = tmp_path / "new"
    with pytest.raises(ConfigurationError, match="No space left"):
        await restore(archive, target, _Full(new), new)
    if tables == "with tables":
        await asyncio.to_thread(upgrade, target.address, None)
    await restore(archive, target, LocalFiles(new), new)
    assert await rows(target) == await rows(location)
    with pytest.raises(ConfigurationError, match="is not empty"):
        await restore(archive, target, LocalFiles(new), new)


async def test_what_was_cut_off_takes_no_other_archive_and_no_rows_of_others(
    small: Path, made_once: Path
) -> None:
    new = small.parent / "new"
    location = SqliteFile(new / "jobs.sqlite")
    with pytest.raises(ConfigurationError, match="No space left"):
        await restore(small, location, _Full(new), new)
    other, members = small.parent / "other.tar", unpacked(small)
    packed(other, members | {"files/spool/style.png": b"another"}, listed=True)
    with pytest.raises(ConfigurationError, match="Another backup was not restored to its end"):
        await restore(other, location, LocalFiles(new), new)
    await asyncio.to_thread(upgrade, location.address, None)
    async with location.beside(writable=True) as database:
        await database.note_fact("of", "somebody")
    with pytest.raises(ConfigurationError, match="not empty: it has a table facts"):
        await restore(small, location, LocalFiles(new), new)
    async with location.beside() as database:
        assert await database.fact("of") == "somebody"


@pytest.mark.slow
async def test_to_an_object_store_and_back(small: Path, bucket: MakeStore) -> None:
    moved, back = small.parent / "moved", small.parent / "back"
    there, objects = SqliteFile(moved / "jobs.sqlite"), bucket(moved)
    await restore(small, there, objects, moved)
    assert await objects.get(FileKey("spool/style.png")) == b"spool/style.png"
    await back_up(there, bucket(moved), small.parent / "again.tar")
    await restore(
        small.parent / "again.tar", SqliteFile(back / "jobs.sqlite"), LocalFiles(back), back
    )
    assert await LocalFiles(back).get(FileKey("spool/style.png")) == b"spool/style.png"
    with pytest.raises(ConfigurationError, match=r"has a file spool/style\.png already"):
        elsewhere = small.parent / "elsewhere"
        await restore(small, SqliteFile(elsewhere / "jobs.sqlite"), bucket(elsewhere), elsewhere)


async def test_a_backup_never_replaces_a_file(small: Path, made_once: Path) -> None:
    before = unpacked(small)
    old = made_once.parent
    with pytest.raises(ConfigurationError, match="There is a file"):
        await back_up(SqliteFile(old / "jobs.sqlite"), LocalFiles(old), small)
    assert unpacked(small) == before


async def test_of_an_earlier_version_with_a_damaged_row(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    upgrade(URL.create("sqlite", database=str(old / "jobs.sqlite")), old, "0008")
    with closing(sqlite3.connect(old / "jobs.sqlite")) as opened, opened:
        opened.execute("INSERT INTO person_settings VALUES (7, 'no JSON')")
    await back_up(SqliteFile(old / "jobs.sqlite"), LocalFiles(old), tmp_path / "bot.tar")
    location = SqliteFile(new / "jobs.sqlite")
    await restore(tmp_path / "bot.tar", location, LocalFiles(new), new)
    async with JobStore(location, new) as store:
        assert await store.database.fact("anything") is None  # a table of a later revision
        (person,) = await store.database.rows(select(PEOPLE.c.user_id, cast(PEOPLE.c[1], Text)))
        assert [str(value) for value in person.values()] == ["7", "{}"]


async def test_before_a_bot_was_there(tmp_path: Path, postgres: URL | None) -> None:
    files, target = LocalFiles(tmp_path), tmp_path / "bot.tar"
    with pytest.raises(ConfigurationError, match="There is no job database"):
        await back_up(SqliteFile(tmp_path / "jobs.sqlite"), files, target)
    if postgres:
        with database(postgres) as url, pytest.raises(ConfigurationError, match="start it once"):
            await back_up(PostgresServer(url), files, target)
    assert left_in(tmp_path) == []
