"""The bot as a child process that the kill test can end at any moment and start again."""

from __future__ import annotations

import asyncio
import sys
import time
from asyncio.subprocess import Process
from pathlib import Path
from typing import Final

from benchmarks.child import start_child, told, workers_of
from bot.app import running_bot
from localchat import LocalChat

PAINTER: Final = "tests.e2e.painters:load"
PATIENCE: Final = 180.0


async def be_the_bot() -> None:
    """Serve the chat that stdin names, until stdin ends."""
    settings, server = await told(["cpu"])
    async with running_bot(settings, server, painter=PAINTER):
        await asyncio.to_thread(sys.stdin.read)


class Bot:
    """The bot as a child that can be killed and started again."""

    def __init__(self, chat: LocalChat, data: Path, log: Path) -> None:
        self._chat = chat
        self._data = data
        self._log = log
        self._child: Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self.resumed: list[float] = []

    async def start(self) -> None:
        """Start it; it connects by itself."""
        before = self._chat.session_starts
        self._child = await start_child("benchmarks.killable", self._chat, self._data, self._log)
        self._watching = asyncio.create_task(self._watch(before, time.monotonic()))

    async def kill(self) -> None:
        """SIGKILL: it has no say in it."""
        assert self._child is not None
        assert self._watching is not None
        self._watching.cancel()
        self._child.kill()
        await self._child.wait()

    async def leave(self) -> None:
        """Let it end as it likes."""
        assert self._child is not None
        assert self._child.stdin is not None
        self._child.stdin.close()
        await asyncio.wait_for(self._child.wait(), PATIENCE)

    async def until_connected(self) -> None:
        """Wait for the present child to be connected."""
        assert self._watching is not None
        await asyncio.wait_for(self._watching, PATIENCE)

    async def worker(self) -> int:
        """Process id of its worker, as soon as there is one."""
        assert self._child is not None
        async with asyncio.timeout(PATIENCE):
            while not (workers := list(workers_of(self._child))):  # noqa: ASYNC110 - see below
                await asyncio.sleep(0.01)  # nobody announces them
        return workers[0]

    async def _watch(self, before: int, began: float) -> None:
        while self._chat.session_starts == before:  # noqa: ASYNC110 - nor this
            await asyncio.sleep(0.01)
        self.resumed.append(time.monotonic() - began)


if __name__ == "__main__":
    asyncio.run(be_the_bot())
