"""What one person's hundred commands with slow pictures cost everybody else.

    python -m benchmarks.flood [--commands 100] [--people 8] [--scans 90]

The whole bot over the local chat, in one process with it, and a quick painter. One person sends
commands of four pictures each, and each picture takes the checker as long as it is allowed to; then
everybody else sends one command. Three times: two commands of that person's; all of them under the
usual limits; and all of them with no limit on jobs, so that nothing but intake stands against them.
Exits with 1 if somebody was not painted, or if the checks until all others were painted took more
than 1.5 times the processor seconds that they took beside two commands: seconds by the clock depend
on what else the machine does.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import resource
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from backend.examples import list_examples
from backend.settings import load_settings
from bot.app import running_bot
from bot.local_chat import local_chat
from localchat import Change, LocalChat, Message, Upload
from localchat.inputs import OptionValue
from tests.corpus.bad import scan_bomb

PAINTER: Final = "benchmarks.quick:load"
FLOODER: Final = "Mallory"
MOST: Final = 1.5
PATIENCE: Final = 900.0
_MIB: Final = 2**20
_PICTURES: Final = ("content", "style", "style2", "style3")


@dataclass(slots=True)
class Verdict:
    """What came of it.

    Attributes:
        seconds: from each of the others' commands to its picture.
        work: processor seconds of all checks that were over when the last of those was there.
        ended: how many of the flood's commands had come to an end when the last of those was there.
        disk: most bytes in the bot's folder.
        files: most files that were coming in at a time.
        memory: most KiB of this process; of the largest process that checked or painted.
    """

    seconds: list[float] = field(default_factory=list)
    work: float = 0.0
    ended: int = 0
    disk: int = 0
    files: int = 0
    memory: tuple[int, int] = (0, 0)


async def measure(commands: int, people: int, *, bomb: bytes, limited: bool = True) -> Verdict:
    """Let one person send so many commands, and then so many others one each."""
    verdict, limits = (
        Verdict(),
        {} if limited else {"jobs_per_person": 200, "jobs_per_server": 1000},
    )
    with tempfile.TemporaryDirectory() as name:
        settings = load_settings(data_dir=Path(name), devices=("cpu",), **limits)
        async with local_chat(0) as (chat, server):
            ended: set[int] = set()
            chat.on_change(lambda change, message: _note(ended, change, message))
            async with running_bot(settings, server, painter=PAINTER):
                began = _work()
                watching = asyncio.create_task(_watch(settings.data_dir, verdict))
                flood = await _flood(chat, commands, bomb)
                async with asyncio.timeout(PATIENCE):
                    asked = [_painted(chat, f"person {number}") for number in range(people)]
                    verdict.seconds = list(await asyncio.gather(*asked))
                verdict.work, verdict.ended = _work() - began, len(ended & flood)
                watching.cancel()
    own, others = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    verdict.memory = resource.getrusage(own).ru_maxrss, resource.getrusage(others).ru_maxrss
    return verdict


async def _flood(chat: LocalChat, commands: int, bomb: bytes) -> set[int]:
    """Send the flood; return the cards of what was taken."""
    pictures = {name: Upload(f"{name}.jpg", bomb) for name in _PICTURES}
    asked = [await chat.person(FLOODER).run("stylize", pictures) for _ in range(commands)]
    cards = [chat.message(each.response_message_id or 0) for each in asked]
    return {card.id for card in cards if card.components}


async def _painted(chat: LocalChat, name: str) -> float:
    """Send a command; return the seconds until its picture is there."""
    photo, style = (
        Upload(path.name, path.read_bytes())
        for kind in ("photo", "style")
        for path in [next(each.path for each in list_examples() if each.kind == kind)]
    )
    began = time.monotonic()
    options: dict[str, OptionValue] = {"content": photo, "style": style, "size": 256}
    asked = await chat.person(name).run("stylize", options)
    async for _ in chat.watch(asked.response_message_id or 0):
        files = chat.message(asked.response_message_id or 0).attachments
        if any(file.filename.startswith("stylized") for file in files):
            return time.monotonic() - began
    raise RuntimeError(f"{name} was not painted")


def _note(ended: set[int], change: Change, message: Message) -> None:
    if change == "delete" or any(f.filename.startswith("stylized") for f in message.attachments):
        ended.add(message.id)


async def _watch(folder: Path, verdict: Verdict) -> None:
    """Look again and again how much the bot holds."""
    while True:
        disk, files = await asyncio.to_thread(_held, folder)
        verdict.disk, verdict.files = max(verdict.disk, disk), max(verdict.files, files)
        await asyncio.sleep(0.1)


def _work() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _held(folder: Path) -> tuple[int, int]:
    """Return bytes of all files, and how many are coming in."""
    sizes: dict[Path, int] = {}
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # it was there a moment ago
            sizes[path] = path.stat().st_size
    return sum(sizes.values()), sum(path.name == "raw" for path in sizes)


def main() -> int:
    """Measure, print and judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flood", allow_abbrev=False)
    parser.add_argument("--commands", type=int, default=100)
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--scans", type=int, default=90, help="of each slow picture")
    args = parser.parse_args()
    logging.disable()
    runs = {
        "two": (2, True),
        "usual limits": (args.commands, True),
        "no limits": (args.commands, False),
    }
    works = []
    for name, (commands, limited) in runs.items():
        measured = measure(commands, args.people, bomb=scan_bomb(args.scans), limited=limited)
        verdict = asyncio.run(measured)
        works.append(verdict.work)
        worst = max(verdict.seconds)
        print(
            f"{name}: {commands} commands; {len(verdict.seconds)} others painted, median "
            f"{statistics.median(verdict.seconds):.1f} s, worst {worst:.1f} s, after "
            f"{verdict.work:.0f} processor seconds of checks; {verdict.ended} of the flood had "
            f"ended; at most {verdict.files} files coming in, {verdict.disk / _MIB:.0f} MiB on "
            f"disk, {verdict.memory[0] / 1024:.0f} MiB in this process, "
            f"{verdict.memory[1] / 1024:.0f} MiB in one that checks or paints",
            flush=True,
        )
    return int(max(works) > MOST * works[0])


if __name__ == "__main__":
    sys.exit(main())
