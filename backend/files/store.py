"""What every file store does, so that nobody else need know where files are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NewType, Protocol

from backend.errors import FILES_GONE, JobNotFound
from backend.files.room import Room

FileKey = NewType("FileKey", str)
"""A file's name in the store: relative, with `/`, such as `spool/9f3….png`; never with `..`.

A key names one file for ever: it is not given to another one after its file was deleted.
"""


class FileStore(Protocol):
    """Keeps files under keys.

    A method raises OSError where the store cannot be used, FileNotFoundError where a file that it
    needs is missing.
    """

    room: Room

    @property
    def address(self) -> str:
        """Return what `open_files` needs in another process to open what is `shared` with it."""
        ...

    async def prepare(self) -> None:
        """Make the store ready and empty its scratch folder; for its one owner, at the start."""
        ...

    async def check(self) -> None:
        """Raise OSError where the store cannot be used now."""
        ...

    async def put(self, key: FileKey, source: Path | bytes) -> None:
        """Keep a file under a key, in one step; a `source` that is a file is moved away."""
        ...

    async def get(self, key: FileKey) -> bytes:
        """Return the bytes of a file."""
        ...

    async def exists(self, *keys: FileKey) -> bool:
        """Return whether all of these files are there."""
        ...

    async def delete(self, *keys: FileKey) -> None:
        """Remove files; ignore those already gone."""
        ...

    def open_local(self, key: FileKey) -> AbstractAsyncContextManager[Path]:
        """Yield a path on this machine where a file can be read meanwhile."""
        ...

    def shared(
        self, needed: Collection[FileKey], made: Collection[FileKey]
    ) -> AbstractAsyncContextManager[None]:
        """Let another process that opens `address` read some files and make others meanwhile.

        What it has made is kept every few seconds, and when the block is left: if it is left by an
        exception, as far as that is possible. JobNotFound is raised where a file that is needed is
        gone.
        """
        ...

    def scratch(self) -> AbstractAsyncContextManager[Path]:
        """Yield an empty folder on this machine, removed afterwards."""
        ...


@asynccontextmanager
async def open_kept(
    files: FileStore, keys: Iterable[FileKey]
) -> AsyncIterator[Mapping[FileKey, Path]]:
    """Yield paths on this machine where several files can be read; JobNotFound if one is gone."""
    async with AsyncExitStack() as stack:
        try:
            paths = {key: await stack.enter_async_context(files.open_local(key)) for key in keys}
        except FileNotFoundError as error:
            raise JobNotFound(FILES_GONE) from error
        yield paths
