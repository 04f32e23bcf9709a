"""The composition root: builds everything, owns the order of starting and ending.

```
 store ─▶ engine ─▶ shelf ─▶ queue ─▶ intake ─▶ client, updater, commands ─▶ connected
```
Entered in this order, left in the opposite one: first the cards say that the bot restarts and
nothing new comes in, then running jobs are put back, then the worker processes end. Every step has
a limit, so that all of them together take less than ten seconds. The same bot serves Discord and
the local chat; only the two base addresses of discord.py, and the host that attachments come from,
differ. A standby waits at the store, everything before it done, until the lead's lease is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from backend import metrics, probes
from backend.control.control import HostControl
from backend.control.requests import attended
from backend.database.connect import locate_database
from backend.engine.launch import discover_devices
from backend.engine.pool import PAINTER, PoolEngine
from backend.engine.protocol import Engine
from backend.engine.ray.engine import RayEngine
from backend.engine.speed import SPEED, PictureTimes, measured
from backend.errors import ConfigurationError, StartupError
from backend.files.connect import locate_files
from backend.files.store import FileStore
from backend.health import Health, HealthCheck
from backend.intake import DISCORD_HOSTS, UPLOAD_LIMITS, Downloader, Intake, Screening
from backend.jobs.model import Job
from backend.jobs.queue import JobQueue
from backend.jobs.store import JobStore
from backend.preferences import Preferences
from backend.settings import EngineName, Settings, variable
from backend.shelf import Shelf
from backend.tools import image_tools
from backend.usual import UsualPictures
from bot.cards.recolouring import Recolouring
from bot.cards.updater import CardUpdater
from bot.check import problems_of_host
from bot.client import StylizeClient
from bot.connection import ChatServer, Shards, connect, disconnect
from bot.host_requests import HostRequests
from bot.setup import Services, set_up
from bot.timings import Timings
from nst.isolation.painter import Confinement

_LOG = logging.getLogger(__name__)
_MIB: Final = 2**20


def discord_server(settings: Settings) -> ChatServer:
    """Return Discord itself, with the host's token."""
    if settings.discord_token is None:
        raise ConfigurationError(
            f"{variable('discord_token')} is missing: set it in .env (see .env.example), or run "
            "without --local-chat off to use the local chat."
        )
    return ChatServer(
        token=settings.discord_token.get_secret_value(), attachment_hosts=DISCORD_HOSTS
    )


@asynccontextmanager
async def running_bot(
    settings: Settings,
    server: ChatServer,
    *,
    painter: str = PAINTER,
    timings: Timings = Timings(),  # noqa: B008 - nobody can change it
) -> AsyncIterator[asyncio.Task[None]]:
    """Run the whole bot, connected to `server`; workers load `painter`, a `module:function`.

    Yields the task that keeps the connection; it ends when the connection is lost for good.

    Raises:
        ConfigurationError: a folder or device cannot be used.
        StartupError: the chat server refuses the bot.
    """
    async with AsyncExitStack() as stack:
        devices = await _prepare(settings)
        settings = settings.on(devices)
        wanted = () if settings.default_size else devices
        times = await measured(settings.data_dir, wanted, SPEED if painter == PAINTER else None)
        health = Health(settings.data_dir, timings.beat, waits=settings.standby)
        await stack.enter_async_context(
            probes.served(settings.metrics_host, settings.metrics_port, health)
        )
        for watching in (health.keep_beating(), metrics.watch_loop()):
            stack.callback(asyncio.create_task(watching).cancel)
        client, services, engine = await stack.enter_async_context(
            _services(settings, devices, server.attachment_hosts, painter, timings, times)
        )
        health.waits = False
        metrics.LEADS.set(1)
        health.checks.update(_health_checks(client, services, engine, timings))
        updater = services.updater
        await set_up(client, services)
        for event in ("on_connect", "on_resumed"):
            client.add_listener(updater.reconnected, event)
        stack.push_async_callback(client.close)
        # A full collection holds up the loop for as long as it looks at all objects; most of those
        # that there are now stay.
        gc.freeze()
        stack.callback(gc.unfreeze)
        requests = HostRequests(services, client, engine)
        attending = attended(services.store.database, requests.handlers, timings.host)
        await stack.enter_async_context(attending)
        await requests.reload()  # what was decided before anybody looked
        connection = await connect(client, updater, server.token, timings)
        stack.push_async_callback(disconnect, client, updater, connection)
        await health.tell()
        yield connection


@asynccontextmanager
async def _services(
    settings: Settings,
    devices: Sequence[str],
    hosts: frozenset[str],
    painter: str,
    timings: Timings,
    times: PictureTimes,
) -> AsyncIterator[tuple[StylizeClient, Services, Engine]]:
    """Yield the client, not connected yet, what its commands work with, and what paints.

    Old jobs go on.
    """
    limits = replace(UPLOAD_LIMITS, max_bytes=settings.max_upload_mb * _MIB)
    downloader = Downloader(hosts=hosts, limits=limits)
    async with (
        image_tools(settings.isolation) as tools,
        JobStore(
            locate_database(settings),
            settings.data_dir,
            files=locate_files(settings),
            wait=settings.standby,
        ) as store,
        _engine(settings, devices, store.files, painter) as engine,
        Shelf(store.uses, limit=settings.styles_per_server) as shelf,
        Preferences(store.uses, settings) as preferences,
        HostControl(store.database) as control,
        _queue(settings, store, engine, preferences, shelf, control, times) as jobs,
        Intake(store.uses, tools, downloader, screening=_screening(settings)) as intake,
    ):
        client = StylizeClient(
            preferences,
            store.database,
            control,
            guild_ready_timeout=timings.guilds,
            shard_connect_timeout=timings.gateway,
        )
        recolouring = Recolouring(tools, store.files)
        services = Services(
            settings=settings,
            store=store,
            jobs=jobs,
            tools=tools,
            recolouring=recolouring,
            intake=intake,
            shelf=shelf,
            preferences=preferences,
            updater=CardUpdater(
                client,
                jobs,
                store,
                recolouring.shrink,
                timings=timings,
                announcement=control.announcement,
            ),
            control=control,
        )
        yield client, services, engine


def _queue(
    settings: Settings,
    store: JobStore,
    engine: Engine,
    preferences: Preferences,
    shelf: Shelf,
    control: HostControl,
    times: PictureTimes,
) -> JobQueue:
    async def check(job: Job) -> None:
        control.check_job(job)
        await shelf.blocks.check_job(job)

    jobs = JobQueue(
        store,
        engine,
        quota_of=preferences.quota,
        check=check,
        job_timeout=settings.job_timeout_seconds,
        retention=timedelta(days=settings.retention_days),
        history=timedelta(days=settings.history_days),
    )
    jobs.forecast.times = times
    jobs.forecast.follow = UsualPictures(settings, preferences.follow).follow
    jobs.held = control.held
    return jobs


def _health_checks(
    client: StylizeClient, services: Services, engine: Engine, timings: Timings
) -> dict[str, HealthCheck]:
    """Return what can go wrong with the parts of a bot that runs."""

    async def painters() -> str | None:
        return str(engine.trouble) if engine.trouble else None

    async def files() -> str | None:
        store = services.store.files
        await store.check()
        return None if store.room.left > 0 else "No room is left for pictures in the data folder."

    return {
        "painters": painters,
        "database": services.store.database.check,
        "files": files,
        "connection": Shards(client, timings.lost).trouble,
    }


def _screening(settings: Settings) -> Screening:
    """Return what looks at pictures for the host."""
    url = settings.check_url
    return Screening(
        command=settings.check_command,
        url=str(url) if url else None,
        seconds=settings.check_seconds,
        lenient=settings.check_failure == "allow",
    )


def _engine(settings: Settings, devices: Sequence[str], files: FileStore, painter: str) -> Engine:
    """Return the engine of the settings."""
    if settings.engine is EngineName.RAY:
        return RayEngine(settings.ray_address, files, painter=painter, isolation=settings.isolation)
    folder = Path(files.address)
    confinement = Confinement(settings.isolation, writes=[folder / "spool", folder / "scratch"])
    return PoolEngine(devices, files, painter=painter, confinement=confinement)


async def _prepare(settings: Settings) -> Sequence[str]:
    """Make the data folder; return the devices of this host to paint on."""
    if problems := await problems_of_host(settings):
        raise ConfigurationError("\n".join(problems))
    await asyncio.to_thread(settings.data_dir.mkdir, 0o700, parents=True, exist_ok=True)
    if settings.engine is EngineName.RAY:
        _LOG.info("Painting on the Ray cluster at %s.", settings.ray_address)
        return ()
    automatic = settings.devices == ("auto",)
    devices = await discover_devices() if automatic else list(settings.devices)
    _LOG.info("Painting on %s.", ", ".join(devices))
    return devices


async def run(settings: Settings, *, use_local_chat: bool) -> None:
    """Serve until SIGINT or SIGTERM; raises as `running_bot` does."""
    stopped = asyncio.create_task(_stop_signal().wait())
    serving = asyncio.create_task(_serve(settings, use_local_chat=use_local_chat))
    await asyncio.wait([serving, stopped], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not serving.done():
        _LOG.info("Shutting down.")
        serving.cancel()  # also in the middle of starting: whatever was entered is left
    with contextlib.suppress(asyncio.CancelledError):
        await serving


async def _serve(settings: Settings, *, use_local_chat: bool) -> None:
    async with AsyncExitStack() as stack:
        if use_local_chat:
            from bot.local_chat import TOUR, local_chat  # noqa: PLC0415 - Discord needs none of it

            kept = settings.data_dir / "local_chat"
            chat, server = await stack.enter_async_context(
                local_chat(settings.local_chat_port, TOUR, keep_in=kept)
            )
        else:
            server = discord_server(settings)
        connection = await stack.enter_async_context(running_bot(settings, server))
        if use_local_chat:
            print(f"\n  The local chat is open: {chat.page_url}\n", flush=True)  # noqa: T201
        await asyncio.wait([connection])
        raise StartupError(f"The connection ended: {connection.exception()}.")


def _stop_signal() -> asyncio.Event:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    return stopped
