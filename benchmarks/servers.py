"""How long the bot takes to start in thousands of servers, and what commands wait meanwhile.

    python -m benchmarks.servers --servers 2600 10000

The bot has a process of its own; this one is Discord, with 40 channels and 15 roles in each server,
Discord's own pace of shards, and somebody who asks for the queue ten times a second, each time in
another server whose shard is connected, from the first shard on until the bot is ready. Exits with
1 if an acknowledgement came too late, or if more sessions were started than there are shards.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.child import start_child, told
from bot.app import running_bot
from localchat import LocalChat, NotAcknowledged

MAX_ACKNOWLEDGEMENT: Final = 3.0
PATIENCE: Final = 600.0
BETWEEN_COMMANDS: Final = 0.1
CHANNELS: Final = 40
ROLES: Final = 15


# the child: the bot


async def be_the_bot() -> None:
    """Start, say how much memory that took, and stay until stdin ends."""
    settings, server = await told(["cpu"])
    before, work = _mebibytes(), time.process_time()
    async with running_bot(settings, server):
        figures = {
            "before": before,
            "after": _mebibytes(),
            "processor": time.process_time() - work,
        }
        print(json.dumps(figures), flush=True)
        await asyncio.to_thread(sys.stdin.read)


def _mebibytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


# this process: Discord, and somebody who asks


@dataclass(slots=True)
class Outcome:
    """What one start was like.

    Attributes:
        seconds: from the start of the process until the bot is ready.
        shards: that are connected then.
        sessions: that were started.
        waits: seconds to each acknowledgement.
        missed: commands that were not acknowledged at all.
        figures: what the bot says of itself.
    """

    seconds: float = 0.0
    shards: int = 0
    sessions: int = 0
    waits: list[float] = field(default_factory=list)
    missed: int = 0
    figures: dict[str, Any] = field(default_factory=dict)


async def start_in(count: int, folder: Path) -> Outcome:
    """Start the bot in so many servers."""
    outcome = Outcome()
    async with LocalChat() as chat:
        guild_ids = chat.add_guilds(count, channels=CHANNELS, roles=ROLES)
        begun = time.monotonic()
        child = await start_child(
            "benchmarks.servers", chat, folder / "data", folder / "log", "--be-the-bot", heard=True
        )
        asking = asyncio.create_task(_ask(chat, guild_ids, outcome))
        assert child.stdout is not None
        line = await asyncio.wait_for(child.stdout.readline(), PATIENCE)
        outcome.seconds = time.monotonic() - begun
        asking.cancel()
        if not line:
            raise SystemExit(f"The bot ended:\n{(folder / 'log').read_text()[-2000:]}")
        outcome.figures = json.loads(line)
        outcome.shards, outcome.sessions = len(chat.shards), chat.session_starts
        child.terminate()
        await child.wait()
    return outcome


async def _ask(chat: LocalChat, guild_ids: range, outcome: Outcome) -> None:
    asking: set[asyncio.Task[None]] = set()
    chance = random.Random(1)
    while True:
        if shards := chat.shards:
            guild_id = chance.choice(guild_ids)
            if ((guild_id >> 22) % shards[0][1], shards[0][1]) in shards:
                task = asyncio.create_task(_ask_once(chat, guild_id, outcome))
                asking.add(task)
                task.add_done_callback(asking.discard)
        await asyncio.sleep(BETWEEN_COMMANDS)


async def _ask_once(chat: LocalChat, guild_id: int, outcome: Outcome) -> None:
    channel = chat.channels(chat.guild(guild_id))[0].id
    try:
        asked = await chat.person("Ada").run("queue", channel=channel)
    except NotAcknowledged:
        outcome.missed += 1
    else:
        outcome.waits.append(asked.seconds_to_acknowledge or 0.0)


def show(count: int, outcome: Outcome) -> bool:
    """Print what one start was like; return whether it was as it should be."""
    waits, figures = outcome.waits or [0.0], outcome.figures
    print(f"{count} servers, {outcome.shards} shards, {outcome.sessions} sessions started")
    print(f"  ready after      {outcome.seconds:6.1f} s, {figures['processor']:.1f} s of processor")
    print(f"  memory           {figures['after']:6.0f} MiB ({figures['before']:.0f} before)")
    print(f"  acknowledgements {len(outcome.waits)} while it started, {outcome.missed} missed")
    print(f"    median         {statistics.median(waits) * 1000:6.0f} ms")
    print(f"    worst          {max(waits) * 1000:6.0f} ms (limit {MAX_ACKNOWLEDGEMENT:.0f} s)")
    late = outcome.missed or max(waits) > MAX_ACKNOWLEDGEMENT
    return not late and outcome.sessions == outcome.shards


async def measure(counts: Sequence[int]) -> bool:
    """Start the bot once for each number of servers."""
    fine = True
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            fine &= show(count, await start_in(count, Path(folder)))
    return fine


def main() -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--servers", type=int, nargs="+", default=[2600, 10_000])
    parser.add_argument("--be-the-bot", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.be_the_bot:
        asyncio.run(be_the_bot())
        return 0
    return int(not asyncio.run(measure(arguments.servers)))


if __name__ == "__main__":
    sys.exit(main())
