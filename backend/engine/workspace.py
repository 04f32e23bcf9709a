"""Where a painter finds its pictures and leaves its own: paths on this machine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from backend.engine.protocol import EngineRequest
from backend.files.local import LocalFiles
from backend.files.store import FileKey, open_kept
from backend.records import ResultFile

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Workspace:
    """Paths for one run: of what is kept in the store, and in a folder for what comes of it."""

    kept: Mapping[FileKey, Path]
    folder: Path
    files: LocalFiles
    runner: asyncio.Runner

    def path(self, key: FileKey) -> Path:
        """Return where a picture of the request is, or where one that comes of it is to go."""
        return self.kept.get(key) or self.folder / PurePosixPath(key).name

    def store(self, result: ResultFile) -> ResultFile:
        """Put the files of a result into the store; return it without those that had no room."""
        self._put(result.file)
        return replace(
            result,
            raw=self._spared(result.raw),
            recording=self._spared(result.recording),
        )

    def _spared(self, key: FileKey | None) -> FileKey | None:
        try:
            return key and self._put(key)
        except OSError:
            _LOG.warning("%s cannot be kept.", key, exc_info=True)
            return None

    def _put(self, key: FileKey) -> FileKey:
        self.runner.run(self.files.put(key, self.path(key)))
        return key


@contextmanager
def workspace(files: LocalFiles, request: EngineRequest, scratch: Path) -> Iterator[Workspace]:
    """Open every picture of a request, in a thread without an event loop.

    What is not finished yet lies in a folder of its own in `scratch`.
    """
    opened = AsyncExitStack()
    with TemporaryDirectory(dir=scratch) as folder, asyncio.Runner() as runner:
        try:
            kept = runner.run(_open(files, request, opened))
            yield Workspace(kept, Path(folder), files, runner)
        finally:
            runner.run(opened.aclose())


async def _open(
    files: LocalFiles, request: EngineRequest, opened: AsyncExitStack
) -> dict[FileKey, Path]:
    inputs = await opened.enter_async_context(open_kept(files, request.inputs))
    return {**inputs, **{key: files.path(key) for key in request.checkpoints}}
