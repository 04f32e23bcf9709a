"""What another process makes on this machine, put into an object store meanwhile and afterwards."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from backend.files.store import FileKey

_LOG = logging.getLogger(__name__)

Version = tuple[int, int]
"""What tells that a file has changed: when, and its size."""


@dataclass(slots=True, eq=False)
class Pushes:
    """Some files on their way into the store.

    Attributes:
        paths: where they are, or will be.
        upload: puts one of them into the store.
        seconds: how often that is done while they are written to.
    """

    paths: Mapping[FileKey, Path]
    upload: Callable[[FileKey, Path], Awaitable[None]]
    seconds: float
    _known: dict[FileKey, Version] = field(init=False, default_factory=dict)
    _over: asyncio.Event = field(init=False, default_factory=asyncio.Event)

    @asynccontextmanager
    async def kept_up(self) -> AsyncIterator[None]:
        """Put what changes into the store; afterwards all of it is there, or OSError is raised.

        If the block raises, what is left is put there as far as that takes no longer than usual.
        """
        self._known = await asyncio.to_thread(self._versions)
        pushing = asyncio.create_task(self._again_and_again())
        try:
            yield
        except BaseException:
            with _forgiven():
                async with asyncio.timeout(self.seconds):
                    await self._finish(pushing)
            raise
        await self._finish(pushing)

    async def _finish(self, pushing: asyncio.Task[None]) -> None:
        self._over.set()  # not cancelled: what is half put might be there later, when it is deleted
        await pushing
        await self._push()

    async def _again_and_again(self) -> None:
        while not self._over.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), self.seconds)
                return
            with _forgiven():
                await self._push()

    async def _push(self) -> None:
        """Upload the files that have changed since they were last."""
        for key, version in (await asyncio.to_thread(self._versions)).items():
            if self._known.get(key) != version:
                with suppress(FileNotFoundError):  # half a file, and gone or renamed by now
                    await self.upload(key, self.paths[key])
                self._known[key] = version

    def _versions(self) -> dict[FileKey, Version]:
        found = {}
        for key, path in self.paths.items():
            with suppress(FileNotFoundError):
                about = path.stat()
                found[key] = (about.st_mtime_ns, about.st_size)
        return found


@contextmanager
def _forgiven() -> Iterator[None]:
    """Go on where something cannot be put into the store now."""
    try:
        yield
    except OSError:
        _LOG.warning("Some files are not in the file store yet.", exc_info=True)
