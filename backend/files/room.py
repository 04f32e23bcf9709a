"""How much may still be stored: up to the host's limit, and while the disk has some room to spare.

Nobody waits for a slow disk to learn it: what was measured a moment ago counts, less what is being
stored now.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LOG = logging.getLogger(__name__)

_SECONDS: Final = 2.0
_SHARE: Final = 0.02  # of the time may go into measuring
_SPARE: Final = 512 * 2**20
"""Bytes that stay free, so that the database can still be written; a twentieth of small disks."""
NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def is_out_of_room(error: BaseException | None) -> bool:
    """Tell whether the disk is full, also if that is behind another error."""
    while error is not None and not (isinstance(error, OSError) and error.errno in NO_ROOM):
        error = error.__cause__
    return error is not None


@dataclass(slots=True, eq=False)
class Room:
    """Room in a folder that may have `max_bytes` of files; on a disk that others use as well."""

    folder: Path
    max_bytes: int | None = None
    _left: int = 0
    _held: int = 0
    _next: float = 0.0
    _looking: asyncio.Task[None] | None = None

    @property
    def left(self) -> int:
        """Return how many bytes may still be stored."""
        is_old = time.monotonic() > self._next
        if is_old and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self.look())
        return self._left - self._held

    async def look(self) -> None:
        """Measure it; a disk that does not answer has no room."""
        began = time.monotonic()
        try:
            self._left = await asyncio.to_thread(_measure, self.folder, self.max_bytes)
        except OSError:
            _LOG.exception("The data folder cannot be looked at.")
            self._left = 0
        now = time.monotonic()
        self._next = now + max(_SECONDS, (now - began) / _SHARE)

    @contextmanager
    def hold(self, size: int) -> Iterator[None]:
        """Take room for files that are about to be stored, or raise OSError (ENOSPC)."""
        if self.left < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._held += size
        try:
            yield
        finally:
            self._held -= size


def _measure(folder: Path, max_bytes: int | None) -> int:
    disk = shutil.disk_usage(folder)
    left = disk.free - min(_SPARE, disk.total // 20)
    return left if max_bytes is None else min(left, max_bytes - _used(folder))


def _used(folder: Path) -> int:
    return sum(_size(Path(place, name)) for place, _, names in os.walk(folder) for name in names)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:  # removed meanwhile
        return 0
