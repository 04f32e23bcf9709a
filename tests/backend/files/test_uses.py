"""Who uses which file: the last one who lets go takes it along, whenever the bot is killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.database.database import Database
from backend.database.location import Location
from backend.database.tables import FILE_USES
from backend.errors import JobNotFound
from backend.files.local import LocalFiles
from backend.files.store import FileKey
from backend.files.uses import DOOMED, UPLOADS, FileUses
from backend.jobs.store import JobStore

ONE, TWO = FileKey("spool/one.png"), FileKey("spool/two.png")


class Stubborn(LocalFiles):
    """Cannot delete, as if the bot were killed before it could."""

    async def delete(self, *keys: FileKey) -> None:
        raise OSError("not now")


@dataclass(frozen=True, slots=True)
class Failing(Database):
    """A database that can be written `writes` times; then its disk is full."""

    writes: int = 0
    _made: list[None] = field(default_factory=list)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        if len(self._made) == self.writes:
            raise OSError("the disk is full")
        self._made.append(None)
        async with self.engine.begin() as connection:
            yield connection


def after(uses: FileUses, writes: int) -> FileUses:
    """Return the same uses, in a database that can be written so many times."""
    return FileUses(Failing(uses.database.engine, writes), uses.files)


@pytest.fixture
def uses(store: JobStore) -> FileUses:
    return store.uses


async def rows(uses: FileUses) -> set[tuple[str, str]]:
    """All uses but those of the fixtures."""
    async with uses.database.read() as connection:
        found = await connection.execute(select(FILE_USES).where(FILE_USES.c.owner != "tests"))
        return {(key, owner) for key, owner in found}


async def take(uses: FileUses, owner: str, *keys: FileKey) -> None:
    async with uses.change() as change:
        await change.take(owner, keys)


async def test_the_last_use_takes_the_file_along(uses: FileUses) -> None:
    await uses.keep("ada", {ONE: b"1", TWO: b"2"})
    await take(uses, "bob", ONE)
    await take(uses, "bob", ONE)
    async with uses.change() as change:
        await change.drop(["ada"])
    assert change.doomed == {TWO}
    assert await uses.files.exists(ONE)
    assert not await uses.files.exists(TWO)
    await uses.discard("bob", [ONE])
    assert not await uses.files.exists(ONE)
    assert await rows(uses) == set()


async def test_only_some_are_dropped(uses: FileUses) -> None:
    await uses.keep("ada", {ONE: b"1", TWO: b"2"})
    async with uses.change() as change:
        await change.drop(["ada", "nobody"], but=[TWO])
    assert await rows(uses) == {(TWO, "ada")}
    assert await uses.files.exists(TWO)


async def test_nobody_takes_what_is_gone(uses: FileUses) -> None:
    await uses.keep("ada", {ONE: b"1"})
    with pytest.raises(JobNotFound, match="not kept any more"):
        await take(uses, "bob", ONE, TWO)
    assert await rows(uses) == {(ONE, "ada")}


async def test_what_fails_changes_nothing(uses: FileUses) -> None:
    await uses.keep("ada", {ONE: b"1"})
    with pytest.raises(RuntimeError):
        async with uses.change() as change:
            await change.drop(["ada"])
            raise RuntimeError("a fault")
    assert await uses.files.exists(ONE)
    assert await rows(uses) == {(ONE, "ada")}


async def test_a_file_that_cannot_be_stored_leaves_nothing(uses: FileUses, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await uses.keep("ada", {ONE: b"1", TWO: tmp_path / "missing"})
    assert await rows(uses) == set()
    assert not await uses.files.exists(ONE)


async def test_a_bot_killed_before_it_could_delete_does_so_when_it_is_back(
    location: Location, tmp_path: Path
) -> None:
    async with JobStore(location, tmp_path, files=Stubborn(tmp_path)) as store:
        await store.uses.keep("ada", {ONE: b"1"})
        await store.uses.discard("ada", [ONE])
        assert await rows(store.uses) == {(ONE, DOOMED)}
        with pytest.raises(JobNotFound):
            await take(store.uses, "bob", ONE)
        assert await store.files.exists(ONE)
    async with JobStore(location, tmp_path) as store:
        assert await rows(store.uses) == set()
        assert not await store.files.exists(ONE)


async def test_uploads_that_cannot_be_let_go_stay_until_the_next_start(uses: FileUses) -> None:
    await uses.keep(UPLOADS, {ONE: b"1"})
    await after(uses, 0).discard(UPLOADS, [ONE])
    assert await uses.files.exists(ONE)
    with pytest.raises(OSError, match="full"):
        await after(uses, 0).clear()
    await uses.clear()
    assert not await uses.files.exists(ONE)
    assert await rows(uses) == set()


async def test_why_a_file_cannot_be_stored_is_said_though_nothing_else_can_be_written(
    uses: FileUses, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        await after(uses, 1).keep(UPLOADS, {ONE: tmp_path / "missing"})


async def test_what_is_changed_is_changed_though_the_files_cannot_be_forgotten(
    uses: FileUses,
) -> None:
    await uses.keep("ada", {ONE: b"1"})
    async with after(uses, 1).change() as change:
        await change.drop(["ada"])
    assert await rows(uses) == {(ONE, DOOMED)}
    await uses.finish()
    assert await rows(uses) == set()


@pytest.mark.slow
async def test_a_bot_killed_before_the_file_was_there_leaves_none(
    location: Location, tmp_path: Path
) -> None:
    async with JobStore(location, tmp_path) as store:
        async with store.uses.change() as change:
            await change.add(UPLOADS, [ONE])
        await store.files.put(ONE, b"1")
        await store.uses.keep("ada", {TWO: b"2"})
    async with JobStore(location, tmp_path) as store:
        assert await rows(store.uses) == {(TWO, "ada")}
        assert not await store.files.exists(ONE)


async def test_of_dropping_and_taking_at_once_no_key_is_left_dangling(uses: FileUses) -> None:
    for number in range(20):
        key = FileKey(f"spool/{number}.png")
        await uses.keep("ada", {key: b"1"})
        _, taken = await asyncio.gather(
            uses.discard("ada", [key]), take(uses, "bob", key), return_exceptions=True
        )
        is_taken = taken is None
        assert is_taken or isinstance(taken, JobNotFound)
        assert await uses.files.exists(key) is is_taken
        assert ((key, "bob") in await rows(uses)) is is_taken


async def test_of_two_who_drop_at_once_the_second_takes_the_file_along(uses: FileUses) -> None:
    for number in range(20):
        key = FileKey(f"spool/{number}.png")
        await uses.keep("ada", {key: b"1"})
        await take(uses, "bob", key)
        await asyncio.gather(uses.discard("ada", [key]), uses.discard("bob", [key]))
        assert not await uses.files.exists(key)
    assert await rows(uses) == set()


@pytest.mark.parametrize(
    ("others", "kept"), [((), False), (("job:1", "job:2"), False), (("style:2",), True)]
)
async def test_who_revokes_a_file_takes_it_from_jobs_alone(
    uses: FileUses, others: Sequence[str], kept: bool
) -> None:
    await uses.keep("style:1", {ONE: b"1"})
    await uses.keep("style:1", {TWO: b"2"})
    for owner in others:
        await take(uses, owner, ONE)
    async with uses.change() as change:
        await change.revoke(["style:1"], others="job:")
    assert await uses.files.exists(ONE) is kept
    assert not await uses.files.exists(TWO)
    assert await rows(uses) == ({(ONE, "style:2")} if kept else set())
