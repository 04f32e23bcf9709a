"""The bot as a child process that measures its own loop and memory, for `benchmarks.soak`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Self

import aiofiles
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from benchmarks.acknowledgement import LoopClock
from bot.app import ChatServer, running_bot
from bot.localchat import LocalChat
from bot.settings import load_settings

PAINTER: Final = "benchmarks.quick:load"
DEVICES: Final = ("cpu", "cpu")
SAMPLES: Final = 10
PATIENCE: Final = 60.0
SLOW_SHARE: Final = 0.1
SLOW_SECONDS: Final = 0.5


async def be_the_bot() -> None:
    """Serve the chat that stdin names until stdin says so; then print figures as JSON."""
    about = json.loads(await asyncio.to_thread(sys.stdin.readline))
    Route.BASE = about["api"]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(about["gateway"])
    server = ChatServer(
        token=about["token"], attachment_hosts=frozenset({yarl.URL(about["page"]).authority})
    )
    settings = load_settings(data_dir=Path(about["data"]), devices=DEVICES)
    _slow_down_the_disk()
    clock, memory = LoopClock(), list[float]()
    async with running_bot(settings, server, painter=PAINTER):
        print("ready", flush=True)
        watching = [asyncio.create_task(clock.run()), asyncio.create_task(_weigh(memory))]
        await asyncio.to_thread(sys.stdin.readline)
        for task in watching:
            task.cancel()
    part = max(1, len(memory) // SAMPLES)
    figures = {
        "longest_block": clock.longest,
        "longest_work": clock.longest_work,
        "memory_mb": memory[::part],
    }
    print(json.dumps(figures), flush=True)


def _slow_down_the_disk() -> None:
    """One file in ten takes half a second to open."""
    chance, quick = random.Random(0), aiofiles.open

    @contextlib.asynccontextmanager
    async def slow(*arguments: Any, **options: Any) -> Any:
        if chance.random() < SLOW_SHARE:
            await asyncio.sleep(SLOW_SECONDS)
        async with quick(*arguments, **options) as file:
            yield file

    setattr(aiofiles, "open", slow)  # noqa: B010 - for a type checker it is no such function


async def _weigh(memory: list[float]) -> None:
    page = resource.getpagesize() / 2**20
    while True:
        pages = (await asyncio.to_thread(Path("/proc/self/statm").read_text)).split()[1]
        memory.append(int(pages) * page)
        await asyncio.sleep(1)


class SoakedBot:
    """The child; an async context manager that waits until it is connected."""

    def __init__(self, chat: LocalChat, folder: Path) -> None:
        self._chat = chat
        self._folder = folder
        self._child: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        """Start it."""
        about = {
            "api": self._chat.api_url,
            "gateway": self._chat.gateway_url,
            "page": self._chat.page_url,
            "token": self._chat.token,
            "data": str(self._folder / "data"),
        }
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "bot.log").open("ab") as log:
            self._child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "benchmarks.soaked"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        self._tell(json.dumps(about))
        await self._hear()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Kill it if it is still there."""
        assert self._child is not None
        with contextlib.suppress(ProcessLookupError):
            self._child.kill()
        await self._child.wait()

    async def leave(self) -> dict[str, Any]:
        """Let it end; returns what it measured."""
        self._tell("leave")
        figures: dict[str, Any] = json.loads(await self._hear())
        return figures

    def signal_worker(self, chance: random.Random, number: int) -> None:
        """Send a signal to one of its workers, if there is one now."""
        if workers := sorted(self._workers()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(workers), number)

    def _workers(self) -> Iterator[int]:
        assert self._child is not None
        for children in Path(f"/proc/{self._child.pid}/task").glob("*/children"):
            with contextlib.suppress(OSError):  # gone meanwhile
                for pid in map(int, children.read_text().split()):
                    if b"bot.engine.worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                        yield pid

    def _tell(self, words: str) -> None:
        assert self._child is not None
        assert self._child.stdin is not None
        self._child.stdin.write(f"{words}\n".encode())

    async def _hear(self) -> bytes:
        assert self._child is not None
        assert self._child.stdout is not None
        heard = await asyncio.wait_for(self._child.stdout.readline(), PATIENCE)
        if not heard:
            raise SystemExit("The bot ended; its log says why.")
        return heard


if __name__ == "__main__":
    asyncio.run(be_the_bot())
