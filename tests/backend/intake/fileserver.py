"""A file server that keeps to HTTP only as far as a test wants it to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Self

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


class FileServer:
    """Answers GET requests on a free loopback port; `requests` lists the paths asked for."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self._answers: dict[str, Answer] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.host = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def on(self, path: str, answer: Answer) -> str:
        """Answer `path` that way; returns the signed link to it."""
        self._answers[path] = answer
        return f"http://{self.host}{path}?ex=SECRET&hm=SECRET"

    def file(self, data: bytes, *, status: str = "200 OK", **headers: str) -> str:
        """Return a link to a file, answered as it should be."""
        return self.on(f"/{len(self._answers)}", reply(data, status=status, **headers))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                request = await reader.readuntil(b"\r\n\r\n")
                path = request.split(b" ")[1].decode().partition("?")[0]
                self.requests.append(path)
                await self._answers[path](writer)
        finally:
            self._tasks.discard(task)
            writer.close()


def head(*, status: str = "200 OK", **headers: str) -> bytes:
    """Status line and headers; underscores in names stand for dashes."""
    lines = [f"HTTP/1.1 {status}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def reply(data: bytes, *, status: str = "200 OK", **headers: str) -> Answer:
    """Return an answer with these bytes as its body; Content-Length may be given to lie."""
    headers.setdefault("Content_Length", str(len(data)))

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(head(status=status, **headers) + data)
        await writer.drain()

    return answer


def endless(piece: bytes, *, pause: float = 0.0) -> Answer:
    """Return a body without end, one piece after each pause."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(head())
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return answer


async def reset(writer: asyncio.StreamWriter) -> None:
    """Let the connection die in the middle of the body."""
    writer.write(head(Content_Length="5000") + b"\x89PNG")
    await writer.drain()
    writer.transport.abort()


async def silence(writer: asyncio.StreamWriter) -> None:
    """Nothing is ever answered."""
    await asyncio.sleep(60)
