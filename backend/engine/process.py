"""One child process as the bot sees it: start, messages both ways, its log, its end."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Mapping, Sequence
from typing import Final, Generic, TypeVar

from backend.children import Child
from backend.codec import Codec
from backend.engine.launch import inside, worker_command, worker_environment
from backend.engine.messages import FROM_WORKER, MAX_LINE, TO_WORKER, FromWorker, ToWorker

_LOG = logging.getLogger(__name__)

_LOG_SECONDS: Final = 2.0
_LOG_LINE: Final = 1 << 16


Sent = TypeVar("Sent")
Received = TypeVar("Received")


class ChildProcess(Generic[Sent, Received]):
    """A started child process. Leave it through `end`, which is safe to call twice.

    Attributes:
        name: what it is called in the log.
    """

    def __init__(
        self,
        name: str,
        child: Child,
        sent: Codec[Sent],
        received: Codec[Received],
    ) -> None:
        self.name = name
        self._child = child
        self._sent, self._received = sent, received
        self._killed = False
        self._log = asyncio.create_task(self._log_stderr(), name=f"log of {name}")

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

    def send(self, message: Sent) -> None:
        """Send a message; a process that is gone does not hear it."""
        if not self._child.stdin.is_closing():
            self._child.stdin.write(self._sent.encode(message).encode() + b"\n")

    async def receive(self) -> Received | None:
        """Return the next message; None when there are no more, or what came is none."""
        try:
            line = await self._child.stdout.readline()
            return self._received.decode(line) if line.endswith(b"\n") else None
        except ValueError:  # also for a line that is too long
            _LOG.exception("%s (%s) broke the protocol", self.name, self.pid)
            return None

    def kill(self) -> None:
        """End it now."""
        self._killed = True
        self._child.kill()

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
        await self._child.end()
        code = self._child.returncode or 0
        return f"exit status {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"

    async def _log_stderr(self) -> None:
        while True:
            try:
                line = await self._child.stderr.readline()
            except ValueError:  # longer than the limit: the reader has thrown it away
                continue
            if not line:
                return
            said = line[:_LOG_LINE].decode(errors="replace").rstrip()
            _LOG.info("%s: %s", self.name, said)


WorkerProcess = ChildProcess[ToWorker, FromWorker]


async def start_child(command: Sequence[str], environment: Mapping[str, str]) -> Child:
    """Start a process with pipes; lines of up to `MAX_LINE` can be read from them."""
    return await Child.start(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=MAX_LINE,
        env=environment,
        process_group=0,  # Ctrl-C in a terminal is for the bot, which ends its children itself
    )


async def start_worker(device: str, arguments: Sequence[str], workers: int) -> WorkerProcess:
    """Start a worker for `device`; it says `ready` when its model is loaded.

    Args:
        device: such as `cpu` or `cuda:1`.
        arguments: of its command line after the device (`backend.engine.worker`).
        workers: how many there are, this one included.
    """
    child = await start_child(
        worker_command(inside(device), *arguments), worker_environment(device, workers)
    )
    _LOG.info("worker %s on %s started", child.pid, device)
    return ChildProcess(f"worker on {device}", child, TO_WORKER, FROM_WORKER)
