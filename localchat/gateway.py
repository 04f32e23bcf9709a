"""The gateway: a websocket over which the bot is told what happens.

Source: Discord's API documentation, "Gateway", "Gateway Events", "Opcodes and Status Codes".
A client connects, gets HELLO, identifies (or resumes), gets READY and GUILD_CREATE, then events;
it sends heartbeats. A session outlives its connection, so that a client may resume and get what
it missed.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from localchat.compress import UnsupportedCompression, compressor
from localchat.connection import (
    HEARTBEAT_SECONDS,
    Close,
    Connection,
    Session,
    is_shard,
    snowflake,
)
from localchat.errors import Json
from localchat.observe import Dispatch, Observers
from localchat.opcodes import CloseCode, Op
from localchat.payloads import as_the_bot_sees, interaction_payload, message_payload
from localchat.permissions import Permission
from localchat.places import (
    channel_payload,
    guild_payload,
    member_payload,
    members_payload,
    ready_payload,
    role_payload,
)
from localchat.state import Channel, ChannelKind, Guild, Interaction, Message, Role
from localchat.world import Change, World

_log = logging.getLogger(__name__)

ACK_SECONDS = 0.1  # from a heartbeat to its answer
SESSION_STARTS = 1000  # identifies per day

GUILDS: Final = 1 << 0
GUILD_MESSAGES: Final = 1 << 9
DIRECT_MESSAGES: Final = 1 << 12
PRIVILEGED: Final = (1 << 1) | (1 << 8) | (1 << 15)  # members, presences, message content
KNOWN_INTENTS: Final = (1 << 26) - 1


class Gateway:
    """All connections and sessions.

    Args:
        world: what READY and GUILD_CREATE tell; its changes become events.
        observers: are told every event.
        url: what READY gives as the address to resume at.
    """

    def __init__(self, world: World, observers: Observers, url: str) -> None:
        self._world = world
        self._observers = observers
        self.url = url
        self._sessions: dict[str, Session] = {}
        self._connections: set[Connection] = set()
        self._identified = asyncio.Event()
        self.session_starts = 0
        self._handlers: dict[int, Callable[[Connection, Any], Awaitable[None]]] = {
            Op.HEARTBEAT: self._heartbeat,
            Op.IDENTIFY: self._identify,
            Op.RESUME: self._resume,
            Op.PRESENCE: self._ignore,
            Op.VOICE: self._ignore,
            Op.REQUEST_MEMBERS: self._members,
        }
        world.listeners.append(self._message_changed)

    async def wait_for_bot(self) -> None:
        """Return once a bot is connected and has been told about its servers."""
        await self._identified.wait()

    @property
    def connected(self) -> bool:
        """Whether a bot is connected and identified."""
        return any(connection.session for connection in self._connections)

    def tell_interaction(self, interaction: Interaction) -> None:
        """Send INTERACTION_CREATE."""
        guild_id = self._world.channel(interaction.channel_id).guild_id
        payload = interaction_payload(self._world, interaction)
        self._dispatch("INTERACTION_CREATE", payload, 0, guild_id)

    def tell_channel(self, channel: Channel, change: Change = "update") -> None:
        """Send CHANNEL_UPDATE, THREAD_CREATE or the like."""
        if channel.guild_id is None or not self._world.guild(channel.guild_id).has_bot:
            return
        what = "THREAD" if channel.kind is ChannelKind.THREAD else "CHANNEL"
        payload = channel_payload(self._world, channel)
        if what == "THREAD" and change == "create":
            payload["newly_created"] = True
        self._dispatch(f"{what}_{change.upper()}", payload, GUILDS, channel.guild_id)

    def tell_role(self, guild: Guild, role: Role) -> None:
        """Send GUILD_ROLE_CREATE."""
        if guild.has_bot:
            payload = {"guild_id": str(guild.id), "role": role_payload(role)}
            self._dispatch("GUILD_ROLE_CREATE", payload, GUILDS, guild.id)

    def tell_guild(self, guild: Guild) -> None:
        """Send GUILD_CREATE if the bot has joined, GUILD_DELETE if it was removed."""
        if guild.has_bot:
            payload = guild_payload(self._world, guild)
            del payload["unavailable"]  # only told of servers that the bot was in before
            self._dispatch("GUILD_CREATE", payload, GUILDS, guild.id)
        else:
            # Without `unavailable`, which would mean an outage.
            self._dispatch("GUILD_DELETE", {"id": str(guild.id)}, GUILDS, guild.id)

    async def drop(self, code: int, *, forget_sessions: bool = False) -> None:
        """Close every connection; with `forget_sessions`, nobody can resume."""
        if forget_sessions:
            self._sessions.clear()
        for connection in tuple(self._connections):
            await connection.socket.close(code=code)

    # events

    def _message_changed(self, change: Change, message: Message) -> None:
        if message.visible_to is not None:
            return  # ephemeral messages are not told over the gateway
        world = self._world
        channel = world.channel(message.channel_id)
        guild = world.guild_of(channel)
        if Permission.VIEW_CHANNEL not in world.bot_permissions(channel.id):
            return
        if change == "delete":
            data: Json = {"id": str(message.id), "channel_id": str(message.channel_id)}
        else:
            whole = message_payload(world, message) | {"channel_type": int(channel.kind)}
            data = as_the_bot_sees(world, message, whole)
            if message.origin is None and guild is not None:
                member = member_payload(message.author, guild)
                del member["user"]
                data["member"] = member
        if guild is not None:
            data["guild_id"] = str(guild.id)
        intent = DIRECT_MESSAGES if guild is None else GUILD_MESSAGES
        self._dispatch(f"MESSAGE_{change.upper()}", data, intent, channel.guild_id)

    def _dispatch(self, name: str, data: Json, intent: int, guild_id: int | None) -> None:
        told = False
        for session in self._sessions.values():
            if session.serves(guild_id) and (intent == 0 or session.intents & intent):
                session.send(name, data)
                told = True
        if told:
            self._observers.dispatch(Dispatch(name=name, data=data))

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
            self._sessions.pop(session.id, None)

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
            await handler(connection, payload.get("d"))

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
        if not isinstance(data, dict) or not isinstance(data.get("properties"), dict):
            raise Close(CloseCode.DECODE_ERROR, "Error while decoding payload.")
        self._check_token(data.get("token"))
        intents = data.get("intents")
        if not isinstance(intents, int) or not 0 <= intents <= KNOWN_INTENTS:
            raise Close(CloseCode.INVALID_INTENTS, "Invalid intent(s).")
        if intents & PRIVILEGED:
            raise Close(CloseCode.DISALLOWED_INTENTS, "Disallowed intent(s).")
        shard = data.get("shard", [0, 1])
        if not is_shard(shard):
            raise Close(CloseCode.INVALID_SHARD, "Invalid shard.")
        self.session_starts += 1
        session = Session(secrets.token_hex(16), intents, shard[0], shard[1], connection=connection)
        connection.session = session
        self._sessions[session.id] = session
        self._welcome(session)

    def _welcome(self, session: Session) -> None:
        world = self._world
        # Guilds are spread over shards by id: each belongs to exactly one of them.
        mine = [each for each in world.guilds.values() if each.has_bot and session.serves(each.id)]
        ready = ready_payload(world, mine) | {
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "shard": [session.shard, session.shards],
        }
        session.send("READY", ready)
        self._observers.dispatch(Dispatch(name="READY", data=ready))
        for guild in mine if session.intents & GUILDS else ():
            payload = guild_payload(world, guild)
            session.send("GUILD_CREATE", payload)
            self._observers.dispatch(Dispatch(name="GUILD_CREATE", data=payload))
        self._identified.set()

    async def _resume(self, connection: Connection, data: Any) -> None:
        if not isinstance(data, dict):
            raise Close(CloseCode.DECODE_ERROR, "Error while decoding payload.")
        self._check_token(data.get("token"))
        session = self._sessions.get(str(data.get("session_id")))
        sequence = data.get("seq")
        if session is None or not isinstance(sequence, int):
            connection.send_op(Op.INVALID_SESSION, False)
            return
        if sequence > session.sequence:
            raise Close(CloseCode.INVALID_SEQ, "Invalid seq.")
        missed = [text for number, text in session.sent if number > sequence]
        if len(missed) < session.sequence - sequence:
            del self._sessions[session.id]
            connection.send_op(Op.INVALID_SESSION, False)
            return
        connection.session = session
        session.connection = connection
        for text in missed:
            connection.send(text)
        session.send("RESUMED", {"_trace": []})

    async def _members(self, connection: Connection, data: Any) -> None:
        session = connection.session
        if session is None or not isinstance(data, dict):
            raise Close(CloseCode.DECODE_ERROR, "Error while decoding payload.")
        asked = data.get("user_ids") or []
        wanted = {str(user_id) for user_id in (asked if isinstance(asked, list) else [asked])}
        guild = self._world.guilds.get(snowflake(data.get("guild_id")))
        if guild is None or not guild.has_bot:
            return
        chunk = members_payload(self._world, guild, wanted)
        if "nonce" in data:
            chunk["nonce"] = data["nonce"]
        session.send("GUILD_MEMBERS_CHUNK", chunk)

    def _check_token(self, token: object) -> None:
        expected = self._world.token
        given = token.removeprefix("Bot ") if isinstance(token, str) else ""
        if not secrets.compare_digest(given.encode(), expected.encode()):
            raise Close(CloseCode.AUTHENTICATION_FAILED, "Authentication failed.")
