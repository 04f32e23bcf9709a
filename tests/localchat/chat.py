"""What tests need around the local chat: a clock, a bare REST client, a picture, a command."""

from __future__ import annotations

import asyncio
import io
import json
import struct
import zlib
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import aiohttp

from localchat import Interaction, LocalChat

T = TypeVar("T")


class FakeClock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


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
        """Send a request; return status and JSON of the answer."""
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


class PageEvents:
    """The stream of events of the page."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def next(self, name: str) -> Any:
        """Return the data of the next event called `name`."""
        while True:
            block = await asyncio.wait_for(self._response.content.readuntil(b"\n\n"), 5)
            head, _, data = block.decode().strip().partition("\n")
            if head == f"event: {name}":
                return json.loads(data.removeprefix("data: "))


async def page_state(chat: LocalChat, session: aiohttp.ClientSession, name: str) -> Any:
    """Return what the page knows when somebody called `name` opens it, but for messages."""
    async with session.get(f"{chat.page_url}page/events?as={name}") as response:
        return await PageEvents(response).next("reset")


def png(width: int = 8, height: int = 6) -> bytes:
    """Return a small valid PNG of one colour."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xb0\x4a\x24" * width) * height)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


CONVERT = {
    "name": "convert",
    "type": 1,
    "description": "Convert a picture",
    "options": [
        {"type": 11, "name": "source", "description": "picture", "required": True},
        {"type": 11, "name": "template", "description": "picture", "required": True},
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
    """Start something a person does, and return once the chat knows of it, before any answer.

    A browser is done with a press before the page has told the chat of it.
    """
    before = len(chat.interactions)
    task = asyncio.ensure_future(running)
    async with asyncio.timeout(10):
        while len(chat.interactions) == before:
            if task.done():
                task.result()  # raises what went wrong
            await asyncio.sleep(0.005)
    return Begun(chat.interactions[before], task)


@dataclass(frozen=True, slots=True)
class Begun(Generic[T]):
    """An interaction nobody has answered yet, and the person who waits for the answer."""

    interaction: Interaction
    waiting: asyncio.Future[T]

    @property
    def callback(self) -> str:
        """The path of the first answer."""
        return f"/interactions/{self.interaction.id}/{self.interaction.token}/callback"

    def webhook(self, application_id: int, rest: str = "") -> str:
        """Return the path of further messages."""
        return f"/webhooks/{application_id}/{self.interaction.token}{rest}"
