"""The local chat as a whole: one server on loopback, and the people who use it."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.localchat.cdn import LINK_SECONDS, Cdn, Links, Storage
from bot.localchat.clock import Clock
from bot.localchat.errors import Json
from bot.localchat.examples import Example
from bot.localchat.export import export_message
from bot.localchat.faults import Faults
from bot.localchat.gateway import Gateway
from bot.localchat.guard import loopback_only
from bot.localchat.observe import Dispatch, Exchange, Observers
from bot.localchat.payloads import message_payload
from bot.localchat.person import Person
from bot.localchat.ratelimit import RateLimiter
from bot.localchat.rest.api import PREFIX, Api
from bot.localchat.site import Site
from bot.localchat.state import Message, Permission
from bot.localchat.world import UPLOAD_LIMIT, Change, World

HOST = "127.0.0.1"


class LocalChat:
    """A stand-in for Discord: gateway, REST, CDN and a page on one port of 127.0.0.1.

    Everything below works inside `async with LocalChat() as chat:` only.

    Args:
        port: to listen on; 0 takes a free one.
        examples: pictures the page offers to pick with one click.
        clock: seconds since 1970; deadlines (3 s, 15 min) and link expiry follow it.
        upload_limit: largest file the bot may upload, in bytes.
        link_seconds: how long attachment links live.

    Attributes:
        world: what is in the chat.
        gateway: the bot's connection.
        faults: refusals and delays to order.
    """

    def __init__(
        self,
        port: int = 0,
        examples: Sequence[Example] = (),
        *,
        clock: Clock = time.time,
        upload_limit: int = UPLOAD_LIMIT,
        link_seconds: float = LINK_SECONDS,
    ) -> None:
        self._port = port
        self._examples = tuple(examples)
        self._clock = clock
        self._upload_limit = upload_limit
        self._link_seconds = link_seconds
        self._observers = Observers()
        self.faults = Faults()

    async def __aenter__(self) -> Self:
        listening = socket.create_server((HOST, self._port))
        self._port = listening.getsockname()[1]
        self._storage = Storage()
        links = Links(self._clock, f"http://{HOST}:{self._port}", self._link_seconds)
        self.world = World(
            clock=self._clock,
            links=links,
            storage=self._storage,
            upload_limit=self._upload_limit,
        )
        self.gateway = Gateway(self.world, self._observers, self.gateway_url)
        self._cdn = Cdn(links, self._storage)
        api = Api(
            world=self.world,
            gateway=self.gateway,
            limits=RateLimiter(),
            faults=self.faults,
            observers=self._observers,
        )
        app = web.Application(middlewares=[loopback_only(self._port)])
        self._site = Site(self.world, self.gateway, self._examples)
        app.add_routes([*api.routes(), *self._cdn.routes(), *self._site.routes()])
        app.add_routes([web.get(path, self.gateway.handle) for path in ("/gateway", "/gateway/")])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.SockSite(self._runner, listening).start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._site.close()
        await self.gateway.drop(1001)
        await self._runner.cleanup()
        await self._storage.close()

    # addresses

    @property
    def api_url(self) -> str:
        """Base of the REST API; for `discord.http.Route.BASE`."""
        return f"http://{HOST}:{self._port}{PREFIX}"

    @property
    def gateway_url(self) -> str:
        """Address of the gateway; for `DiscordWebSocket.DEFAULT_GATEWAY`."""
        return f"ws://{HOST}:{self._port}/gateway"

    @property
    def page_url(self) -> str:
        """Address of the page for people."""
        return f"http://{HOST}:{self._port}/"

    @property
    def token(self) -> str:
        """The bot's token, random at each start."""
        return self.world.token

    @property
    def application_id(self) -> int:
        """The application's (and its bot user's) id."""
        return self.world.application_id

    # people and what they see

    def person(self, name: str, permissions: Permission | None = None) -> Person:
        """The member called `name`, who joins if there is none yet.

        `permissions` (such as `MODERATOR_PERMISSIONS`) are theirs from now on; None leaves them as
        they are, which for a new member is `MEMBER_PERMISSIONS`.
        """
        return Person(self.world, self.gateway, self.world.person(name, permissions))

    def messages(self, channel: str | None = None) -> list[Json]:
        """All messages of a channel, oldest first, ephemeral ones included, as Discord's JSON."""
        channel_id = self.world.channel_named(channel).id
        return [
            message_payload(self.world, message)
            for message in self.world.messages.values()
            if message.channel_id == channel_id
        ]

    async def watch(self, message_id: int) -> AsyncIterator[Json]:
        """Each state of a message from now on, the present one first; ends when it is deleted."""
        states: asyncio.Queue[Json | None] = asyncio.Queue()

        def listen(change: Change, message: Message) -> None:
            if message.id == message_id:
                gone = change == "delete"
                states.put_nowait(None if gone else message_payload(self.world, message))

        self.world.listeners.append(listen)
        try:
            yield message_payload(self.world, self.world.message(message_id))
            while (state := await states.get()) is not None:
                yield state
        finally:
            self.world.listeners.remove(listen)

    async def export_message(self, message_id: int) -> str:
        """A message as one self-contained HTML page, pictures included.

        Raises:
            ApiError: there is no such message.
        """
        return await export_message(self.world, self.world.message(message_id))

    # for tests

    def on_exchange(self, callback: Callable[[Exchange], None]) -> None:
        """Calls back after every REST request."""
        self._observers.on_exchange.append(callback)

    def on_dispatch(self, callback: Callable[[Dispatch], None]) -> None:
        """Calls back at every gateway event."""
        self._observers.on_dispatch.append(callback)

    async def drop_gateway(self, code: int = 4000, *, forget_sessions: bool = False) -> None:
        """Closes the bot's websocket; with `forget_sessions` it cannot resume."""
        await self.gateway.drop(code, forget_sessions=forget_sessions)

    def expire_link(self, attachment_id: int) -> None:
        """Every link to this attachment answers 404 from now on."""
        self._cdn.expire(attachment_id)

    def deny_bot(self, permissions: Permission, channel: str | None = None) -> None:
        """Takes permissions from the bot in one channel; `NO_PERMISSION` gives all back."""
        channel_id = self.world.channel_named(channel).id
        self.world.deny(channel_id, permissions)
        self.gateway.tell_channel(channel_id)
