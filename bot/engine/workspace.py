"""Where a painter finds its pictures and leaves its own: paths on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Self

from bot.engine.protocol import EngineRequest
from bot.files.store import FileKey, FileStore, open_kept
from bot.records import JobSpec, ResultFile


class Workspace:
    """Paths for one run; a context manager, for a thread without an event loop.

    Args:
        files: the store that the request's keys are of.
        request: whose pictures are needed.
        scratch: a folder for what is not finished yet.
    """

    def __init__(self, files: FileStore, request: EngineRequest, scratch: Path) -> None:
        self._files = files
        self._request = request
        self._scratch = scratch
        self._folder = scratch
        self._paths: Mapping[FileKey, Path] = {}
        self._exits = ExitStack()

    def __enter__(self) -> Self:
        """Open every picture of the request.

        Raises:
            JobNotFound: one is gone.
            OSError: one cannot be read.
        """
        with ExitStack() as exits:
            folder = exits.enter_context(TemporaryDirectory(dir=self._scratch))
            self._folder = Path(folder)
            self._runner = exits.enter_context(asyncio.Runner())
            opened = AsyncExitStack()
            exits.callback(lambda: self._runner.run(opened.aclose()))
            self._paths = self._runner.run(self._open(opened))
            self._exits = exits.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        """Close them, and remove what was not stored."""
        self._exits.close()

    def path(self, key: FileKey) -> Path:
        """Return where a picture of the request is, or where one that comes of it is to go."""
        return self._paths.get(key) or self._folder / PurePosixPath(key).name

    def store(self, result: ResultFile) -> None:
        """Put the files of a result into the store.

        Raises:
            OSError: one cannot be stored.
        """
        for key in result.files:
            self._runner.run(self._files.put(key, self.path(key)))

    async def _open(self, opened: AsyncExitStack) -> dict[FileKey, Path]:
        files, checkpoint = self._files, self._request.checkpoint
        inputs = await opened.enter_async_context(open_kept(files, _inputs(self._request.spec)))
        kept = await opened.enter_async_context(files.keep_local(checkpoint))
        return {**inputs, checkpoint: kept}


def _inputs(spec: JobSpec) -> list[FileKey]:
    files = [image.file for image in spec.images]
    return [*files, spec.start_from] if spec.start_from else files
