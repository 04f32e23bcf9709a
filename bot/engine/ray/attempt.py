"""One run on one slot of the cluster, as the bot sees it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from bot.engine.messages import PictureDone, ProgressReport
from bot.engine.protocol import EngineSlot
from bot.engine.ray.messages import (
    BeginAttempt,
    CheckpointSaved,
    KillAttempt,
    RunFailed,
    Said,
    StopAttempt,
    ToSlot,
)
from bot.engine.run import Run
from bot.engine.words import DIED, LOST, SLOW
from bot.errors import (
    FILES_GONE,
    HostLost,
    JobFailed,
    JobNotFound,
    JobTimedOut,
    WorkerDied,
)
from bot.files.store import FileKey, FileStore, open_kept
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
    inbox: asyncio.Queue[Said | None] = field(default_factory=asyncio.Queue)

    @property
    def job_id(self) -> str:
        """Return whose run it is."""
        return self.run.request.job_id

    async def see_through(
        self, files: FileStore, send: Callable[[ToSlot], None], limit: float
    ) -> None:
        """Settle the run, and return when the slot says that it is over, or is gone.

        What has not ended after `limit` seconds is ended here: whoever should have was lost.
        """
        try:
            async with asyncio.timeout(limit):
                await self._see_through(files, send)
        except JobNotFound:
            self.run.fail(JobFailed(FILES_GONE))
        except TimeoutError:
            _LOG.exception("job %s: its slot did not end it in %.0f s", self.job_id, limit)
            send(KillAttempt(self.place.slot, self.number))
            self.run.fail(JobTimedOut(SLOW, limit=lasting(limit)))
        except Exception:  # whatever a slot says, its run has an end
            _LOG.exception("job %s: its slot broke the protocol", self.job_id)
            send(KillAttempt(self.place.slot, self.number))
            self.run.fail(WorkerDied(DIED))

    async def _see_through(self, files: FileStore, send: Callable[[ToSlot], None]) -> None:
        request = self.run.request
        saved = [key for key in request.checkpoints if await files.exists(key)]
        async with (
            files.scratch() as folder,
            open_kept(files, request.inputs + saved) as kept,
        ):
            self._order({key: str(path) for key, path in kept.items()}, folder, send)
            while said := await self.inbox.get():
                if await self._take(said, files, folder):
                    return
        self.run.fail(HostLost(LOST))

    def _order(
        self, files: dict[FileKey, str], folder: Path, send: Callable[[ToSlot], None]
    ) -> None:
        slot = self.place.slot
        send(
            BeginAttempt(
                slot=slot,
                attempt=self.number,
                request=self.run.request,
                files=files,
                folder=str(folder),
            )
        )
        if self.run.outcome.done():
            send(KillAttempt(slot, self.number))
        elif self.run.stop_asked:
            send(StopAttempt(slot, self.number))

    async def _take(self, said: Said, files: FileStore, folder: Path) -> bool:
        """Use what the slot said of the run; return whether it is over."""
        match said:
            case ProgressReport():
                self.run.take(said)
                return False
            case CheckpointSaved(key=key):
                if key not in self.run.request.checkpoints:
                    raise ValueError(f"{key} is no checkpoint of this run")
                await self._store(files, key, folder)
                return False
            case PictureDone(result=result):
                self.run.check(result)
                for key in result.files:
                    await self._store(files, key, folder)
                await files.delete(*self.run.request.checkpoints)
                self.run.take(said)
            case RunFailed(error=error):
                self.run.fail(error)
        return True

    async def _store(self, files: FileStore, key: FileKey, folder: Path) -> None:
        if not self.run.outcome.done():  # else the job's files may have been deleted
            await files.put(key, folder / PurePosixPath(key).name)
