"""The bot in a child process over a chat in this one: what the kill test and the soak share.

Nothing here is part of the product: the child runs `bot.app.running_bot` with the addresses and
the token of the chat that the first line of its stdin names.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yarl

from backend.settings import Settings, load_settings
from bot.connection import ChatServer
from localchat import LocalChat
from localchat.discord_py import use_addresses


async def start_child(
    module: str,
    chat: LocalChat,
    data: Path,
    log: Path,
    *arguments: str,
    heard: bool = False,
    env: Mapping[str, str] | None = None,
) -> Process:
    """Start `python -m module`, whose entry begins with `told`.

    Args:
        module: to run, with its `arguments`.
        chat: that it connects to.
        data: folder of its data.
        log: file that its log is added to.
        heard: its stdout is a pipe to this process.
        env: settings beside those of this process.
    """
    about = {
        "api": chat.api_url,
        "gateway": chat.gateway_url,
        "page": chat.page_url,
        "token": chat.token,
        "data": str(data),
    }
    with log.open("ab") as stderr:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, *arguments),
            stdin=PIPE,
            stdout=PIPE if heard else None,
            stderr=stderr,
            env={**os.environ, **(env or {})},
        )
    assert child.stdin is not None
    child.stdin.write(json.dumps(about).encode() + b"\n")
    return child


async def told(devices: Sequence[str]) -> tuple[Settings, ChatServer]:
    """In the child: which chat to serve, and where its data are."""
    about = json.loads(await asyncio.to_thread(sys.stdin.readline))
    use_addresses(about["api"], about["gateway"])
    hosts = frozenset({yarl.URL(about["page"]).authority})
    settings = load_settings(data_dir=Path(about["data"]), devices=tuple(devices))
    return settings, ChatServer(token=about["token"], attachment_hosts=hosts)


def workers_of(child: Process) -> Iterator[int]:
    """Process ids of the workers that a child has now."""
    for children in Path(f"/proc/{child.pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # gone meanwhile
            for pid in map(int, children.read_text().split()):
                if b"backend.engine.worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    yield pid
