"""One run on one slot of the cluster, as the bot sees it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from backend.engine.messages import PictureDone, ProgressReport
from backend.engine.protocol import EngineSlot
from backend.engine.ray.messages import (
    BeginAttempt,
    CheckpointSaved,
    KillAttempt,
    RunFailed,
    Said,
    StopAttempt,
    ToSlot,
)
from backend.engine.run import Run
from backend.engine.words import DIED, LOST, SLOW, said_of
from backend.errors import (
    FILES_GONE,
    HostLost,
    JobFailed,
    JobNotFound,
    JobTimedOut,
    WorkerDied,
)
from backend.files.store import FileKey, FileStore, open_kept
from nst.text import Text, lasting

_LOG = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Place:
    """A slot of the cluster; nothing is begun there before its model is loaded."""

    slot: int
    view: EngineSlot
    is_ready: bool = False
    trouble: Text | None = None
    attempt: Attempt | None = None


@dataclass(slots=True, eq=False)
class Attempt:
    """One run on one slot; None in its inbox says that the slot is gone."""

    number: int
    run: Run
    place: Place
    send: Callable[[ToSlot], None]
    inbox: asyncio.Queue[Said | None] = field(default_factory=asyncio.Queue)
    _storing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def job_id(self) -> str:
        """Return whose run it is."""
        return self.run.request.job_id

    def tell(self, order: type[StopAttempt | KillAttempt]) -> None:
        """Let its slot finish it or end it."""
        self.send(order(self.place.slot, self.number))

    async def see_through(self, files: FileStore, limit: float) -> None:
        """Settle the run, and return when the slot says that it is over, or is gone.

        What has not ended after `limit` seconds is ended here: whoever should have was lost.
        """
        limited = asyncio.timeout(limit)
        try:
            async with limited:
                await self._see_through(files)
        except JobNotFound:
            self.run.fail(JobFailed(FILES_GONE))
        except Exception as error:  # whatever slot and store do, its run has an end
            _LOG.exception("job %s: attempt %d failed", self.job_id, self.number)
            self.tell(KillAttempt)
            if limited.expired():
                self.run.fail(JobTimedOut(SLOW, limit=lasting(limit)))
            elif isinstance(error, OSError):
                self.run.fail(JobFailed(said_of(error)))
            else:
                self.run.fail(WorkerDied(DIED))
        finally:
            self.run.over.set()

    async def end(self, seconds: float) -> None:
        """Return when no file of its run is written any more; the slot has `seconds` to end it."""
        self.tell(KillAttempt)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.run.over.wait()
        async with self._storing:
            pass

    async def _see_through(self, files: FileStore) -> None:
        request = self.run.request
        saved = [key for key in request.checkpoints if await files.exists(key)]
        async with (
            files.scratch() as folder,
            open_kept(files, request.inputs + saved) as kept,
        ):
            if self.run.outcome.done():
                return
            self._order({key: str(path) for key, path in kept.items()}, folder)
            while said := await self.inbox.get():
                if await self._take(said, files, folder):
                    return
        self.run.fail(HostLost(LOST))

    def _order(self, files: dict[FileKey, str], folder: Path) -> None:
        self.send(
            BeginAttempt(
                slot=self.place.slot,
                attempt=self.number,
                request=self.run.request,
                files=files,
                folder=str(folder),
            )
        )
        if self.run.stop_asked:
            self.tell(StopAttempt)

    async def _take(self, said: Said, files: FileStore, folder: Path) -> bool:
        """Use what the slot said of the run; return whether it is over."""
        match said:
            case ProgressReport():
                self.run.take(said)
                return False
            case CheckpointSaved(key=key):
                if key not in self.run.request.checkpoints:
                    raise ValueError(f"{key} is no checkpoint of this run")
                await self._store_checkpoint(files, key, folder)
                return False
            case PictureDone(result=result):
                self.run.check(result)
                for key in result.files:
                    await self._store(files, key, folder)
                if not self.run.outcome.done():
                    self.run.take(said)
                    await files.delete(*self.run.request.checkpoints)
            case RunFailed(error=error):
                self.run.fail(error)
        return True

    async def _store_checkpoint(self, files: FileStore, key: FileKey, folder: Path) -> None:
        try:
            await self._store(files, key, folder)
        except OSError:  # a run without checkpoints is better than none
            _LOG.warning("job %s: a checkpoint cannot be kept", self.job_id, exc_info=True)

    async def _store(self, files: FileStore, key: FileKey, folder: Path) -> None:
        """Keep a file of the run, unless that is settled: then nobody expects files any more."""
        async with self._storing:
            if self.run.outcome.done():
                return
            putting = asyncio.create_task(files.put(key, folder / PurePosixPath(key).name))
            try:
                await asyncio.shield(putting)
            finally:  # not cancelled: what is half put might be there later, when it is deleted
                await asyncio.wait({putting})
