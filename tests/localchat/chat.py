"""What tests need around the local chat: a clock, a client, a connection, a picture.

People act through `chat.person("Ada", permissions, locale="de")`, a `localchat.Person`: `run` a
command (`"style add"`), `use` a context menu, `press` a button or choose in a menu, `submit` the
modal that one of these opened, `say` and `delete` messages, `install` the application; `dm` is the
channel with the bot. Places are made by `chat.add_guild`, `add_channel`, `add_role`, `give_role`,
`remove_bot`, `limit_uploads`, `deny_bot`; refusals are ordered from `chat.faults`.
"""

from __future__ import annotations

import asyncio
import io
import json
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import aiohttp
import discord

from localchat import Interaction, LocalChat

T = TypeVar("T")


class FakeClock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def connected(client: discord.Client, chat: LocalChat) -> AsyncIterator[None]:
    """The client is logged in and has seen the guild."""
    async with client:
        running = asyncio.create_task(client.start(chat.token))
        ready = asyncio.create_task(client.wait_until_ready())
        try:
            await asyncio.wait({running, ready}, timeout=20, return_when="FIRST_COMPLETED")
            if running.done():
                running.result()
            assert ready.done(), "the client did not become ready"
            yield
        finally:
            ready.cancel()
            await client.close()
            await asyncio.wait({running})


class Rest:
    """A bare client of the REST API, for what discord.py would not send."""

    def __init__(self, chat: LocalChat, session: aiohttp.ClientSession) -> None:
        self.chat = chat
        self.session = session
        self.headers: Mapping[str, str] = {}

    async def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        files: tuple[tuple[str, bytes], ...] = (),
        token: str | None = None,
        query: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Status and JSON of the answer."""
        token = self.chat.token if token is None else token
        headers = {"Authorization": f"Bot {token}"} if token else {}
        data: Any = None
        if files:
            data = aiohttp.FormData(quote_fields=False)
            if body is not None:
                data.add_field("payload_json", json.dumps(body))
            for number, (name, content) in enumerate(files):
                data.add_field(f"files[{number}]", io.BytesIO(content), filename=name)
            body = None
        async with self.session.request(
            method, self.chat.api_url + path, json=body, data=data, headers=headers, params=query
        ) as response:
            text = await response.text()
            self.headers = response.headers
            if response.content_type != "application/json":
                return response.status, text
            return response.status, await response.json()


def png(width: int = 8, height: int = 6) -> bytes:
    """A small valid PNG of one colour."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xb0\x4a\x24" * width) * height)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


STYLIZE = {
    "name": "stylize",
    "type": 1,
    "description": "Paint a photo",
    "options": [
        {"type": 11, "name": "content", "description": "photo", "required": True},
        {"type": 11, "name": "style", "description": "picture", "required": True},
        {"type": 4, "name": "size", "description": "px", "min_value": 64, "max_value": 512},
        {
            "type": 3,
            "name": "preset",
            "description": "how",
            "choices": [{"name": "Draft", "value": "draft"}, {"name": "Fine", "value": "fine"}],
        },
    ],
}
"""A command as a bot registers it."""


async def begin(chat: LocalChat, running: Awaitable[T]) -> Begun[T]:
    """Starts something a person does and returns once the chat knows of it, before any answer."""
    before = set(chat.world.interactions)
    task = asyncio.ensure_future(running)
    while set(chat.world.interactions) == before:
        if task.done():
            task.result()
        await asyncio.sleep(0.005)
    new = next(iter(set(chat.world.interactions) - before))
    return Begun(chat.world.interactions[new], task)


@dataclass(frozen=True, slots=True)
class Begun(Generic[T]):
    """An interaction nobody has answered yet, and the person who waits for the answer."""

    interaction: Interaction
    waiting: asyncio.Future[T]

    @property
    def callback(self) -> str:
        """Path of the first answer."""
        return f"/interactions/{self.interaction.id}/{self.interaction.token}/callback"

    def webhook(self, application_id: int, rest: str = "") -> str:
        """Path of further messages."""
        return f"/webhooks/{application_id}/{self.interaction.token}{rest}"
