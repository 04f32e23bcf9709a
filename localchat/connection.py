"""One client's connection to the gateway, and the session that outlives it."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from localchat.compress import Compressor
from localchat.errors import Json
from localchat.opcodes import CloseCode, Op

HEARTBEAT_SECONDS = 41.25
SENT_LIMIT = 120  # messages a client may send per minute
GOODBYES = (1000, 1001)  # codes with which a client ends its session
MAX_PAYLOAD = 4096  # bytes of one message of a client
REPLAY_LIMIT = 1000  # events kept for a client that resumes


class Close(Exception):
    """The connection must be closed with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(slots=True)
class Session:
    """What outlives a connection: who it is, what it asked for, what it was told."""

    id: str
    intents: int
    shard: int = 0
    shards: int = 1
    sequence: int = 0
    sent: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=REPLAY_LIMIT))
    connection: Connection | None = None
    telling: asyncio.Task[None] | None = None  # of the guilds that it has not been told of yet

    def serves(self, guild_id: int | None) -> bool:
        """Return whether events of this guild come over it; those of no guild come over shard 0."""
        return (0 if guild_id is None else (guild_id >> 22) % self.shards) == self.shard

    def send(self, name: str, data: Any) -> None:
        """Tell the client an event now, or when it resumes."""
        self.sequence += 1
        text = json.dumps({"op": Op.DISPATCH, "t": name, "s": self.sequence, "d": data})
        self.sent.append((self.sequence, text))
        if self.connection is not None:
            self.connection.send(text)


class Connection:
    """One websocket. Messages are queued and written by one task, so that their order holds.

    Args:
        socket: ready to use.
        compress: what the client asked for; None for plain text.

    Attributes:
        session: who it is; None until it has identified or resumed.
        said_goodbye: whether the client closed it and will not resume.
    """

    def __init__(self, socket: web.WebSocketResponse, compress: Compressor | None) -> None:
        self.socket = socket
        self.session: Session | None = None
        self.said_goodbye = False
        self._compress = compress
        self._outgoing: asyncio.Queue[str] = asyncio.Queue()
        self._gone = False
        self._received: deque[float] = deque(maxlen=SENT_LIMIT)

    def send(self, text: str) -> None:
        """Queue a message."""
        self._outgoing.put_nowait(text)

    def send_op(self, op: int, data: Any) -> None:
        """Queue a message that is no event."""
        self.send(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    async def write(self) -> None:
        """Write what is queued until cancelled or disconnected."""
        while True:
            text = await self._outgoing.get()
            try:
                if self._compress is None:
                    await self.socket.send_str(text)
                else:
                    await self.socket.send_bytes(self._compress(text.encode()))
            except ConnectionError:
                self._gone = True
                return
            finally:
                self._outgoing.task_done()

    async def written(self) -> None:
        """Return once everything queued has been written, or the client is gone."""
        if not self._gone:
            await self._outgoing.join()

    async def read(self) -> Json | None:
        """Return the client's next message; None when it is gone.

        Raises:
            Close: it sent nonsense, too much, or nothing for too long.
        """
        try:
            message = await self.socket.receive(timeout=HEARTBEAT_SECONDS * 1.5)
        except TimeoutError:
            raise Close(CloseCode.TIMED_OUT, "Session timed out.") from None
        if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            self.said_goodbye = message.type is WSMsgType.CLOSE and message.data in GOODBYES
            return None
        now = asyncio.get_running_loop().time()
        if len(self._received) == SENT_LIMIT and now - self._received[0] < 60:
            raise Close(CloseCode.RATE_LIMITED, "Rate limited.")
        self._received.append(now)
        if len(message.data) > MAX_PAYLOAD:
            raise Close(CloseCode.DECODE_ERROR, "Error while decoding payload.")
        try:
            payload = json.loads(message.data)
        except ValueError:
            raise Close(CloseCode.DECODE_ERROR, "Error while decoding payload.") from None
        if not isinstance(payload, dict):
            raise Close(CloseCode.DECODE_ERROR, "Error while decoding payload.")
        return payload


def is_shard(value: Any) -> bool:
    """Return whether it is `[number, count]` with 0 <= number < count."""
    if not isinstance(value, list) or len(value) != 2:
        return False
    number, count = value
    return isinstance(number, int) and isinstance(count, int) and 0 <= number < count
