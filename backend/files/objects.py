"""Files in an object store: S3 and what speaks like it, Google Cloud Storage, Azure.

```
 put, and what a worker has made ──▶ the bucket, where all files are
                                        │ open_local, get
                                        ▼
 cache/ in the data folder: copies of those used last, which any moment may be thrown away
```
One bot at a time has the bucket (`backend.database.lease`), so a copy is as good as the object
until the next bot comes, which begins without any. Only the bot's own process reaches the store
and knows its credentials; other processes see copies, and what they make is put into the bucket
from here.
https://developmentseed.org/obstore/latest/
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import re
import shutil
import tempfile
import weakref
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import KW_ONLY, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from backend.errors import ConfigurationError
from backend.files.local import LocalFiles, make_folders
from backend.files.pushing import Pushes
from backend.files.room import Room
from backend.files.store import FileKey, FileStore, open_kept

_LOG = logging.getLogger(__name__)

_CACHE: Final = "cache"
_CACHE_BYTES: Final = 2 * 10**9
_PROBE: Final = "probe"
_NAMES: Final[Mapping[str, str]] = {"s3": "aws_", "azure": "azure_", "gcs": "google_"}
_LOOKS: Final = 16  # at the cache, while it fills from empty
_PART: Final = 8 * 2**20
_PUSH_SECONDS: Final = 2.0
_RETRIES: Final = {"max_retries": 8, "retry_timeout": timedelta(seconds=60)}


@dataclass(slots=True, eq=False)
class ObjectFiles(FileStore):
    """The file store whose keys are names of objects below a prefix.

    Attributes:
        url: such as `s3://bucket/prefix`.
        folder: the data folder. The copies of its one owner are in it; whoever looks at the store
            beside that has others, in a temporary folder.
        options: endpoint, region and credentials, by the names that obstore has for them.
        max_bytes: of all copies together, apart from those in use.
        push_seconds: how often a file that another process writes to is put into the bucket.
    """

    url: str
    folder: Path
    _: KW_ONLY
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    max_bytes: int = _CACHE_BYTES
    push_seconds: float = _PUSH_SECONDS
    room: Room = field(init=False)
    _local: LocalFiles = field(init=False)
    _objects: Any = field(init=False)
    _used: Counter[FileKey] = field(init=False, default_factory=Counter)
    _grown: int = field(init=False, default=0)
    _trimming: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        """Learn how to reach the store; raises ConfigurationError where the address is none."""
        beside = Path(tempfile.mkdtemp(prefix="stylize-"))
        weakref.finalize(self, shutil.rmtree, beside, ignore_errors=True)
        make_folders(beside)
        self._local = LocalFiles(beside)
        self.room = Room(self.folder)
        try:
            kind = _NAMES.get(obstore.parse_scheme(self.url), "")
            options = {n: value for n, value in self.options.items() if n.startswith(kind)}
            endpoint = next((value for n, value in options.items() if "endpoint" in n), "")
            connect: Any = from_url  # options differ by kind
            self._objects = connect(
                self.url,
                config=options,
                client_options={"allow_http": endpoint.startswith("http://")},
                retry_config=_RETRIES,
            )
        except (BaseError, ValueError) as error:
            raise ConfigurationError(f"STYLIZE_FILES is wrong: {_words(error)}.") from None

    def __str__(self) -> str:
        """Return what it is called where it cannot be used."""
        return f"file store {self.url}"

    @property
    def address(self) -> str:
        """Return the folder of the copies: all that other processes see."""
        return self._local.address

    async def prepare(self) -> None:
        """Throw old copies away, and see whether the store takes something."""
        self._local = LocalFiles(self.folder / _CACHE)
        await asyncio.to_thread(shutil.rmtree, self._local.folder, ignore_errors=True)
        await self._local.prepare()
        await self.room.look()
        await self._upload(FileKey(_PROBE), b"")
        with self._explained(FileKey(_PROBE)):
            await obstore.delete_async(self._objects, _PROBE)

    async def check(self) -> None:
        """Raise OSError where the store does not answer or lets nobody in."""
        with suppress(FileNotFoundError), self._explained(FileKey(_PROBE)):
            await obstore.head_async(self._objects, _PROBE)

    async def put(self, key: FileKey, source: Path | bytes) -> None:
        """Keep a file under a key, in one step; a `source` that is a file is moved away."""
        await self._upload(key, source)
        try:
            await self._local.put(key, source)
            await self._trim(key)
        except OSError:
            _LOG.warning("There is no copy of %s here.", key, exc_info=True)
            with suppress(OSError):
                await self._local.delete(key)
            if isinstance(source, Path):
                await asyncio.to_thread(source.unlink, missing_ok=True)

    async def get(self, key: FileKey) -> bytes:
        """Return the bytes of a file."""
        async with self.open_local(key):
            return await self._local.get(key)

    async def exists(self, *keys: FileKey) -> bool:
        """Return whether all of these files are there."""
        return all(await asyncio.gather(*map(self._exists, keys)))

    async def delete(self, *keys: FileKey) -> None:
        """Remove files; ignore those already gone."""
        for key in keys:
            self._local.path(key)  # a key that leads elsewhere is refused
        try:
            with self._explained(*keys):
                await obstore.delete_async(self._objects, list(keys))
        except FileNotFoundError:  # some kinds mind
            for key in keys if len(keys) > 1 else ():
                await self.delete(key)
        await self._local.delete(*keys)

    @asynccontextmanager
    async def open_local(self, key: FileKey) -> AsyncIterator[Path]:
        """Yield the copy of a file, which stays as long as it is used."""
        async with self._in_use([key]):
            yield await self._copy(key)

    @asynccontextmanager
    async def shared(
        self, needed: Collection[FileKey], made: Collection[FileKey]
    ) -> AsyncIterator[None]:
        """Copy what is needed; put what is made into the bucket, again and again and at the end."""
        async with open_kept(self, needed), self._in_use(made):
            await asyncio.gather(*map(self._copy_if_there, made))
            paths = {key: self._local.path(key) for key in made}
            async with Pushes(paths, self._upload, self.push_seconds).kept_up():
                yield

    def scratch(self) -> Any:
        """Yield an empty folder on this machine, removed afterwards."""
        return self._local.scratch()

    async def _exists(self, key: FileKey) -> bool:
        if await self._local.exists(key):
            return True
        try:
            with self._explained(key):
                await obstore.head_async(self._objects, key)
        except FileNotFoundError:
            return False
        return True

    async def _copy(self, key: FileKey) -> Path:
        path = self._local.path(key)
        try:
            await asyncio.to_thread(os.utime, path)  # those used last are thrown away last
        except FileNotFoundError:
            async with self._local.scratch() as folder:
                await self._download(key, folder / "file")
                await self._local.put(key, folder / "file")
            await self._trim(key)
        return path

    async def _copy_if_there(self, key: FileKey) -> None:
        """Copy what an earlier run made; without it, it is made anew."""
        try:
            await self._copy(key)
        except FileNotFoundError:
            pass
        except OSError:
            _LOG.warning("%s is begun anew.", key, exc_info=True)

    async def _download(self, key: FileKey, path: Path) -> None:
        with self._explained(key):
            found = await obstore.get_async(self._objects, key)
            with await asyncio.to_thread(path.open, "wb") as file:
                async for part in found.stream(min_chunk_size=_PART):
                    await asyncio.to_thread(file.write, part)

    async def _upload(self, key: FileKey, source: Path | bytes) -> None:
        self._local.path(key)
        try:
            with self._explained(key):
                await obstore.put_async(self._objects, key, source)
        except FileNotFoundError:
            if isinstance(source, Path) and not await asyncio.to_thread(source.exists):
                raise
            raise OSError(errno.EIO, f"{self.url}: there is no such bucket") from None

    @asynccontextmanager
    async def _in_use(self, keys: Collection[FileKey]) -> AsyncIterator[None]:
        async with self._trimming:  # which knows nothing of who comes in the middle
            self._used.update(keys)
        try:
            yield
        finally:
            self._used.subtract(keys)
            self._used += Counter()  # forget those that nobody uses

    async def _trim(self, new: FileKey) -> None:
        """Throw away the copies used longest ago, once new ones may have become too many."""
        with suppress(FileNotFoundError):
            self._grown += (await asyncio.to_thread(self._local.path(new).stat)).st_size
        if self._grown > self.max_bytes // _LOOKS:
            self._grown = 0
            limit = self.max_bytes - self.max_bytes // _LOOKS
            async with self._trimming:
                kept = {self._local.path(key) for key in [*self._used, new]}
                await asyncio.to_thread(_throw_away, self._local.folder, limit, kept)

    @contextmanager
    def _explained(self, *keys: FileKey) -> Iterator[None]:
        """Turn what obstore raises into OSError, without anything that an address may hide."""
        try:
            yield
        except FileNotFoundError:
            raise FileNotFoundError(errno.ENOENT, "not in the file store", *keys[:1]) from None
        except BaseError as error:
            raise OSError(errno.EIO, f"{self.url}: {_words(error)}") from None


def _words(error: Exception) -> str:
    """Return the first line of what went wrong, without the queries of addresses."""
    return re.sub(r"\?\S+", "", str(error).strip().partition("\n")[0]).rstrip(".")


def _throw_away(folder: Path, most: int, kept: Collection[Path]) -> None:
    """Delete the files used longest ago until the others have so many bytes at most."""
    found = []
    for place, folders, names in os.walk(folder):
        if Path(place) == folder:
            folders[:] = [name for name in folders if name != "scratch"]
        for name in names:
            with suppress(FileNotFoundError):
                about = Path(place, name).stat()
                found.append((about.st_mtime_ns, about.st_size, Path(place, name)))
    left = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if left <= most:
            return
        if path not in kept:
            path.unlink(missing_ok=True)
            left -= size
