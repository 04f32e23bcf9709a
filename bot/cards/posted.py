"""A card in the chat: the ways to it, the pictures that it shows, and those that it holds."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Self

import discord

from backend.files.store import FileStore
from backend.jobs.progress import JobUpdate
from backend.metrics import EDITS, UPLOADED
from bot.cards.answers import BAD_FORM
from bot.cards.place import CardPlace
from bot.cards.scheduler import EditScheduler, Urgency
from bot.cards.ways import Way
from bot.ui.cards import Card
from bot.ui.layouts import announced
from bot.ui.media import input_files, preview_name, result_name


@dataclass(frozen=True, slots=True)
class CardFile:
    """A picture that a card may show, of one version among those shown by the same name."""

    version: Hashable
    read: Callable[[], Awaitable[bytes]]

    @classmethod
    def of(cls, data: bytes, version: Hashable = None) -> Self:
        """Return a picture that is in memory."""
        return cls(version, partial(_bytes, data))


def files_of(store: FileStore, update: JobUpdate) -> dict[str, CardFile]:
    """Return by name everything that the card of a job may refer to now."""
    keys = input_files(update.job)
    if update.job.result:
        keys[result_name(update.job)] = update.job.result.file
    files = {name: CardFile(key, partial(store.get, key)) for name, key in keys.items()}
    if update.preview is not None:
        files[preview_name(update.preview)] = CardFile.of(update.preview, update.preview_number)
    return files


async def _bytes(data: bytes) -> bytes:
    return data


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that the message has: an edit that names its id keeps it."""

    version: Hashable
    attachment_id: int

    def to_dict(self) -> dict[str, int]:
        """Return it as edits list it, which is what discord.py asks of an attachment."""
        return {"id": self.attachment_id}


Render = Callable[[], tuple[Card, Mapping[str, CardFile]]]
"""Makes what a card is to show at this moment, and the files that it may refer to."""


@dataclass(eq=False, slots=True)
class PostedCard:
    """The message of one job, edited by nobody else.

    Attributes:
        is_sending: whether an edit is on its way now.
        has_outcome: whether it shows the outcome of its job.
        told_id: the message that told the requester of the outcome.
        announcement: returns what stands below each card, such as nothing.
    """

    place: CardPlace
    scheduler: EditScheduler
    announcement: Callable[[], str] = str
    is_sending: bool = field(init=False, default=False)
    has_outcome: bool = field(init=False, default=False)
    told_id: int | None = field(init=False, default=None)
    _held: dict[str, KeptFile] = field(init=False, default_factory=dict)

    async def show(self, render: Render, urgency: Urgency) -> None:
        """Edit the card as soon as its turn has come; files that it has are not sent again.

        It is rendered when the edit may be sent, so that what it shows is the newest.

        Raises:
            discord.HTTPException: Discord refuses in every way.
            OSError: a file cannot be read, or Discord be reached.
        """

        async def edit(way: Way) -> None:
            async with self.scheduler.turn(way.bucket, urgency):
                self.is_sending = True
                try:
                    await self._edit(way, *render())
                finally:
                    self.is_sending = False

        outcome = "failed"
        try:
            await self.place.through(edit, may_shrink=True)
            outcome = "shown"
        finally:
            EDITS.labels(outcome).inc()

    def distrust(self) -> None:
        """Forget what the card shows: somebody else's edit, or a late one, may have changed it."""
        self.has_outcome = False
        self._held = {}

    async def _edit(self, way: Way, card: Card, files: Mapping[str, CardFile]) -> None:
        announced(card.view, self.announcement())
        kept = {
            name: held
            for name in card.files
            if (held := self._held.get(name)) and held.version == files[name].version
        }
        fresh = {name: await files[name].read() for name in card.files if name not in kept}
        uploads = [discord.File(io.BytesIO(data), filename=name) for name, data in fresh.items()]
        try:
            message = await way.edit(card.view, [*kept.values(), *uploads])
        except discord.HTTPException as error:
            if not (kept and error.code == BAD_FORM):
                raise
            self._held = {}  # somebody's button has changed the card meanwhile
            return await self._edit(way, card, files)
        UPLOADED.inc(sum(map(len, fresh.values())))
        ids = _attachment_ids(message)
        if len(ids) == len(card.files):
            self._held = {
                name: KeptFile(files[name].version, attachment_id)
                for name, attachment_id in zip(card.files, ids, strict=True)
            }
        return None


def _attachment_ids(message: discord.Message) -> list[int]:
    """Return the ids of the pictures on a card, from top to bottom."""
    return [
        item.media.attachment_id
        for container in message.components
        if isinstance(container, discord.Container)
        for gallery in container.children
        if isinstance(gallery, discord.MediaGalleryComponent)
        for item in gallery.items
        if item.media.attachment_id
    ]
