"""The local chat as a whole: one server on 127.0.0.1."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from localchat.administration import Administration
from localchat.archive import Archive, Keys, restore
from localchat.ban import AddressBan
from localchat.cdn import Cdn, Links, Storage
from localchat.clock import Clock
from localchat.config import ChatConfig
from localchat.faults import Faults
from localchat.gateway import Gateway
from localchat.guard import loopback_only
from localchat.inspection import Inspection
from localchat.limits import DiscordLimits
from localchat.observe import Observers
from localchat.ratelimit import RateLimiter
from localchat.rest.api import PREFIX, Api
from localchat.site import Site
from localchat.world import World

HOST = "127.0.0.1"


class LocalChat(Administration, Inspection):
    """A stand-in for Discord: gateway, REST, CDN and a page on one port of 127.0.0.1.

    Everything but the constructor works inside `async with LocalChat() as chat:` only.

    Args:
        port: to listen on; 0 takes a free one.
        config: the bot's name, the servers, and what the page offers.
        limits: what is refused when; the defaults are Discord's.
        clock: seconds since 1970.
        keep_in: a folder from which the chat goes on as it was left, its address included; the
            newest 500 messages are kept. None begins anew each time.

    Attributes:
        clock: replaceable at any time; deadlines and the expiry of links follow it.
        faults: refusals and delays to order.
    """

    def __init__(
        self,
        port: int = 0,
        config: ChatConfig | None = None,
        *,
        limits: DiscordLimits | None = None,
        clock: Clock = time.time,
        keep_in: Path | None = None,
    ) -> None:
        self._port = port
        self._archive = Archive(keep_in) if keep_in else None
        self._config = config or ChatConfig()
        self._limits = limits or DiscordLimits()
        self._observers = Observers()
        self.clock = self._first_clock = clock
        self.faults = Faults(self._now)

    async def __aenter__(self) -> Self:
        listening = socket.create_server((HOST, self._port))
        try:
            await self._open(listening)
        except BaseException:
            listening.close()
            raise
        return self

    async def _open(self, listening: socket.socket) -> None:
        """Make what was said before there again, and listen."""
        self._port = listening.getsockname()[1]
        kept = await asyncio.to_thread(self._archive.load) if self._archive else None
        self._keys = kept.keys if kept else Keys()
        self._storage = Storage(self._archive.folder if self._archive else None)
        base, key = f"http://{HOST}:{self._port}", self._keys.links.encode()
        links = Links(self._now, base, self._limits.link_seconds, key)
        self._world = World(
            clock=self._now,
            links=links,
            storage=self._storage,
            config=self._config,
            limits=self._limits,
        )
        if kept:
            restore(self._world, kept)
        self._gateway = Gateway(self._world, self._observers, self.gateway_url)
        self._cdn = Cdn(links, self._storage)
        self._ban = AddressBan(self._now, self._limits)
        api = Api(
            world=self._world,
            gateway=self._gateway,
            limits=RateLimiter(),
            ban=self._ban,
            faults=self.faults,
            observers=self._observers,
        )
        app = web.Application(middlewares=[loopback_only(self._port)])
        self._site = Site(self._world, self._gateway, self._keys.page)
        app.add_routes(
            [*api.routes(), *self._cdn.routes(), *self._site.routes(), *self._world.assets.routes()]
        )
        app.add_routes([web.get(path, self._gateway.handle) for path in ("/gateway", "/gateway/")])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await self._listen(listening)
        if self._archive:
            keeping = self._archive.keep(self._world, self._keys)
            self._keeping = asyncio.create_task(keeping, name="keeper of the chat")

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._site.close()
        await self._gateway.drop(1001)
        await self._runner.cleanup()
        if self._archive:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})
            await self._archive.save(self._world, self._keys)
        await self._storage.close()

    def start_over(self) -> None:
        """Begin anew with a connected bot: nobody is there, nothing was said, all ids are new.

        So tests can share a bot without seeing each other. The bot is removed from its servers and
        invited to the new ones; its commands stay registered. The clock and the limits are as at
        the start; faults that have not struck and callbacks are forgotten.
        """
        for guild in self.guilds:
            if guild.has_bot:
                self.remove_bot(guild)
        self.clock = self._first_clock
        self.faults.stop()
        self._ban.lift()
        self._observers.clear()
        self._world.listeners[1:] = []  # the first is the gateway
        self._site.close()  # pages ask again by themselves
        self._world.start_over()
        for guild in self.guilds:
            if guild.has_bot:
                self.invite_bot(guild)

    async def _listen(self, listening: socket.socket) -> None:
        self._listener = web.SockSite(self._runner, listening)
        await self._listener.start()

    @asynccontextmanager
    async def offline(self) -> AsyncIterator[None]:
        """Cannot be reached inside the block: connections break, and new ones are refused.

        What people do goes on; the bot hears of it when it has connected again.
        """
        await self._listener.stop()
        for connection in self._runner.server.connections if self._runner.server else ():
            if connection.transport is not None:
                connection.transport.abort()
        try:
            yield
        finally:
            await self._listen(socket.create_server((HOST, self._port)))

    def _now(self) -> float:
        return self.clock()

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
        """Address of the page for people, with its key; `?as=Name` behind it is somebody else."""
        return f"http://{HOST}:{self._port}/{self._site.key}/"

    @property
    def file_host(self) -> str:
        """Host and port that files of messages are downloaded from."""
        return f"{HOST}:{self._port}"

    @property
    def token(self) -> str:
        """The bot's token, random at each start."""
        return self._world.token

    @property
    def application_id(self) -> int:
        """The application's (and its bot user's) id."""
        return self._world.application_id
