"""A chat on disk, so that it goes on after a restart: one JSON file, and the attachments beside it.

Whoever restarts bot and chat together finds the messages, and their buttons, as they were.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from localchat.cdn import Storage
from localchat.clock import age
from localchat.rest.registration import kind_of
from localchat.state import Attachment, Channel, Command, Guild, Interaction, Message, User
from localchat.world import World

_log = logging.getLogger(__name__)

SAVE_SECONDS: Final = 2.0
MAX_MESSAGES: Final = 500
MAX_BYTES: Final = 512 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Secrets of a chat: the key in the page's address, and the one that signs links to files."""

    page: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    links: str = field(default_factory=lambda: secrets.token_hex(32))


@with_config(ConfigDict(ser_json_bytes="base64", val_json_bytes="base64"))
@dataclass(slots=True, kw_only=True)
class Kept:
    """What outlives a restart: the attributes of the world that have these names, and more."""

    keys: Keys
    token: str
    application_id: int
    bot: User
    owner: User
    guilds: dict[int, Guild]
    channels: dict[int, Channel]
    people: dict[str, User]
    installed: set[int]
    registered: list[Command]
    messages: dict[int, Message]
    interactions: dict[int, Interaction]
    attachments: list[Attachment]


_KEPT: Final = TypeAdapter(Kept)
_HALF: Final = "half-written-"
_BESIDE: Final = {"keys", "registered", "attachments"}


class Archive:
    """The folder of a chat that is kept.

    Args:
        folder: made if it is not there; nobody else may look inside.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "chat.json"
        self._written = b""
        self._numbers = itertools.count(1)
        self._newest = 0  # of what is in the file
        self._writing = threading.Lock()  # a save that was cancelled still writes, in its thread

    def load(self) -> Kept | None:
        """Return what was kept; None if nothing was, or it cannot be read."""
        self.folder.mkdir(0o700, parents=True, exist_ok=True)
        for half_written in self.folder.glob(f"{_HALF}*"):  # when the chat was killed
            half_written.unlink()
        with suppress(FileNotFoundError):
            try:
                return _KEPT.validate_json(self._file.read_bytes())
            except ValidationError:
                _log.warning("%s cannot be read: the chat begins anew.", self._file, exc_info=True)
                self._file.replace(self._file.with_suffix(".unreadable"))
        return None

    async def keep(self, world: World, keys: Keys) -> None:
        """Save what changed, now and then, until cancelled."""
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            await self.save(world, keys)

    async def save(self, world: World, keys: Keys) -> None:
        """Save the chat as it is now, after the oldest of more than is kept is forgotten."""
        await _forget_oldest(world)
        data = _KEPT.dump_json(_kept(world, keys))
        if data == self._written:
            return
        try:
            await asyncio.to_thread(self._write, next(self._numbers), data)
        except OSError:
            _log.exception("the chat cannot be kept in %s", self.folder)
        else:
            self._written = data

    def _write(self, number: int, data: bytes) -> None:
        """Put this in place of what was there, whole or not at all; never over something newer."""
        with self._writing:
            if number < self._newest:
                return
            with NamedTemporaryFile(dir=self.folder, prefix=_HALF, delete=False) as file:
                try:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                    Path(file.name).replace(self._file)
                except BaseException:
                    Path(file.name).unlink()
                    raise
            self._newest = number


def restore(world: World, kept: Kept) -> None:
    """Make a new chat go on where one was left off."""
    storage = world.storage
    for each in fields(Kept):
        if each.name not in _BESIDE:
            setattr(world, each.name, getattr(kept, each.name))
    world.messages = {id_: _here(message, storage) for id_, message in kept.messages.items()}
    world.index()
    for command in kept.registered:
        key = kind_of(command.payload), command.payload["name"]
        world.commands.setdefault(command.guild_id, {})[key] = command
    storage.adopt(replace(each, path=storage.path_for(each.id)) for each in kept.attachments)


def _here(message: Message, storage: Storage) -> Message:
    """Return a message whose files are in this folder, wherever that was before."""
    files = tuple(replace(file, path=storage.path_for(file.id)) for file in message.attachments)
    forwarded = message.forwarded and _here(message.forwarded, storage)
    return replace(message, attachments=files, forwarded=forwarded)


def _kept(world: World, keys: Keys) -> Kept:
    alive = world.clock() - world.limits.token_seconds
    same = {each.name for each in fields(Kept)} - _BESIDE
    kept = Kept(
        keys=keys,
        registered=[one for commands in world.commands.values() for one in commands.values()],
        attachments=world.storage.all(),
        **{name: getattr(world, name) for name in same},
    )
    kept.interactions = {
        id_: interaction
        for id_, interaction in world.interactions.items()
        if interaction.created_at > alive
    }
    return kept


async def _forget_oldest(world: World) -> None:
    """Forget the oldest messages above the limits, and files that no message has any more."""
    used: set[int] = set()
    room = MAX_BYTES
    for number, message in enumerate(reversed(list(world.messages.values()))):
        files = message.attachments + (message.forwarded.attachments if message.forwarded else ())
        room -= sum(file.size for file in files)
        if number >= MAX_MESSAGES or room < 0:
            world.forget(message)
        else:
            used |= {file.id for file in files}
    for file in world.storage.all():
        if file.id not in used and age(file.id, world.clock) > world.limits.link_seconds:
            await world.storage.drop(file)
