"""Takes the lead from two bots on one PostgreSQL database while people keep sending /stylize.

    python -m benchmarks.standby --kills 50 --restarts 10 --outages 5 --freezes 5

```
 this process: the local chat, the people in it (`benchmarks.kill`), and PostgreSQL
      │                                            ▲ a trigger notes who writes in whose epoch
 two children: the lead and its standby, with one data folder and a quick painter
```
The lead is killed, or stands still as if its host were lost and goes on later; PostgreSQL is
restarted, every other time as by a crash, or gone for longer than a lease. Exits with 1 unless
every command has come to an explained end, each epoch had one writer, a lead that lost its lease
ended by itself, and every takeover took at most ten seconds, from the deed (or the database's
return) until the next lead had connected.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import signal
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from backend.database.lease import EXIT_DEPOSED
from benchmarks.child import start_child
from benchmarks.kill import Crowd, Verdict, judge, until_settled
from benchmarks.killable import PATIENCE
from bot.local_chat import CHAT
from localchat import DiscordLimits, LocalChat
from tests.postgres import Cluster, own_server

LONGEST: Final = 10.0
PAUSE: Final = (1.0, 6.0)  # seconds between two deeds
LEADS: Final = "SELECT epoch, holder FROM lead WHERE expires_at > clock_timestamp()"
CONNECTED: Final = (
    "SELECT count(DISTINCT application_name) FROM pg_stat_activity "
    "WHERE application_name LIKE 'bot %'"
)
AUDIT: Final = (
    "CREATE TABLE audit (epoch bigint, writer text, PRIMARY KEY (epoch, writer))",
    """CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO audit SELECT epoch, current_setting('application_name') FROM lead
    ON CONFLICT DO NOTHING; RETURN NULL; END $$""",
    "CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON jobs EXECUTE FUNCTION note()",
)


@dataclass(slots=True)
class Pair:
    """A lead and its standby, and what was seen of them.

    Attributes:
        seconds: how long each takeover took, by what was done.
        changes: how often another bot led afterwards, by what was done.
        epochs: in how many of them a bot wrote something.
        wrong: what must not be, in words.
    """

    chat: LocalChat
    cluster: Cluster
    folder: Path
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    changes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    wrong: list[str] = field(default_factory=list)
    epochs: int = 0
    _children: list[Process] = field(default_factory=list)
    _started: int = 0

    @property
    def url(self) -> URL:
        """Return the address of the database, for this process."""
        return self.cluster.url

    async def kill(self) -> None:
        """End the lead by SIGKILL."""
        lead, epoch, began, sessions = await self._before()
        with contextlib.suppress(ProcessLookupError):  # likewise
            lead.kill()
        await lead.wait()
        await self._taken("killed", epoch, began, sessions)

    async def freeze(self) -> None:
        """Let the lead stand still until another leads, then go on: it has to end by itself."""
        lead, epoch, began, sessions = await self._before()
        lead.send_signal(signal.SIGSTOP)
        await self._taken("frozen", epoch, began, sessions)
        with contextlib.suppress(ProcessLookupError):  # it was about to end, for a restart
            lead.send_signal(signal.SIGCONT)
        if await asyncio.wait_for(lead.wait(), PATIENCE) != EXIT_DEPOSED:
            self.wrong.append(f"a former lead ended with {lead.returncode}")

    async def restart(self, *, crash: bool) -> None:
        """Restart PostgreSQL; the lead goes on, or the standby takes its place."""
        _, epoch, began, sessions = await self._before()
        await asyncio.to_thread(self.cluster.stop, crash=crash)
        await asyncio.to_thread(self.cluster.start)
        now, _ = await self._some_lead()
        if now != epoch:
            await self._taken("restarted", epoch, began, sessions)
        else:
            self.seconds["restarted"].append(time.monotonic() - began)

    async def outage(self) -> None:
        """Stop PostgreSQL for longer than a lead may go on without it, and start it again."""
        lead, epoch, _, sessions = await self._before()
        await asyncio.to_thread(self.cluster.stop)
        if await asyncio.wait_for(lead.wait(), PATIENCE) != EXIT_DEPOSED:
            self.wrong.append(f"a lead without its database ended with {lead.returncode}")
        await asyncio.to_thread(self.cluster.start)
        await self._taken("gone", epoch, time.monotonic(), sessions)

    async def complete(self) -> None:
        """Start bots until there are two, and wait until one leads and one waits.

        A lead may end a while after its database was away.
        """
        async with asyncio.timeout(PATIENCE):
            while True:
                await self._start_missing()
                await self._some_lead()
                is_complete = await self._ask(CONNECTED) == [(2,)]
                if is_complete and all(child.returncode is None for child in self._children):
                    return
                await asyncio.sleep(0.1)

    async def _start_missing(self) -> None:
        for child in [each for each in self._children if each.returncode is not None]:
            self._children.remove(child)
            if child.returncode not in (-signal.SIGKILL, EXIT_DEPOSED):
                self.wrong.append(f"a bot ended with {child.returncode}")
        while len(self._children) < 2:
            self._started += 1
            name = {"application_name": f"bot {self._started}"}
            url = self.url.update_query_dict(name).render_as_string(hide_password=False)
            env = {"STYLIZE_DATABASE_URL": url, "STYLIZE_STANDBY": "true"}
            data, log = self.folder / "data", self.folder / "bot.log"
            child = await start_child("benchmarks.killable", self.chat, data, log, env=env)
            self._children.append(child)

    async def until_connected(self, *, after: int) -> None:
        """Wait until the chat has more sessions of bots than there were before."""
        async with asyncio.timeout(PATIENCE):
            while self.chat.session_starts <= after:  # noqa: ASYNC110 - nobody announces it
                await asyncio.sleep(0.05)

    async def leave(self) -> None:
        """Let both end as they like."""
        for child in self._children:
            assert child.stdin is not None
            child.stdin.close()
        await self._end()

    async def watch_writers(self) -> None:
        """Let the database note from now on who writes in whose epoch."""
        for statement in AUDIT:
            assert await self._ask(statement) is not None

    async def judge_writers(self) -> int:
        """Return how many epochs were written in; more than one writer in one is wrong."""
        found = await self._ask("SELECT epoch, count(*) FROM audit GROUP BY epoch")
        self.wrong += [f"epoch {epoch} had {n} writers" for epoch, n in found or [] if n > 1]
        return len(found or [])

    async def _end(self) -> None:
        for child in self._children:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(child.wait(), PATIENCE)

    async def _before(self) -> tuple[Process, int, float, int]:
        epoch, pid = await self._some_lead()
        (child,) = [each for each in self._children if each.pid == pid]
        return child, epoch, time.monotonic(), self.chat.session_starts

    async def _taken(self, deed: str, epoch: int, began: float, sessions: int) -> None:
        await self._some_lead(other_than=epoch)
        await self.until_connected(after=sessions)
        self.changes[deed] += 1
        self.seconds[deed].append(time.monotonic() - began)

    async def _some_lead(self, *, other_than: int | None = None) -> tuple[int, int]:
        """Return the epoch and the process of whoever leads, as soon as there is one."""
        async with asyncio.timeout(PATIENCE):
            while True:
                if (found := await self._ask(LEADS)) and found[0][0] != other_than:
                    return found[0][0], int(found[0][1].rpartition(":")[2])
                await asyncio.sleep(0.05)

    async def _ask(self, statement: str) -> list[Any] | None:
        return await asyncio.to_thread(_ask, self.url, statement)


def _ask(url: URL, statement: str) -> list[Any] | None:
    """Return what the database answers, None while it does not."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            found = connection.execute(text(statement))
            return [tuple(row) for row in found] if found.returns_rows else []
    except SQLAlchemyError:
        return None
    finally:
        engine.dispose()


@asynccontextmanager
async def pair(folder: Path) -> AsyncIterator[Pair]:
    """Yield two bots at work in a chat; nothing of them is left afterwards."""
    async with AsyncExitStack() as stack:
        cluster = stack.enter_context(own_server(folder))
        if cluster is None:
            raise SystemExit("There is no initdb: install PostgreSQL.")
        limits = DiscordLimits(identify_seconds=0)
        chat = await stack.enter_async_context(LocalChat(config=CHAT, limits=limits))
        two = Pair(chat, cluster, folder)
        try:
            await two.complete()
            await two.until_connected(after=0)
            await two.watch_writers()
            yield two
        finally:
            for child in two._children:
                with contextlib.suppress(ProcessLookupError):
                    child.kill()
                await child.wait()


async def measure(
    *, kills: int, restarts: int, outages: int, freezes: int, seed: int, folder: Path
) -> tuple[Verdict, Pair]:
    """Let people send commands through so many ends of leads and restarts of the database."""
    chance = random.Random(seed)
    deeds = ["kill"] * kills + ["restart"] * restarts
    deeds += ["outage"] * outages + ["freeze"] * freezes
    chance.shuffle(deeds)
    async with pair(folder) as two:
        crowd = Crowd(two.chat, chance)
        async with crowd.sending():
            for number, deed in enumerate(deeds):
                await asyncio.sleep(chance.uniform(*PAUSE))
                if deed == "kill":
                    await two.kill()
                elif deed == "freeze":
                    await two.freeze()
                elif deed == "outage":
                    await two.outage()
                else:
                    await two.restart(crash=bool(number % 2))
                await two.complete()
        with contextlib.suppress(TimeoutError):
            await until_settled(two.chat, crowd)
        epochs = await two.judge_writers()
        await two.leave()
        verdict = judge(two.chat, crowd, folder / "data", two.url, [])
    verdict.wrong += two.wrong
    verdict.wrong += [
        f"a takeover took {seconds:.1f} s" for each in two.seconds.values() for seconds in each
        if seconds > LONGEST
    ]  # fmt: skip
    two.epochs = epochs
    return verdict, two


def show(verdict: Verdict, two: Pair) -> None:
    """Print the table."""
    print(f"  {verdict.sent:5}  commands sent")
    for fate, count in verdict.fates.most_common():
        print(f"  {count:5}  {fate}")
    print(f"  {verdict.checkpoints:5}  runs went on from a checkpoint")
    print(f"  {two.epochs:5}  epochs in which a bot wrote, one in each")
    print(f"  {len(verdict.wrong):5}  wrong (lost, twice, half, two writers, too late)")
    for fault in verdict.wrong:
        print(f"         {fault}")
    for deed, seconds in two.seconds.items():
        middle = sorted(seconds)[len(seconds) // 2]
        print(
            f"{deed} {len(seconds)} times, {two.changes[deed]} with another lead: until one was at "
            f"work median {middle:.1f} s, worst {max(seconds):.1f} s"
        )


def main() -> int:
    """Measure, print, and judge; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=50, help="of the lead")
    parser.add_argument("--restarts", type=int, default=10, help="of PostgreSQL")
    parser.add_argument("--outages", type=int, default=5, help="of PostgreSQL, longer than a lease")
    parser.add_argument("--freezes", type=int, default=5, help="of the lead")
    parser.add_argument("--seed", type=int, default=1, help="of the moments and the order")
    parser.add_argument("--keep", type=Path, help="folder for the bots' data and log")
    arguments = parser.parse_args()
    names = ("kills", "restarts", "outages", "freezes", "seed")
    counts = {name: getattr(arguments, name) for name in names}
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        verdict, two = asyncio.run(measure(**counts, folder=folder))
        print(f"{counts} in {time.monotonic() - began:.0f} s")
    show(verdict, two)
    return int(bool(verdict.wrong))


if __name__ == "__main__":
    sys.exit(main())
