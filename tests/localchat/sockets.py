"""The gateway spoken to by hand."""

from __future__ import annotations

from typing import Any

import aiohttp

from localchat import LocalChat

IDENTIFY, RESUME, RECONNECT, INVALID, HELLO, ACK = 2, 6, 7, 9, 10, 11


class Socket:
    """One connection in plain JSON."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def send(self, op: int, data: Any = None) -> None:
        await self.socket.send_json({"op": op, "d": data})

    async def receive(self) -> dict[str, Any]:
        payload: dict[str, Any] = await self.socket.receive_json(timeout=5)
        return payload

    async def closed(self) -> int | None:
        """Return the code with which the server closes, whatever it says before."""
        while not self.socket.closed:
            await self.socket.receive(timeout=5)
        return self.socket.close_code


async def connect(
    chat: LocalChat, session: aiohttp.ClientSession, query: str = "?v=10&encoding=json"
) -> Socket:
    return Socket(await session.ws_connect(chat.gateway_url + query))


def identity(chat: LocalChat, **fields: Any) -> dict[str, Any]:
    properties = {"os": "linux", "browser": "test", "device": "test"}
    return {"token": chat.token, "intents": 513, "properties": properties} | fields


async def ready(
    chat: LocalChat, session: aiohttp.ClientSession, **fields: Any
) -> tuple[Socket, dict[str, Any]]:
    """Return a connection that has identified, and its READY."""
    socket = await connect(chat, session)
    assert (await socket.receive())["op"] == HELLO
    await socket.send(IDENTIFY, identity(chat, **fields))
    return socket, await socket.receive()
