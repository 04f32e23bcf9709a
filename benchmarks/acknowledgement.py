"""How fast /stylize is acknowledged while a picture is being painted and many people ask at once.

    python -m benchmarks.acknowledgement

```
 this process: the bot, a clock that looks whether its loop is late     its worker: a real picture
      │ gateway, REST, CDN over loopback
 a second process: the local chat and the people in it, who measure
```
The chat has a process of its own, as Discord has machines of its own: otherwise its work would
count as the bot's. Exits with 1 if an acknowledgement took longer than a second, or the bot's
event loop stood still for 100 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yarl

from backend.examples import list_examples
from backend.settings import load_settings
from bot.app import running_bot
from bot.connection import ChatServer
from localchat import Interaction, LocalChat, Upload
from localchat.discord_py import use_addresses

MAX_ACKNOWLEDGEMENT: Final = 1.0
MAX_BLOCK: Final = 0.1
TICK: Final = 0.005
PATIENCE: Final = 180.0
LINE_LIMIT: Final = 2**20


@dataclass(slots=True)
class LoopClock:
    """Wakes every 5 ms and notes how late it was.

    Attributes:
        longest: worst delay in seconds; other processes on the same cores can cause it as well.
        longest_work: most CPU seconds that the bot, in all its threads, spent between two looks.
        ticks: how often it woke.
    """

    longest: float = 0.0
    longest_work: float = 0.0
    ticks: int = 0

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            before, work = time.perf_counter(), time.process_time()
            await asyncio.sleep(TICK)
            self.longest = max(self.longest, time.perf_counter() - before - TICK)
            self.longest_work = max(self.longest_work, time.process_time() - work)
            self.ticks += 1


# the second process: the chat and the people


async def be_the_chat(count: int, size: int) -> None:
    """Serve the chat; one picture is begun, then `count` people ask at the same time."""
    async with LocalChat() as chat:
        _say(api=chat.api_url, gateway=chat.gateway_url, page=chat.page_url, token=chat.token)
        await asyncio.to_thread(sys.stdin.readline)  # the bot is ready
        first = await _ask(chat, "the first", size)
        await _until(chat, first, lambda words: "%" in words)
        _say(painting=True)
        asked = await asyncio.gather(*(_ask(chat, f"person {n}", size) for n in range(count)))
        _say(seconds=[interaction.seconds_to_acknowledge for interaction in asked])
        for interaction in asked:
            await _until(chat, interaction, lambda words: "Looking at" not in words)
        _say(queued=[_words(chat, interaction).splitlines()[0] for interaction in asked])
        await asyncio.to_thread(sys.stdin.read)  # the bot has left


async def _ask(chat: LocalChat, name: str, size: int) -> Interaction:
    photo, style = (
        Upload(path.name, path.read_bytes(), "image/jpeg")
        for kind in ("photo", "style")
        for path in [next(each.path for each in list_examples() if each.kind == kind)]
    )
    options: dict[str, str | int | float | bool | Upload] = {
        "content": photo,
        "style": style,
        "preset": "standard",
        "size": size,
    }
    return await chat.person(name).run("stylize", options)


async def _until(
    chat: LocalChat, interaction: Interaction, condition: Callable[[str], bool]
) -> None:
    async for _ in chat.watch(interaction.response_message_id or 0):
        if condition(_words(chat, interaction)):
            return


def _words(chat: LocalChat, interaction: Interaction) -> str:
    """Return the first text of a card."""
    card = chat.message(interaction.response_message_id or 0)
    return str(card.components[0]["components"][0]["content"])


def _say(**fields: Any) -> None:
    print(json.dumps(fields), flush=True)


# this process: the bot


async def measure(count: int, size: int) -> tuple[list[float], LoopClock]:
    """Seconds of each acknowledgement, and how late the bot's loop was meanwhile."""
    async with _chat_process("--be-the-chat", f"--people={count}", f"--size={size}") as chat:
        about = await _hear(chat)
        use_addresses(about["api"], about["gateway"])
        hosts = frozenset({yarl.URL(about["page"]).authority})
        server = ChatServer(token=about["token"], attachment_hosts=hosts)
        with tempfile.TemporaryDirectory() as folder:
            settings = load_settings(data_dir=Path(folder), jobs_per_server=count + 1)
            async with running_bot(settings, server):
                _tell(chat, "ready")
                await _hear(chat)
                clock = LoopClock()
                watching = asyncio.create_task(clock.run())
                seconds = (await _hear(chat))["seconds"]
                titles = (await _hear(chat))["queued"]
                watching.cancel()
    if refused := [title for title in titles if "did not work" in title]:
        raise SystemExit(f"{len(refused)} of {count} commands were refused.")
    return seconds, clock


@asynccontextmanager
async def _chat_process(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.acknowledgement", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_LIMIT,
    )
    try:
        yield process
    finally:
        if process.stdin:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()


async def _hear(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
    if not line:
        raise SystemExit("The chat's process ended.")
    heard: dict[str, Any] = json.loads(line)
    return heard


def _tell(process: asyncio.subprocess.Process, words: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{words}\n".encode())


def main() -> int:
    """Measure, print, and judge; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=20, help="commands sent at once")
    parser.add_argument("--size", type=int, default=512, help="longest side of the pictures")
    parser.add_argument("--be-the-chat", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.be_the_chat:
        asyncio.run(be_the_chat(arguments.people, arguments.size))
        return 0
    logging.basicConfig(level=logging.ERROR)  # twenty cards cannot all hear of the bot's end
    seconds, clock = asyncio.run(measure(arguments.people, arguments.size))
    print(f"acknowledgements   {len(seconds)} commands at once, a picture being painted")
    print(f"  median           {statistics.median(seconds) * 1000:6.0f} ms")
    print(f"  worst            {max(seconds) * 1000:6.0f} ms  (limit {MAX_ACKNOWLEDGEMENT:.0f} s)")
    print(f"the bot's loop     looked at {clock.ticks} times")
    print(f"  longest block    {clock.longest * 1000:6.0f} ms  (limit {MAX_BLOCK * 1000:.0f} ms)")
    print(f"  longest work     {clock.longest_work * 1000:6.0f} ms  (CPU time between two looks)")
    return int(max(seconds) > MAX_ACKNOWLEDGEMENT or clock.longest >= MAX_BLOCK)


if __name__ == "__main__":
    sys.exit(main())
