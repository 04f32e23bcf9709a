"""How long finished pictures take to be seen when many others wait in the same channel.

    python -m benchmarks.edits [--waiting 18]

The whole bot over the local chat, in one process with it, and a painter that takes three seconds.
People send so many commands in one channel that that many wait; the figures are from the moment in
which a picture is finished, as the store has it, to the one in which its card shows it. Twice: once
as if all interactions had ended, so that all cards share the channel's five edits in five seconds,
once as usual. Exits with 1 if the first median is over 3 s, or its worst over 6 s.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from backend.database.sqlite import SqliteFile
from backend.examples import list_examples
from backend.jobs.model import JobState
from backend.jobs.store import JobStore
from backend.settings import load_settings
from bot.app import running_bot
from bot.local_chat import local_chat
from bot.timings import Timings
from localchat import Change, Exchange, LocalChat, Message, Upload

PAINTER: Final = "benchmarks.quick:load_slowly"
MAX_MEDIAN: Final = 3.0
MAX_WORST: Final = 6.0
PATIENCE: Final = 600.0
TOKEN_SECONDS: Final = 15 * 60.0


@dataclass(slots=True)
class Watch:
    """What is seen in the chat.

    Attributes:
        shown_at: when each card first showed its result, by the card.
        edits: how often each card was edited.
        uploaded: bytes that came with edits.
    """

    shown_at: dict[int, float] = field(default_factory=dict)
    edits: Counter[int] = field(default_factory=Counter)
    uploaded: int = 0

    def changed(self, change: Change, message: Message) -> None:
        """Note a card that shows its result."""
        names = [file.filename for file in message.attachments]
        if change == "update" and any(name.startswith("stylized") for name in names):
            self.shown_at.setdefault(message.id, time.time())

    def exchanged(self, exchange: Exchange) -> None:
        """Note an edit."""
        if exchange.method == "PATCH" and exchange.status == 200:
            self.edits[int(exchange.path.rpartition("/")[2])] += 1
            self.uploaded += sum(file.size for file in exchange.files)


async def measure(waiting: int, timings: Timings) -> tuple[list[float], Watch]:
    """Return the seconds from finished to shown of each picture, and what was seen."""
    watch = Watch()
    with tempfile.TemporaryDirectory() as name:
        settings = load_settings(data_dir=Path(name), devices=("cpu",), jobs_per_server=waiting + 2)
        async with local_chat(0) as (chat, server):
            chat.on_change(watch.changed)
            chat.on_exchange(watch.exchanged)
            async with running_bot(settings, server, painter=PAINTER, timings=timings):
                await _ask(chat, waiting + 1)
                async with asyncio.timeout(PATIENCE):
                    while len(watch.shown_at) <= waiting:  # noqa: ASYNC110 - the chat tells nobody
                        await asyncio.sleep(0.1)
        return await _delays(settings.data_dir, watch), watch


async def _ask(chat: LocalChat, commands: int) -> None:
    photo, style = (
        Upload(path.name, path.read_bytes(), "image/jpeg")
        for kind in ("photo", "style")
        for path in [next(each.path for each in list_examples() if each.kind == kind)]
    )
    for number in range(commands):
        person = chat.person(f"person {number // 2}")
        await person.run("stylize", {"content": photo, "style": style, "size": 256})


async def _delays(folder: Path, watch: Watch) -> list[float]:
    async with JobStore(SqliteFile(folder / "jobs.sqlite"), folder) as store:
        return [
            watch.shown_at[job.address.message_id] - job.finished_at.timestamp()
            for job in await store.in_states(JobState.DONE)
            if job.finished_at
        ]


def main() -> int:
    """Measure, print and judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.edits", allow_abbrev=False)
    parser.add_argument("--waiting", type=int, default=18)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    ways = {"channel": Timings(token_reserve=TOKEN_SECONDS), "interactions": Timings()}
    good = True
    for name, timings in ways.items():
        seconds, watch = asyncio.run(measure(arguments.waiting, timings))
        median, worst = statistics.median(seconds), max(seconds)
        edits = watch.edits.total()
        print(
            f"through the {name}: {len(seconds)} pictures, finished to shown: "
            f"median {median:.2f} s, worst {worst:.2f} s; {edits} edits, at most "
            f"{max(watch.edits.values())} a card, {watch.uploaded / 1000 / edits:.1f} kB an edit"
        )
        good &= name != "channel" or (median <= MAX_MEDIAN and worst <= MAX_WORST)
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
