"""What keeps the bot from running on this host: found all at once, before anything is changed."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import socket
import sys
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import discord
from alembic.migration import MigrationContext

from backend.database.connect import locate_database
from backend.database.location import knows
from backend.database.sqlite import SqliteFile
from backend.engine.launch import discover_devices
from backend.errors import BotError, ConfigurationError, StartupError
from backend.files.connect import locate_files
from backend.files.local import FOLDERS
from backend.files.store import FileKey
from backend.health import is_alive
from backend.settings import EngineName, Settings, variable
from bot.cards.answers import FAILURES
from bot.connection import log_in
from nst.isolation import Isolation, missing_layers

_NO_ADDRESS: Final = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
_LEAST_FREE: Final = 2**30  # bytes
_PAINTER: Final = "backend.engine.painter:devices_with_weights"
_FILES_SECONDS: Final = 15.0


async def problems_of_host(settings: Settings) -> list[str]:
    """Return what is wrong with devices, folder and metrics, each in one line."""
    return await _tried(settings, _check_devices, _check_folder, _check_metrics, _check_command)


async def all_problems(settings: Settings, painter: str = _PAINTER) -> list[str]:
    """Return the same, and what is wrong with anything else.

    `painter` is the function that a child process calls to see whether anything can be painted.
    """

    async def check_painter(settings: Settings) -> None:
        if settings.engine is EngineName.POOL:
            await discover_devices(painter, "Nothing can be painted here")

    others = (
        _check_local_chat,
        _check_ports,
        _check_disk,
        _check_inside,
        _check_isolation,
        _check_database,
        _check_files,
        check_painter,
        _check_token,
    )
    return await problems_of_host(settings) + await _tried(settings, *others)


async def _tried(settings: Settings, *checks: Callable[[Settings], Awaitable[None]]) -> list[str]:
    found = []
    for check in checks:
        try:
            await check(settings)
        except (BotError, OSError) as error:
            found.append(str(error))
    return found


async def _check_devices(settings: Settings) -> None:
    if settings.engine is EngineName.RAY:
        return _check_ray()
    known = {"auto", "cpu", "mps" if sys.platform == "darwin" else "cpu"}
    named = {"cuda:0" if name == "cuda" else name for name in settings.devices} - known
    there = await discover_devices() if named else []
    if missing := sorted(named - set(there)):
        raise ConfigurationError(
            f"{variable('devices')}: there is no {' and no '.join(missing)} here; there is "
            f"{', '.join(there)}."
        )
    return None


def _check_ray() -> None:
    if find_spec("ray") is None:
        raise ConfigurationError(
            f"{variable('engine')}: Ray is not installed here; pip install 'stylize-bot[ray]'."
        )


async def _check_folder(settings: Settings) -> None:
    path, place = settings.data_dir.absolute(), _place(settings)
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        done = "written to" if place == path else "made"
        raise ConfigurationError(
            f"{variable('data_dir')}: the folder {settings.data_dir} cannot be {done}."
        )


async def _check_command(settings: Settings) -> None:
    program = next(iter(settings.check_command), "")
    if program and shutil.which(program) is None:
        raise ConfigurationError(
            f"{variable('check_command')}: there is no program {program} that can be run."
        )


async def _check_disk(settings: Settings) -> None:
    if shutil.disk_usage(_place(settings)).free < _LEAST_FREE:
        raise ConfigurationError(
            f"{variable('data_dir')}: less than a gibibyte is free at {settings.data_dir}."
        )


def _place(settings: Settings) -> Path:
    """Return the data folder, or as much of its path as there is."""
    path = settings.data_dir.absolute()
    return next(each for each in (path, *path.parents) if each.exists())


async def _check_metrics(settings: Settings) -> None:
    if not is_alive(settings.data_dir):  # else it has the port itself
        _check_port("metrics_port", settings.metrics_port, settings.metrics_host)


async def _check_local_chat(settings: Settings) -> None:
    if settings.discord_token is None and not is_alive(settings.data_dir):
        _check_port("local_chat_port", settings.local_chat_port)


async def _check_ports(settings: Settings) -> None:
    taken = settings.metrics_port
    if taken and settings.discord_token is None and taken == settings.local_chat_port:
        raise ConfigurationError(
            f"{variable('metrics_port')} and {variable('local_chat_port')} are the same, {taken}."
        )


def _check_port(field: str, port: int | None, host: str = "127.0.0.1") -> None:
    if port is None:
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        why = (error.strerror or str(error)).partition(" (")[0]
        if (error.errno or 0) <= 0 or error.errno in _NO_ADDRESS:  # below 0: a name of nobody
            field, what = "metrics_host", f"the address {host}"
        else:
            what = f"port {port}"
        raise ConfigurationError(f"{variable(field)}: {what} cannot be used ({why}).") from error


async def _check_inside(settings: Settings) -> None:
    """Look at what is in the data folder already."""
    for name in FOLDERS:
        path = settings.data_dir / name
        if path.exists() and not (path.is_dir() and os.access(path, os.W_OK | os.X_OK)):
            raise ConfigurationError(
                f"{variable('data_dir')}: {path} is no folder that can be written to."
            )


async def _check_isolation(settings: Settings) -> None:
    missing = ", ".join(missing_layers())
    if settings.isolation is Isolation.REQUIRED and missing:
        raise ConfigurationError(
            f"{variable('isolation')} is required, but this system lacks: {missing}."
        )


async def _check_database(settings: Settings) -> None:
    location = locate_database(settings)
    if isinstance(location, SqliteFile):
        if not (file := location.path).exists():
            return
        if not (file.is_file() and os.access(file, os.R_OK | os.W_OK)):
            raise ConfigurationError(f"The job database {file} is no file that can be written to.")
    async with location.beside() as database, database.read() as connection:
        revision = await connection.run_sync(
            lambda sync: MigrationContext.configure(sync).get_current_revision()
        )
    if revision and not knows(revision):
        raise ConfigurationError(f"The job database {location} is of a newer version of the bot.")


async def _check_files(settings: Settings) -> None:
    files = locate_files(settings)
    try:
        async with asyncio.timeout(_FILES_SECONDS):
            await files.exists(FileKey("probe"))
    except TimeoutError as error:
        raise ConfigurationError(f"{variable('files')}: the {files} does not answer.") from error


async def _check_token(settings: Settings) -> None:
    if settings.discord_token:
        async with discord.Client(intents=discord.Intents.none()) as client:
            try:
                await log_in(client, settings.discord_token.get_secret_value())
            except FAILURES as error:
                raise StartupError(f"Discord cannot be reached: {error}.") from error
