"""The gateway: a websocket over which the bot is told what happens.

Source: Discord's API documentation, "Gateway", "Gateway Events", "Opcodes and Status Codes".
A client connects, gets HELLO, identifies (or resumes), gets READY and GUILD_CREATE, then events;
it sends heartbeats. A session outlives its connection, so that a client may resume and get what
it missed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web

from localchat.clock import snowflake
from localchat.compress import UnsupportedCompression, compressor
from localchat.connection import HEARTBEAT_SECONDS, Close, Connection, Session
from localchat.errors import Json
from localchat.events import GUILDS, Events
from localchat.observe import Dispatch, Observers
from localchat.opcodes import CloseCode, Op
from localchat.places import guild_payload, members_payload, ready_payload
from localchat.sessions import InvalidSession, Sessions
from localchat.world import World

_log = logging.getLogger(__name__)

ACK_SECONDS = 0.1  # from a heartbeat to its answer
AT_ONCE = 50  # guilds told together with READY; the others follow as fast as the client reads


class Gateway(Events):
    """All connections.

    Args:
        world: what READY and GUILD_CREATE tell; its changes become events.
        observers: are told every event.
        url: what READY gives as the address to resume at.
    """

    def __init__(self, world: World, observers: Observers, url: str) -> None:
        super().__init__(world, observers, Sessions(world))
        self.url = url
        self._connections: set[Connection] = set()
        self._identified = asyncio.Event()
        self._expelling: asyncio.Task[None] | None = None
        self._handlers: dict[int, Callable[[Connection, Any], Awaitable[None]]] = {
            Op.HEARTBEAT: self._heartbeat,
            Op.IDENTIFY: self._identify,
            Op.RESUME: self._resume,
            Op.PRESENCE: self._ignore,
            Op.VOICE: self._ignore,
            Op.REQUEST_MEMBERS: self._members,
        }

    async def wait_for_bot(self) -> None:
        """Return once a bot is connected and has been told about its servers."""
        await self._identified.wait()

    @property
    def connected(self) -> bool:
        """Whether a bot is connected and identified."""
        return any(connection.session for connection in self._connections)

    @property
    def shards(self) -> list[tuple[int, int]]:
        """Number and count of each shard that is connected."""
        sessions = (connection.session for connection in self._connections)
        return sorted((one.shard, one.shards) for one in sessions if one is not None)

    async def drop(self, code: int, *, forget_sessions: bool = False) -> None:
        """Close every connection; with `forget_sessions`, nobody can resume."""
        if forget_sessions:
            self.sessions.clear()
        closing = [connection.socket.close(code=code) for connection in self._connections]
        await asyncio.gather(*closing)

    def ask_to_reconnect(self) -> None:
        """Send RECONNECT: every client should connect again and resume."""
        for connection in self._connections:
            connection.send_op(Op.RECONNECT, None)

    # one connection

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve the websocket."""
        query = request.query
        try:
            compress = compressor(query.get("compress"))
        except UnsupportedCompression as error:
            _log.error("A client cannot connect: %s.", error)
            return web.Response(status=400, text=f"{error}\n")
        if query.get("encoding", "json") != "json":
            return web.Response(status=400, text="only encoding=json is spoken here\n")
        socket = web.WebSocketResponse(max_msg_size=4096 * 4, timeout=5.0)
        await socket.prepare(request)
        connection = Connection(socket, compress)
        self._connections.add(connection)
        writer = asyncio.create_task(connection.write())
        try:
            await self._converse(connection, query.get("v"))
        except Close as close:
            await socket.close(code=close.code, message=close.reason.encode())
        finally:
            writer.cancel()
            self._leave(connection)
        return socket

    def _leave(self, connection: Connection) -> None:
        """Let the session outlive its connection unless the client ended both."""
        self._connections.discard(connection)
        session = connection.session
        if session is None or session.connection is not connection:
            return
        session.connection = None
        if connection.said_goodbye:
            self.sessions.end(session)

    async def _converse(self, connection: Connection, version: str | None) -> None:
        if version not in {"9", "10"}:
            raise Close(CloseCode.INVALID_VERSION, "Invalid API version")
        hello = {"heartbeat_interval": int(HEARTBEAT_SECONDS * 1000), "_trace": []}
        connection.send_op(Op.HELLO, hello)
        while (payload := await connection.read()) is not None:
            op = payload.get("op")
            handler = self._handlers.get(op) if isinstance(op, int) else None
            if handler is None:
                raise Close(CloseCode.UNKNOWN_OPCODE, "Unknown opcode.")
            if connection.session is None and op not in {Op.HEARTBEAT, Op.IDENTIFY, Op.RESUME}:
                raise Close(CloseCode.NOT_AUTHENTICATED, "Not authenticated.")
            try:
                await handler(connection, payload.get("d"))
            except InvalidSession:
                connection.send_op(Op.INVALID_SESSION, False)

    # what clients send

    async def _ignore(self, connection: Connection, data: Any) -> None:
        """Ignore presence and voice state: nobody here looks at them."""

    async def _heartbeat(self, connection: Connection, _data: Any) -> None:
        # discord.py notes when it sent a heartbeat only after sending it, on another thread. Over a
        # network the answer never comes sooner than that; within one process it would.
        loop = asyncio.get_running_loop()
        loop.call_later(ACK_SECONDS, connection.send_op, Op.HEARTBEAT_ACK, None)

    async def _identify(self, connection: Connection, data: Any) -> None:
        if connection.session is not None:
            raise Close(CloseCode.ALREADY_AUTHENTICATED, "Already authenticated.")
        token = self._world.token
        try:
            session = self.sessions.identify(data)
        finally:
            if self._world.token != token:  # it was reset: nobody may stay
                expelling = self.drop(CloseCode.AUTHENTICATION_FAILED, forget_sessions=True)
                self._expelling = asyncio.create_task(expelling)
        connection.session, session.connection = session, connection
        self._welcome(session)

    async def _resume(self, connection: Connection, data: Any) -> None:
        session, missed = self.sessions.resume(data)
        connection.session, session.connection = session, connection
        for text in missed:
            connection.send(text)
        session.send("RESUMED", {"_trace": []})

    async def _members(self, connection: Connection, data: Any) -> None:
        session = connection.session
        if session is None or not isinstance(data, dict):
            raise Close(CloseCode.DECODE_ERROR, "Error while decoding payload.")
        asked = data.get("user_ids") or []
        wanted = {str(user_id) for user_id in (asked if isinstance(asked, list) else [asked])}
        guild = self._world.find_guild(snowflake(data.get("guild_id")))
        if guild is None or not guild.has_bot:
            return
        chunk = members_payload(self._world, guild, wanted)
        if "nonce" in data:
            chunk["nonce"] = data["nonce"]
        session.send("GUILD_MEMBERS_CHUNK", chunk)

    # the first events of a session

    def _welcome(self, session: Session) -> None:
        # Guilds are spread over shards by id: each belongs to exactly one of them.
        mine = [guild_id for guild_id in self._world.joined() if session.serves(guild_id)]
        ready = ready_payload(self._world, mine) | {
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "shard": [session.shard, session.shards],
        }
        self._tell_first(session, "READY", ready)
        told = mine if session.intents & GUILDS else []
        for guild_id in told[:AT_ONCE]:
            self._tell_first(session, "GUILD_CREATE", self._guild_payload(guild_id))
        if told[AT_ONCE:]:
            session.telling = asyncio.create_task(self._tell_guilds(session, told[AT_ONCE:]))
        else:
            self._identified.set()

    async def _tell_guilds(self, session: Session, guild_ids: Sequence[int]) -> None:
        for guild_id in guild_ids:
            self._tell_first(session, "GUILD_CREATE", self._guild_payload(guild_id))
            if session.connection is not None:
                await session.connection.written()
        self._identified.set()

    def _tell_first(self, session: Session, name: str, data: Json) -> None:
        session.send(name, data)
        self._observers.dispatch(Dispatch(name=name, data=data))

    def _guild_payload(self, guild_id: int) -> Json:
        return guild_payload(self._world, *self._world.look_at(guild_id))
