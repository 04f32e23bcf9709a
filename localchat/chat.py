"""The local chat as a whole: one server on loopback, and the people who use it."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Self

from aiohttp import web

from localchat.cdn import LINK_SECONDS, Cdn, Links, Storage
from localchat.clock import Clock
from localchat.errors import Json
from localchat.examples import Example
from localchat.export import export_message
from localchat.faults import Faults
from localchat.gateway import Gateway
from localchat.guard import loopback_only
from localchat.observe import Dispatch, Exchange, Observers
from localchat.payloads import message_payload
from localchat.permissions import NO_PERMISSION, Permission
from localchat.person import Person
from localchat.ratelimit import RateLimiter
from localchat.rest.api import PREFIX, Api
from localchat.site import Site
from localchat.state import Channel, Guild, Message, Role
from localchat.world import UPLOAD_LIMIT, Change, World

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

    def person(
        self, name: str, permissions: Permission | None = None, *, locale: str | None = None
    ) -> Person:
        """Whoever is called `name`; they join if there is nobody yet.

        `permissions` (such as `MODERATOR_PERMISSIONS`) and `locale` (such as `de`) are theirs from
        now on; None leaves them as they are, which for somebody new is `MEMBER_PERMISSIONS` and
        `en-US`.
        """
        user = self.world.person(name, permissions, locale=locale)
        return Person(self.world, self.gateway, user)

    def messages(self, channel: str | int | None = None) -> list[Json]:
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

    # places

    def add_guild(
        self,
        name: str,
        channels: Sequence[str] = ("general",),
        *,
        locale: str = "en-US",
        has_bot: bool = True,
    ) -> Guild:
        """A new server with these channels; with `has_bot`, the bot is invited at once."""
        guild = self.world.add_guild(name, locale=locale, has_bot=has_bot)
        for channel in channels:
            self.world.add_channel(guild, channel)
        if has_bot:
            self.gateway.tell_guild(guild)
        return guild

    def invite_bot(self, guild: Guild) -> None:
        """The bot becomes a member of a server."""
        guild.has_bot = True
        self.gateway.tell_guild(guild)

    def remove_bot(self, guild: Guild) -> None:
        """The bot is thrown out of a server, or the server is deleted: it cannot tell."""
        guild.has_bot = False
        self.gateway.tell_guild(guild)

    def add_channel(
        self,
        name: str,
        *,
        guild: Guild | None = None,
        topic: str = "",
        nsfw: bool = False,
        thread_of: Channel | None = None,
    ) -> Channel:
        """A new channel, age-restricted with `nsfw`; or with `thread_of` a thread of that one."""
        place = guild or self.world.guild(self.world.guild_id)
        channel = self.world.add_channel(place, name, topic=topic, nsfw=nsfw, parent=thread_of)
        self.gateway.tell_channel(channel, "create")
        return channel

    def remove_channel(self, channel: Channel) -> None:
        """A channel disappears with everything in it; the bot is told of the channel only."""
        self.gateway.tell_channel(channel, "delete")
        del self.world.channels[channel.id]

    def add_role(
        self, name: str, permissions: Permission = NO_PERMISSION, *, guild: Guild | None = None
    ) -> Role:
        """A new role, which adds `permissions` to those of its members."""
        place = guild or self.world.guild(self.world.guild_id)
        role = self.world.add_role(place, name, permissions)
        self.gateway.tell_role(place, role)
        return role

    def give_role(self, person: Person, role: Role) -> None:
        """Somebody has a role from now on."""
        self.world.give_roles(person.user, [*self.world.roles_of(person.user), role])

    def limit_uploads(self, size: int, *, told: int | None = None) -> None:
        """The bot may upload `size` bytes a file; interactions say `told`, or the truth."""
        self.world.upload_limit = size
        self.world.told_upload_limit = told

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

    def deny_bot(self, permissions: Permission, channel: str | int | None = None) -> None:
        """Takes permissions from the bot in one channel; `NO_PERMISSION` gives all back."""
        place = self.world.channel_named(channel)
        self.world.deny(place.id, permissions)
        self.gateway.tell_channel(place)
