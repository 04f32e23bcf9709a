"""One lead at a time on one PostgreSQL database, and how the next one gets its turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, closing, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import URL, Engine, event, text
from sqlalchemy.exc import DBAPIError

from backend.database.database import Database
from backend.database.location import upgrade
from backend.database.postgres import PostgresServer
from backend.errors import ConfigurationError, DatabaseInUse
from backend.jobs.model import JobState
from backend.jobs.store import JobStore
from tests.backend.jobs.support import NewJobs, hold
from tests.postgres import database

# Each write notes who leads at that moment and who wrote, as the application's name tells.
AUDIT = (
    "CREATE TABLE audit (lead text, writer text)",
    """CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO audit SELECT epoch, current_setting('application_name') FROM lead;
    RETURN NULL; END $$""",
    "CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON facts EXECUTE FUNCTION note()",
)
OLD_LOCK = "SELECT pg_advisory_lock(x'5374796C697A65'::bigint)"


@pytest.fixture
def url(postgres: URL | None) -> Iterator[URL]:
    if postgres is None:
        pytest.skip("no PostgreSQL: there is no initdb, and TEST_DATABASE_URL names no server")
    with database(postgres) as url:
        yield url


class Bots:
    """Bots that share one database, each with a folder of its own."""

    def __init__(self, url: URL, folder: Path) -> None:
        self.url = url
        self.lost: list[str] = []
        self.exits = AsyncExitStack()
        self._folder = folder

    def location(self, name: str, seconds: float) -> PostgresServer:
        named = self.url.update_query_dict({"application_name": name})
        return PostgresServer(named, lease_seconds=seconds, on_lost=self.lost.append)

    async def start(self, name: str, *, seconds: float = 30.0, wait: bool = False) -> Database:
        location = self.location(name, seconds)
        opening = location.open(self._folder / name, wait=wait)
        return await self.exits.enter_async_context(opening)

    async def run(self, *statements: str) -> list[Any]:
        async with self.location("host", 1).beside(writable=True) as beside:
            for statement in statements:
                async with beside.write() as connection:
                    found = await connection.execute(text(statement))
        return list(found.all()) if found.returns_rows else []

    async def expire(self) -> None:
        """Let the lease be over, as it is when the lead's host is lost or stands still."""
        await self.run("UPDATE lead SET expires_at = to_timestamp(0)")

    async def wrong_writes(self) -> list[Any]:
        return await self.run("SELECT lead, writer FROM audit WHERE lead <> writer")


@pytest.fixture
async def bots(url: URL, tmp_path: Path) -> AsyncIterator[Bots]:
    bots = Bots(url, tmp_path)
    async with bots.exits:
        yield bots


async def test_a_second_bot_is_refused_and_a_standby_waits(bots: Bots) -> None:
    lead = AsyncExitStack()
    bots.exits, rest = lead, bots.exits
    await bots.start("1")
    bots.exits = rest
    with pytest.raises(DatabaseInUse, match="Another bot is using"):
        await bots.start("refused", seconds=0.5)
    waiting = asyncio.create_task(bots.start("2", wait=True))
    await asyncio.sleep(1)
    assert not waiting.done()
    await lead.aclose()
    await (await waiting).note_fact("who", "2")
    assert await bots.run("SELECT epoch FROM lead") == [(2,)]
    assert bots.lost == []


async def test_a_bot_of_the_time_before_leases_is_respected(bots: Bots) -> None:
    async with bots.location("old", 1).beside(writable=True) as old, old.read() as session:
        await session.execute(text(OLD_LOCK))
        with pytest.raises(DatabaseInUse):
            await bots.start("new", seconds=0.2)
    await bots.start("new", seconds=5)


async def test_never_two_leads_that_write(bots: Bots) -> None:
    first = await bots.start("1")
    await bots.run(*AUDIT)
    async with first.write() as transaction:  # under way while the lease is taken
        await bots.expire()
        taking = asyncio.create_task(bots.start("2", wait=True))
        await asyncio.sleep(0.3)
        assert not taking.done()
        await transaction.execute(text("INSERT INTO facts VALUES ('one', 'of the first')"))
    second = await taking
    await second.note_fact("two", "of the second")
    with pytest.raises(DatabaseInUse, match="has taken"):
        await first.note_fact("three", "of nobody")
    assert len(bots.lost) == 1
    async with first.read() as reading:
        with pytest.raises(DBAPIError, match="read-only"):
            await reading.execute(text("INSERT INTO facts VALUES ('three', 'of nobody')"))
    with pytest.raises(DatabaseInUse, match="has taken"):  # nor does its schema change
        await asyncio.to_thread(upgrade, bots.url, None, prove=first.prove)
    assert await bots.wrong_writes() == []
    assert [await second.fact(name) for name in ("one", "two", "three")] == [
        "of the first",
        "of the second",
        None,
    ]


async def test_that_test_can_fail(bots: Bots) -> None:
    """Without the fence, a former lead that stood still goes on writing."""
    await bots.start("1")
    await bots.run(*AUDIT)
    await bots.expire()
    await bots.start("2", wait=True)
    async with bots.location("1", 30).beside(writable=True) as unfenced:
        await unfenced.note_fact("three", "of a former lead")
    assert await bots.wrong_writes() != []


@pytest.mark.slow
async def test_a_lead_that_lost_its_lease_learns_it_without_writing(bots: Bots) -> None:
    await bots.start("1", seconds=8)
    await bots.run("UPDATE lead SET epoch = epoch + 1, holder = 'another'")
    async with asyncio.timeout(20):
        while not bots.lost:  # noqa: ASYNC110 - told by a callback
            await asyncio.sleep(0.05)
    assert "Another bot has taken the job database postgresql://" in bots.lost[0]


async def test_a_lead_whose_database_falls_silent_ends_before_another_begins(bots: Bots) -> None:
    await bots.start("1", seconds=1)
    async with bots.location("host", 1).beside(writable=True) as beside, beside.write() as silence:
        await silence.execute(text("LOCK TABLE lead"))
        async with asyncio.timeout(20):
            while not bots.lost:  # noqa: ASYNC110 - told by a callback
                await asyncio.sleep(0.05)
        assert "did not answer for 1 seconds" in bots.lost[0]
    await bots.start("2", seconds=5)  # no renewal that was under way takes it back
    assert len(bots.lost) == 1


async def test_a_transaction_of_a_host_that_is_gone_is_ended(bots: Bots) -> None:
    first = await bots.start("1", seconds=1)
    with pytest.raises(DBAPIError, match="idle-in-transaction"):
        async with first.write() as transaction:
            await asyncio.sleep(1.5)
            await transaction.execute(text("SELECT 1"))


async def test_a_server_that_cannot_be_reached_is_waited_for_by_a_standby_alone(
    tmp_path: Path,
) -> None:
    location = PostgresServer(
        URL.create("postgresql+psycopg", database="stylize", query={"host": str(tmp_path)})
    )
    with pytest.raises(ConfigurationError, match="cannot be used"):
        async with location.open(tmp_path / "one"):
            pass
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.5), location.open(tmp_path / "two", wait=True):
            pass


async def test_a_standby_waits_while_its_server_is_not_the_primary_yet(bots: Bots) -> None:
    """As after a failover, until the replica that the address leads to is promoted."""
    await (await bots.start("1")).note_fact("who", "1")
    await bots.expire()
    read_only = f"ALTER DATABASE {bots.url.database} SET default_transaction_read_only"
    await bots.run(f"{read_only} = on")
    with pytest.raises(ConfigurationError, match=r"cannot be used.*read-only"):
        await bots.start("2", seconds=0.2)
    waiting = asyncio.create_task(bots.start("3", wait=True))
    await asyncio.sleep(1)
    assert not waiting.done()
    with closing(_connection(bots.url)) as promoting:
        promoting.execute("SET default_transaction_read_only = off")
        promoting.execute(f"{read_only} = off")
    async with asyncio.timeout(20):
        await (await waiting).note_fact("who", "3")


async def test_jobs_go_on_with_the_next_lead(bots: Bots, tmp_path: Path, new_job: NewJobs) -> None:
    first = JobStore(bots.location("1", 30), tmp_path / "1")
    async with first:
        await hold(first)
        job = await first.create(new_job())
        await bots.expire()
        async with JobStore(bots.location("2", 30), tmp_path / "2", wait=True) as second:
            await second.transition(job.id, JobState.RUNNING)
            with pytest.raises(DatabaseInUse):
                await first.transition(job.id, JobState.CANCELLED)
            assert (await second.get(job.id)).state is JobState.RUNNING


def _connection(url: URL) -> psycopg.Connection[Any]:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


@pytest.mark.parametrize("deed", ["UPDATE lead SET epoch", "UPDATE lead SET expires_at"])
async def test_whoever_stands_still_over_the_lease_keeps_nobody_waiting(
    bots: Bots, deed: str
) -> None:
    """As a host does that is halted between two statements: nobody could take the lease."""
    await bots.start("first", seconds=1.0)
    await bots.exits.aclose()
    taken = list[bool]()

    def stand_still(*given: Any) -> None:
        if given[2].startswith(deed) and not taken:
            taken.append(False)
            with closing(_connection(bots.url)) as other:
                other.execute("SET lock_timeout = '15s'")
                other.execute("SELECT epoch FROM lead FOR UPDATE")
            taken.append(True)

    event.listen(Engine, "after_cursor_execute", stand_still)
    try:
        with suppress(ConfigurationError):  # it is told what the server made of its transaction
            await bots.start("second", seconds=1.0)
            await asyncio.sleep(0.5)
    finally:
        event.remove(Engine, "after_cursor_execute", stand_still)
    assert taken == [False, True]
