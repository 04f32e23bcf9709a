"""The bot as a child process that measures its own loop and memory, for `benchmarks.soak`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import resource
import sys
from asyncio.subprocess import Process
from pathlib import Path
from typing import Any, Final, Self

import aiofiles

from backend.files.local import LocalFiles
from backend.files.store import FileKey
from benchmarks.acknowledgement import LoopClock
from benchmarks.child import start_child, told, workers_of
from bot.app import running_bot
from localchat import LocalChat

PAINTER: Final = "benchmarks.quick:load"
DEVICES: Final = ("cpu", "cpu")
SAMPLES: Final = 10
PATIENCE: Final = 60.0
SLOW_SHARE: Final = 0.1
SLOW_SECONDS: Final = 0.5


async def be_the_bot() -> None:
    """Serve the chat that stdin names until stdin says so; then print figures as JSON."""
    settings, server = await told(DEVICES)
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
    """Let one file in ten take half a second: uploads to open, kept files to read."""
    chance, quick = random.Random(0), aiofiles.open

    @contextlib.asynccontextmanager
    async def slow(*arguments: Any, **options: Any) -> Any:
        if chance.random() < SLOW_SHARE:
            await asyncio.sleep(SLOW_SECONDS)
        async with quick(*arguments, **options) as file:
            yield file

    setattr(aiofiles, "open", slow)  # noqa: B010 - for a type checker it is no such function
    read = LocalFiles.get

    async def read_slowly(files: LocalFiles, key: FileKey) -> bytes:
        if chance.random() < SLOW_SHARE:
            await asyncio.sleep(SLOW_SECONDS)
        return await read(files, key)

    setattr(LocalFiles, "get", read_slowly)  # noqa: B010 - nor may a method be replaced


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
        self._child: Process | None = None

    async def __aenter__(self) -> Self:
        """Start it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        data, log = self._folder / "data", self._folder / "bot.log"
        self._child = await start_child("benchmarks.soaked", self._chat, data, log, heard=True)
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
        assert self._child is not None
        assert self._child.stdin is not None
        self._child.stdin.write(b"leave\n")
        figures: dict[str, Any] = json.loads(await self._hear())
        return figures

    def signal_worker(self, chance: random.Random, number: int) -> None:
        """Send a signal to one of its workers, if there is one now."""
        assert self._child is not None
        if workers := sorted(workers_of(self._child)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(workers), number)

    async def _hear(self) -> bytes:
        assert self._child is not None
        assert self._child.stdout is not None
        heard = await asyncio.wait_for(self._child.stdout.readline(), PATIENCE)
        if not heard:
            raise SystemExit("The bot ended; its log says why.")
        return heard


if __name__ == "__main__":
    asyncio.run(be_the_bot())
