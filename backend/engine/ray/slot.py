"""One slot of a cluster: an actor on a painter's host, and in it the process pool with one device.

So strangers' pictures are decoded where they are on a single host: in a confined worker process,
which tells the actor nothing but JSON. Of what the actor sends, the files are bytes.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Final

from backend.engine.messages import PictureDone, ProgressReport
from backend.engine.pool import PoolEngine
from backend.engine.protocol import EngineRequest, outputs
from backend.engine.ray.messages import (
    FROM_DRIVER,
    OPTIONS,
    TO_SLOT,
    BeginAttempt,
    CheckpointSaved,
    FromAttempt,
    FromSlot,
    KillAttempt,
    RunFailed,
    SlotLog,
    SlotState,
    StopAttempt,
)
from backend.errors import JobFailed
from backend.files.local import LocalFiles
from backend.files.store import FileKey
from nst.isolation.painter import Confinement

_LOG = logging.getLogger(__name__)

Files = Mapping[FileKey, bytes]
Line = tuple[bytes, Files]
"""A message, and the files that it is about; an empty one says that the slot is alive."""

_CHECKPOINT_SECONDS: Final = 2.0
_RATE: Final = 32 << 20  # bytes of checkpoints a second: large ones are sent more rarely
_MAX_LOGGED: Final = 2_000
_MAX_WAITING: Final = 1_000
_FOLDER: Final = "stylize-slot-"
_BEAT_SECONDS: Final = 2.0


class Slot:
    """The actor. `live` is all that it says; `tell` is what it is told, in any order."""

    def __init__(self, number: int, device: str, options: str) -> None:
        self._number = number
        self._device = device
        self._options = OPTIONS.decode(options)
        self._said: asyncio.Queue[Line] = asyncio.Queue()
        self._running: set[asyncio.Task[None]] = set()
        self._jobs: dict[int, str] = {}  # by attempt, those that the pool knows
        self._early: dict[int, StopAttempt | KillAttempt] = {}  # of those that it does not know yet
        self._files: LocalFiles
        self._pool: PoolEngine

    async def live(self) -> AsyncIterator[Line]:
        """Open the pool; yield whatever there is to say, until the driver has gone."""
        options = self._options
        self._log()
        _sweep()
        with TemporaryDirectory(prefix=f"{_FOLDER}{os.getpid()}-") as name:
            folder = Path(name)
            self._files = LocalFiles(folder)
            await self._files.prepare()
            self._pool = PoolEngine(
                [self._device],
                self._files,
                painter=options.painter,
                confinement=Confinement(
                    options.isolation, writes=[folder / "spool", folder / "scratch"]
                ),
                hang_seconds=options.hang_seconds,
                grace_seconds=options.grace_seconds,
                start_seconds=options.start_seconds,
                restart_delay=options.restart_delay,
            )
            self._pool.watch(self._say_state)
            async with self._pool:
                while True:
                    yield await self._next()

    async def _next(self) -> Line:
        """Return what there is to say next; nothing much after a while, as a sign of life."""
        try:
            return await asyncio.wait_for(self._said.get(), _BEAT_SECONDS)
        except TimeoutError:
            return b"", {}

    async def tell(self, line: str, files: Files) -> None:
        """Begin, stop or end a run."""
        message = TO_SLOT.decode(line)
        if isinstance(message, BeginAttempt):
            run = asyncio.create_task(self._run(message.attempt, message.request, files))
            self._running.add(run)
            run.add_done_callback(self._running.discard)
        elif job_id := self._jobs.get(message.attempt):
            self._obey(message, job_id)
        else:
            self._early[message.attempt] = message

    def _obey(self, message: StopAttempt | KillAttempt, job_id: str) -> None:
        (self._pool.stop if isinstance(message, StopAttempt) else self._pool.kill)(job_id)

    async def _run(self, attempt: int, request: EngineRequest, files: Files) -> None:
        """See one run through, clean up, and say its outcome; no exception gets out."""
        try:
            for key, data in files.items():
                await self._files.put(key, data)
            outcome, made = await self._paint(attempt, request)
            self._jobs.pop(attempt, None)
            self._early = {old: told for old, told in self._early.items() if old > attempt}
            await self._files.delete(*files, *outputs(request.job_id, len(request.parts)))
        except Exception:
            _LOG.exception("job %s broke its slot", request.job_id)
            os._exit(1)  # the driver makes a new one
        self._say_state()  # a worker that was cancelled may take its time
        self._say(outcome, made)

    async def _paint(self, attempt: int, request: EngineRequest) -> tuple[FromAttempt, Files]:
        """Return what came of a run, and its files."""
        self._jobs[attempt] = request.job_id
        if early := self._early.pop(attempt, None):  # the pool knows it a moment later
            asyncio.get_running_loop().call_soon(self._obey, early, request.job_id)
        saving = asyncio.create_task(self._save(attempt, request))
        try:
            result = await self._pool.run(
                request,
                lambda progress: self._say(
                    FromAttempt(self._number, attempt, ProgressReport(progress))
                ),
            )
        except JobFailed as error:
            return FromAttempt(self._number, attempt, RunFailed.of(error)), {}
        finally:
            saving.cancel()
            await asyncio.wait({saving})
        made = {key: await self._files.get(key) for key in result.files}
        return FromAttempt(self._number, attempt, PictureDone(result)), made

    async def _save(self, attempt: int, request: EngineRequest) -> None:
        """Send each checkpoint while a run goes on, and the last ones when it has ended."""
        sent: dict[FileKey, float] = {}
        try:
            while True:
                await asyncio.sleep(_CHECKPOINT_SECONDS)
                if self._said.empty():  # else the driver does not keep up
                    await asyncio.sleep(await self._send_new(attempt, request, sent) / _RATE)
        finally:
            await self._send_new(attempt, request, sent)

    async def _send_new(
        self, attempt: int, request: EngineRequest, sent: dict[FileKey, float]
    ) -> int:
        """Send the checkpoints that were not `sent` yet, at these times; return how many bytes."""
        size = 0
        for key in request.checkpoints:
            try:
                size += await self._send(attempt, key, sent)
            except FileNotFoundError:
                continue
            except Exception:  # a run without checkpoints is better than none
                _LOG.exception("job %s: a checkpoint cannot be sent", request.job_id)
        return size

    async def _send(self, attempt: int, key: FileKey, sent: dict[FileKey, float]) -> int:
        async with self._files.open_local(key) as path:
            written = path.stat().st_mtime
        if written == sent.get(key):
            return 0
        data = await self._files.get(key)
        self._say(FromAttempt(self._number, attempt, CheckpointSaved(key)), {key: data})
        sent[key] = written
        return len(data)

    def _say(self, message: FromSlot, files: Files | None = None) -> None:
        self._said.put_nowait((FROM_DRIVER.encode(message).encode(), files or {}))

    def _say_state(self) -> None:
        self._say(
            SlotState(slot=self._number, is_ready=self._pool.is_ready, trouble=self._pool.trouble)
        )

    def _log(self) -> None:
        """Let the bot's host read what is logged here."""
        logger = logging.getLogger("backend")
        logger.setLevel(logging.INFO)
        logger.addHandler(_Teller(self))

    def tell_log(self, record: logging.LogRecord, text: str) -> None:
        """Pass on a line of the log, unless too many wait."""
        if self._said.qsize() < _MAX_WAITING:
            self._say(SlotLog(self._number, record.levelno, text[-_MAX_LOGGED:]))


class _Teller(logging.Handler):
    """Brings log records to the bot, from the event loop's thread or another one."""

    def __init__(self, slot: Slot) -> None:
        super().__init__()
        self._slot = slot
        self._loop = asyncio.get_running_loop()

    def emit(self, record: logging.LogRecord) -> None:
        self._loop.call_soon_threadsafe(self._slot.tell_log, record, self.format(record))


def _sweep() -> None:
    """Remove the folders of slots whose process was killed."""
    for folder in Path(gettempdir()).glob(f"{_FOLDER}*-*"):
        pid = folder.name.removeprefix(_FOLDER).partition("-")[0]
        if not Path(f"/proc/{pid}").exists():
            shutil.rmtree(folder, ignore_errors=True)
