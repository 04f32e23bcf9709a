"""One worker process as the bot sees it: start, frames both ways, its log, its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Final, cast

from bot.codec import Unreadable
from bot.engine.confinement import Confinement
from bot.engine.frames import Frame, FrameError, receive
from bot.engine.launch import worker_command, worker_environment
from bot.engine.messages import FROM_WORKER, TO_WORKER, FromWorker, ProgressReport, ToWorker

_LOG = logging.getLogger(__name__)

_LOG_SECONDS: Final = 2.0
_LINE_LIMIT: Final = 1 << 16


class WorkerProcess:
    """A started worker process. Leave it through `end`, which is safe to call twice."""

    def __init__(self, device: str, child: asyncio.subprocess.Process) -> None:
        self.device = device
        self._child = child
        self._stdin = cast("asyncio.StreamWriter", child.stdin)
        self._stdout = cast("asyncio.StreamReader", child.stdout)
        self._stderr = cast("asyncio.StreamReader", child.stderr)
        self._killed = False
        self._log = asyncio.create_task(self._log_stderr(), name=f"log of {device}")

    @classmethod
    async def start(
        cls,
        device: str,
        painter: str,
        workers: int,
        confinement: Confinement,
        *,
        store: str,
        scratch: Path,
    ) -> WorkerProcess:
        """Start a worker for `device`; it says `ready` when its model is loaded.

        Args:
            device: such as `cpu` or `cuda:1`.
            painter: `module:function` that loads the model.
            workers: how many there are, this one included.
            confinement: what it may do.
            store: the address of the file store.
            scratch: a folder for what is not finished yet.

        Raises:
            OSError: the process cannot be started.
        """
        inside = "cuda:0" if device.startswith("cuda") else device
        child = await asyncio.create_subprocess_exec(
            *worker_command(inside, painter, store, str(scratch)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LINE_LIMIT,
            env={**worker_environment(device, workers), **confinement.as_environment()},
            process_group=0,  # Ctrl-C in a terminal is for the bot, which ends its workers itself
        )
        _LOG.info("worker %s on %s started", child.pid, device)
        return cls(device, child)

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._child.pid

    @property
    def is_usable(self) -> bool:
        """Return whether it can be given a run: neither gone nor told to go."""
        return not self._killed and self._child.returncode is None

    async def wait(self) -> None:
        """Return when the process is gone."""
        await self._child.wait()

    def send(self, message: ToWorker) -> None:
        """Send a message; a process that is gone does not hear it."""
        if not self._stdin.is_closing():
            self._stdin.write(Frame(TO_WORKER.encode(message)).encode())

    async def receive(self) -> FromWorker | None:
        """Return the next message; None when there are no more, or what came is none."""
        try:
            frame = await receive(self._stdout)
            if frame is None:
                return None
            message = FROM_WORKER.decode(frame.head)
        except (FrameError, Unreadable):
            _LOG.exception("worker %s on %s broke the protocol", self.pid, self.device)
            return None
        if isinstance(message, ProgressReport):
            return ProgressReport(replace(message.progress, preview=frame.body or None))
        return message

    def kill(self) -> None:
        """End it now."""
        self._killed = True
        if self._child.returncode is None:
            # Not `Process.kill`, which looks whether the process has ended, and so takes its exit
            # status away from asyncio ("Unknown child process pid …").
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    async def end(self) -> str:
        """Kill it, wait until it is gone and its log is read; return how it ended, for the log.

        Goes on to its end if it is cancelled meanwhile.
        """
        ending = asyncio.create_task(self._end())
        try:
            return await asyncio.shield(ending)
        except asyncio.CancelledError:
            await ending
            raise

    async def _end(self) -> str:
        self.kill()
        await self._child.wait()
        await asyncio.wait({self._log}, timeout=_LOG_SECONDS)
        self._log.cancel()  # only a stray child of the worker can still hold the pipe open
        code = self._child.returncode or 0
        return f"exit status {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"

    async def _log_stderr(self) -> None:
        while True:
            try:
                line = await self._stderr.readline()
            except ValueError:  # longer than the limit: the reader has thrown it away
                continue
            if not line:
                return
            _LOG.info("worker on %s: %s", self.device, line.decode(errors="replace").rstrip())
