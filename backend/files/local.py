"""Files in a folder of this machine."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from backend.files.room import Room
from backend.files.store import FileKey, FileStore

_SCRATCH: Final = "scratch"
FOLDERS: Final = ("spool", "shelf", "starters")
_HALF: Final = "."  # before the name of a file that is not all there yet
_PRIVATE: Final = 0o700  # only the bot's user may look inside


@dataclass(slots=True)
class LocalFiles(FileStore):
    """The file store whose keys are paths in a folder, which can be moved as a whole."""

    folder: Path
    max_bytes: int | None = None
    room: Room = field(init=False)

    def __post_init__(self) -> None:
        """Begin to watch the disk."""
        self.room = Room(self.folder, self.max_bytes)

    @property
    def address(self) -> str:
        """Return the folder, absolute."""
        return str(self.folder.absolute())

    def __str__(self) -> str:
        """Return what it is called where it cannot be used."""
        return f"data folder {self.address}"

    def path(self, key: FileKey) -> Path:
        """Return where a file is; a key that leads out of the folder is a bug or an attack."""
        parts = PurePosixPath(key).parts
        if not parts or parts[0] == "/" or ".." in parts:
            raise ValueError(f"not a key of a file: {key!r}")
        return self.folder.joinpath(*parts)

    async def prepare(self) -> None:
        """Make the folders, and remove what a process that was killed left half-written."""
        await asyncio.to_thread(make_folders, self.folder)
        await self.room.look()

    async def check(self) -> None:
        """Raise OSError where the folder is gone."""
        await asyncio.to_thread((self.folder / FOLDERS[0]).stat)

    async def put(self, key: FileKey, source: Path | bytes) -> None:
        """Keep a file under a key, in one step; a `source` that is a file is moved away."""
        if isinstance(source, Path):
            await asyncio.to_thread(_move, source, self.path(key))
            return
        async with self.scratch() as folder:
            await asyncio.to_thread((folder / "file").write_bytes, source)
            await asyncio.to_thread(_move, folder / "file", self.path(key))

    async def get(self, key: FileKey) -> bytes:
        """Return the bytes of a file."""
        return await asyncio.to_thread(self.path(key).read_bytes)

    async def exists(self, *keys: FileKey) -> bool:
        """Return whether all of these files are there."""
        paths = [self.path(key) for key in keys]
        return await asyncio.to_thread(lambda: all(path.is_file() for path in paths))

    async def delete(self, *keys: FileKey) -> None:
        """Remove files; ignore those already gone."""
        await asyncio.to_thread(_unlink, [self.path(key) for key in keys])

    @asynccontextmanager
    async def open_local(self, key: FileKey) -> AsyncIterator[Path]:
        """Yield the file itself; nobody may change it."""
        path = self.path(key)
        if not await asyncio.to_thread(path.is_file):
            raise FileNotFoundError(key)
        yield path

    @asynccontextmanager
    async def shared(
        self,
        needed: Collection[FileKey],  # noqa: ARG002 - whoever needs them finds them
        made: Collection[FileKey],  # noqa: ARG002
    ) -> AsyncIterator[None]:
        """Do nothing: other processes use the files themselves."""
        yield

    @asynccontextmanager
    async def scratch(self) -> AsyncIterator[Path]:
        """Yield an empty folder beside the files, so that they can be moved in one step."""
        making = asyncio.create_task(asyncio.to_thread(_make_folder, self.folder / _SCRATCH))
        try:
            yield await asyncio.shield(making)
        finally:
            folder = await making  # also if this was cancelled before it was there
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def open_files(address: str) -> LocalFiles:
    """Open the store that another process called by this address."""
    return LocalFiles(Path(address))


def make_folders(folder: Path) -> None:
    """Make the folders of a store, before anything is put into it.

    Not later: where the disk has gone, what is stored in its place is hidden when it comes back.
    """
    shutil.rmtree(folder / _SCRATCH, ignore_errors=True)
    for name in (*FOLDERS, _SCRATCH):
        (folder / name).mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        (folder / name).chmod(_PRIVATE)
        for half in (folder / name).glob(f"{_HALF}*"):
            with suppress(OSError):  # such as one of NFS itself
                half.unlink()


def _make_folder(parent: Path) -> Path:
    parent.mkdir(mode=_PRIVATE, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=parent))


def _move(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except OSError:
        if os.stat(source).st_dev == os.stat(target.parent).st_dev:  # noqa: PTH116
            raise
        half = target.with_name(f"{_HALF}{target.name}")  # from another disk: in two steps
        try:
            shutil.move(source, half)
            half.replace(target)
        except OSError:
            half.unlink(missing_ok=True)
            raise


def _unlink(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
