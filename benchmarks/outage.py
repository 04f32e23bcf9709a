"""Whether every picture arrives, once, after Discord refused everything for a quarter of an hour.

    python -m benchmarks.outage [--jobs 50] [--seconds 60]

The whole bot over the local chat, in one process with it. People send so many commands; while they
are painted, Discord answers nothing but 429s without `Via` (an address that is banned), then 503s,
then no connections at all, a third of the time each. Time is simulated: the quarter of an hour
takes `--seconds`, and the bot's pauses are shorter by as much. Exits with 1 unless every picture is
on its card once, and told of once, without a restart.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from backend.database.sqlite import SqliteFile
from backend.examples import list_examples
from backend.jobs.store import JobStore
from backend.settings import load_settings
from bot.app import running_bot
from bot.local_chat import local_chat
from bot.timings import Timings
from localchat import Exchange, Fault, LocalChat, Upload

PAINTER: Final = "tests.e2e.painters:load"
DEVICES: Final = ("cpu",) * 2
OUTAGE_SECONDS: Final = 15 * 60.0
PATIENCE: Final = 600.0
SERVERS: Final = 4
ROOMS: Final = 3  # of each server


@dataclass(slots=True)
class Verdict:
    """What came of it.

    Attributes:
        shown: how often each card was given its result.
        told: how often each requester was told of a picture.
        refused: requests during the outage, all of them.
        undelivered: jobs that the store does not know to be delivered.
        seconds: from the end of the outage until the last picture was there, in simulated time.
    """

    shown: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    undelivered: int = 0
    seconds: float = 0.0

    def exchanged(self, exchange: Exchange) -> None:
        """Note what Discord took of the bot."""
        if exchange.status != 200:
            self.refused += 1
        elif exchange.method == "PATCH":
            names = (file.filename for file in exchange.files)
            card = exchange.path.rpartition("/")[2]
            self.shown[card] += any(name.startswith("stylized") for name in names)
        elif exchange.method == "POST" and "is ready" in str(exchange.request_json):
            self.told[str(exchange.request_json.get("nonce"))] += 1


async def measure(jobs: int, seconds: float) -> Verdict:
    """Let Discord refuse everything for so many seconds while so many jobs run."""
    scale = OUTAGE_SECONDS / seconds
    usual = Timings()
    timings = Timings(
        edit=usual.edit / scale,
        # discord.py's webhooks take half a minute to hand a 503 over, however time goes here.
        token_reserve=15 * 60.0,
        first_retry=usual.first_retry / scale,
        longest_retry=usual.longest_retry / scale,
    )
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as name:
        settings = load_settings(data_dir=Path(name), devices=DEVICES)
        hold = settings.data_dir / "hold"
        hold.write_text("")  # the painter finishes nothing while this is there
        async with local_chat(0) as (chat, server):
            chat.on_exchange(verdict.exchanged)
            async with running_bot(settings, server, painter=PAINTER, timings=timings):
                await _ask(chat, jobs)
                async with _outage(chat, seconds):
                    hold.unlink()
                began = time.monotonic()
                await _until_told(verdict, jobs)
                verdict.seconds = (time.monotonic() - began) * scale
                await asyncio.sleep(2 * timings.longest_retry)  # time for whatever comes twice
        async with JobStore(SqliteFile(settings.data_dir / "jobs.sqlite"), Path(name)) as store:
            verdict.undelivered = sum(not job.delivered for job in await store.in_states())
    return verdict


@asynccontextmanager
async def _outage(chat: LocalChat, seconds: float) -> AsyncIterator[None]:
    banned = chat.faults.start(Fault(status=429, via=False))
    yield
    await asyncio.sleep(seconds / 3)
    chat.faults.stop(banned)
    down = chat.faults.start(Fault(status=503))
    await asyncio.sleep(seconds / 3)
    async with chat.offline():
        chat.faults.stop(down)
        await asyncio.sleep(seconds / 3)


async def _ask(chat: LocalChat, jobs: int) -> None:
    photo, style = (
        Upload(path.name, path.read_bytes(), "image/jpeg")
        for kind in ("photo", "style")
        for path in [next(each.path for each in list_examples() if each.kind == kind)]
    )
    guilds = [chat.add_guild(f"server {number}", ()) for number in range(SERVERS)]
    rooms = [
        chat.add_channel(f"room-{number}", guild=guild).id
        for number in range(ROOMS)
        for guild in guilds
    ]
    for number in range(jobs):
        given: dict[str, str | int | float | bool | Upload] = {
            "content": photo,
            "style": style,
            "size": 64,
        }
        person = chat.person(f"person {number // 2}")
        await person.run("stylize", given, channel=rooms[number // 2 % len(rooms)])


async def _until_told(verdict: Verdict, jobs: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while len(verdict.told) < jobs:  # noqa: ASYNC110 - the chat tells nobody
            await asyncio.sleep(0.1)


def main() -> int:
    """Measure, print and judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.outage", allow_abbrev=False)
    parser.add_argument("--jobs", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.CRITICAL)
    verdict = asyncio.run(measure(arguments.jobs, arguments.seconds))
    once = sum(times == 1 for times in verdict.shown.values())
    told = sum(times == 1 for times in verdict.told.values())
    print(
        f"{arguments.jobs} jobs, an outage of 15 min in {arguments.seconds:.0f} s: "
        f"{once} shown once, "
        f"{told} told once, {max(verdict.shown.values())} times at most, "
        f"{verdict.undelivered} undelivered; {verdict.refused} requests refused; "
        "all there after "
        f"{verdict.seconds / 60:.1f} simulated minutes"
    )
    return int((once, told, verdict.undelivered) != (arguments.jobs, arguments.jobs, 0))


if __name__ == "__main__":
    sys.exit(main())
