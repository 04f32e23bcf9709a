"""Kills the bot and its workers at random moments while people keep sending /stylize.

    python -m benchmarks.kill --kills 100 --worker-kills 100

```
 this process: the local chat, the people in it, and the killer
      │ gateway, REST, CDN over loopback          ▲ judges what the chat and the store hold at last
 a child: the real bot ── its workers, with a quick painter that loads no model
```
Exits with 1 unless every command has come to an explained end: a card in a final state with
exactly one mention of who asked (none where the card itself is the whole answer), or no answer at
all, which Discord reports to the person as "The application did not respond".
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import URL, create_engine, select

from backend.database.tables import JOBS
from backend.examples import list_examples
from backend.jobs.model import JobState
from benchmarks.fates import fates, line
from benchmarks.killable import PATIENCE, Bot
from bot.local_chat import CHAT
from localchat import DiscordLimits, Interaction, LocalChat, NotAcknowledged, Upload

PEOPLE: Final = 6
CHANNELS: Final = ("painting", "gallery")
DEED_PAUSE: Final = 6.0  # most seconds between two page_actions
# Most seconds between two commands of a person. Discord lets a channel's messages be edited once a
# second, and each start of the bot edits every unfinished card anew.
COMMAND_PAUSE: Final = 36.0


@dataclass(slots=True)
class Verdict:
    """What is left at the end.

    Attributes:
        sent: how many commands people sent.
        fates: how many commands came to which end.
        wrong: everything that must not be, in words.
        resumed: seconds from each start of the bot until it was connected.
        checkpoints: how many runs went on from a checkpoint.
    """

    sent: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    resumed: list[float] = field(default_factory=list)
    checkpoints: int = 0


# the people


class Crowd:
    """People who send /stylize again and again, whatever happens to the bot.

    Args:
        chat: where they are.
        chance: decides when they send what.
    """

    def __init__(self, chat: LocalChat, chance: random.Random) -> None:
        self._chat = chat
        self._chance = chance
        self._pictures = [
            Upload(example.path.name, example.path.read_bytes(), "image/jpeg")
            for kind in ("photo", "style")
            for example in [next(each for each in list_examples() if each.kind == kind)]
        ]
        self.sent: list[Interaction] = []

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        """They send while the block runs; at its end everything sent has its first answer."""
        over = asyncio.Event()
        people = [
            asyncio.create_task(self._person(f"person {n}", CHANNELS[n % len(CHANNELS)], over))
            for n in range(PEOPLE)
        ]
        try:
            yield
        finally:
            over.set()
            await asyncio.gather(*people)

    async def _person(self, name: str, channel: str, over: asyncio.Event) -> None:
        content, style = self._pictures
        while not over.is_set():
            options: dict[str, str | int | float | bool | Upload]
            options = {"content": content, "style": style, "size": 64}
            try:
                person = self._chat.person(name)
                interaction = await person.run("stylize", options, channel=channel)
            except NotAcknowledged as error:
                interaction = error.interaction
            self.sent.append(interaction)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), self._chance.uniform(0, COMMAND_PAUSE))


# the killer and the judge


async def measure(*, kills: int, worker_kills: int, seed: int, folder: Path) -> Verdict:
    """Let people send commands through so many deaths of the bot and of workers.

    Args:
        kills: how often the bot is killed.
        worker_kills: how often its worker is.
        seed: of the moments and the order.
        folder: for the bot's data and its log.
    """
    chance = random.Random(seed)
    page_actions = [True] * kills + [False] * worker_kills
    chance.shuffle(page_actions)
    async with LocalChat(config=CHAT, limits=DiscordLimits(identify_seconds=0)) as chat:
        bot = Bot(chat, folder / "data", folder / "bot.log")
        await bot.start()
        await bot.until_connected()
        crowd = Crowd(chat, chance)
        async with crowd.sending():
            for kills_the_bot in page_actions:
                await asyncio.sleep(chance.uniform(0, DEED_PAUSE))
                if kills_the_bot:
                    await bot.kill()
                    await bot.start()
                else:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(await bot.worker(), signal.SIGKILL)
        await bot.until_connected()
        with contextlib.suppress(TimeoutError):  # then the verdict says what is missing
            await until_settled(chat, crowd)
        await bot.leave()
        data = folder / "data"
        database = URL.create("sqlite", database=str(data / "jobs.sqlite"))
        return judge(chat, crowd, data, database, bot.resumed)


async def until_settled(chat: LocalChat, crowd: Crowd) -> None:
    """Wait until every command has come to an end, for so long as people would."""
    async with asyncio.timeout(PATIENCE):
        while any(fate.fault for fate in fates(chat, crowd.sent)):  # noqa: ASYNC110 - many writers
            await asyncio.sleep(0.2)
        await asyncio.sleep(3)  # long enough for a mention too many


def judge(
    chat: LocalChat, crowd: Crowd, data: Path, database: URL, resumed: list[float]
) -> Verdict:
    """Compare what people see with what the bot has in its database."""
    verdict = Verdict(sent=len(crowd.sent), resumed=resumed)
    for fate in fates(chat, crowd.sent):
        if fate.fault:
            verdict.wrong.append(fate.fault)
        else:
            verdict.fates[fate.words] += 1
    lines = {
        interaction.response_message_id: line(chat, interaction.response_message_id)
        for interaction in crowd.sent
        if interaction.response_message_id
    }
    columns = (JOBS.c.id, JOBS.c.state, JOBS.c.delivered, JOBS.c.message_id)
    engine = create_engine(database)
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(select(*columns))]
    engine.dispose()
    jobs = [row for row in rows if row[1] != JobState.RECEIVING]
    commands = len(rows) - len(jobs)
    ends = {"done": "Your picture is ready", "failed": "This picture could not be painted"}
    for job, state, delivered, card in jobs:
        if not delivered or ends.get(state, "") != lines.pop(card, None):
            verdict.wrong.append(f"job {job} is {state}, delivered {delivered}: not on its card")
    verdict.wrong += [
        f"a card says “{title}”, but there is no such job"
        for title in lines.values()
        if title in ends.values()
    ]
    verdict.checkpoints = _lines(data / "resumed")
    if commands:
        verdict.wrong.append(f"{commands} commands were noted and never looked at again")
    verdict.wrong += [f"a file was left over: {file.name}" for file in data.glob("scratch/*")]
    return verdict


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines()) if path.exists() else 0


def show(verdict: Verdict, *, kills: int, worker_kills: int, seconds: float) -> None:
    """Print the table."""
    resumed = sorted(verdict.resumed)
    print(f"{kills} kills of the bot, {worker_kills} of workers in {seconds:.0f} s")
    print(f"  {verdict.sent:5}  commands sent")
    for fate, count in verdict.fates.most_common():
        print(f"  {count:5}  {fate}")
    print(f"  {verdict.checkpoints:5}  runs went on from a checkpoint")
    print(f"  {len(verdict.wrong):5}  wrong")
    for fault, count in Counter(verdict.wrong).items():
        print(f"         {count} × {fault}")
    print(
        f"start to connected: median {resumed[len(resumed) // 2]:.1f} s, worst {resumed[-1]:.1f} s"
    )


def main() -> int:
    """Measure, print, and judge; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=100, help="of the bot")
    parser.add_argument("--worker-kills", type=int, default=100, help="of its workers")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    parser.add_argument("--keep", type=Path, help="folder for the bot's data and log")
    arguments = parser.parse_args()
    counts = {"kills": arguments.kills, "worker_kills": arguments.worker_kills}
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        verdict = asyncio.run(measure(**counts, seed=arguments.seed, folder=folder))
    show(verdict, **counts, seconds=time.monotonic() - began)
    return int(bool(verdict.wrong))


if __name__ == "__main__":
    sys.exit(main())
