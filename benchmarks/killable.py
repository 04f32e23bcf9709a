"""The bot as a child process that the kill test can end at any moment and start again.

Nothing here is part of the product: `be_the_bot`, the child's entry, runs `bot.app.running_bot`
with the addresses and the token of the chat that its stdin names.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.app import ChatServer, running_bot
from bot.localchat import LocalChat
from bot.settings import load_settings

PAINTER: Final = "tests.e2e.painters:load"
PATIENCE: Final = 180.0


async def be_the_bot() -> None:
    """Serve the chat that stdin names, until stdin ends."""
    about = json.loads(await asyncio.to_thread(sys.stdin.readline))
    Route.BASE = about["api"]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(about["gateway"])
    server = ChatServer(
        token=about["token"], attachment_hosts=frozenset({yarl.URL(about["page"]).authority})
    )
    settings = load_settings(data_dir=Path(about["data"]), devices=("cpu",))
    async with running_bot(settings, server, painter=PAINTER):
        await asyncio.to_thread(sys.stdin.read)


class Bot:
    """The bot as a child that can be killed and started again."""

    def __init__(self, chat: LocalChat, data: Path, log: Path) -> None:
        self._chat = chat
        self._data = data
        self._log = log
        self._child: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self.resumed: list[float] = []

    async def start(self) -> None:
        """Start it; it connects by itself."""
        about = {
            "api": self._chat.api_url,
            "gateway": self._chat.gateway_url,
            "page": self._chat.page_url,
            "token": self._chat.token,
            "data": str(self._data),
        }
        before = self._chat.gateway.session_starts
        with self._log.open("ab") as log:
            self._child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "benchmarks.killable"),
                stdin=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(about).encode() + b"\n")
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
        async with asyncio.timeout(PATIENCE):
            while not (workers := list(self._workers())):  # noqa: ASYNC110 - nobody announces it
                await asyncio.sleep(0.01)
        return workers[0]

    def _workers(self) -> Iterator[int]:
        assert self._child is not None
        for children in Path(f"/proc/{self._child.pid}/task").glob("*/children"):
            with contextlib.suppress(OSError):  # gone meanwhile
                for pid in map(int, children.read_text().split()):
                    if b"bot.engine.worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                        yield pid

    async def _watch(self, before: int, began: float) -> None:
        while self._chat.gateway.session_starts == before:  # noqa: ASYNC110 - nor this
            await asyncio.sleep(0.01)
        self.resumed.append(time.monotonic() - began)


if __name__ == "__main__":
    asyncio.run(be_the_bot())
