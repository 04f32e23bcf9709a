"""The pictures of a card, and their bytes; nothing else in this room reads files."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Self

from bot.files.store import FileStore
from bot.jobs.progress import JobUpdate
from bot.ui.media import PREVIEW, input_files, result_name


@dataclass(frozen=True, slots=True)
class CardFile:
    """A picture that a card may show.

    Attributes:
        version: differs from those of other pictures that the job showed by the same name.
        read: brings its bytes; raises OSError.
    """

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
        files[PREVIEW] = CardFile.of(update.preview, update.preview_number)
    return files


async def _bytes(data: bytes) -> bytes:
    return data
