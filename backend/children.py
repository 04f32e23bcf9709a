"""Child processes whose end is known at once, also while others hold their pipes open.

asyncio's own, up to Python 3.12, is waited for until its pipes are closed as well: whatever a child
left running would hold up the bot for as long as it runs.
"""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio import StreamReader, StreamWriter, SubprocessTransport
from asyncio.subprocess import SubprocessStreamProtocol
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Self, cast

_LINE: Final = 2**16


class _Pipes(SubprocessStreamProtocol):
    def __init__(self, limit: int) -> None:
        super().__init__(limit, asyncio.get_running_loop())
        self.gone = asyncio.Event()

    def process_exited(self) -> None:
        super().process_exited()
        self.gone.set()


@dataclass(frozen=True, slots=True)
class Child:
    """A process that was started; leave it through `end`, which is safe to call twice."""

    _transport: SubprocessTransport
    _pipes: _Pipes

    @classmethod
    async def start(cls, *command: str, limit: int = _LINE, **options: Any) -> Self:
        """Start a process; lines of up to `limit` bytes can be read from its pipes."""
        loop = asyncio.get_running_loop()
        transport, pipes = await loop.subprocess_exec(lambda: _Pipes(limit), *command, **options)
        return cls(transport, pipes)

    @property
    def stdin(self) -> StreamWriter:
        """Return where to write to, if that is a pipe."""
        return cast("StreamWriter", self._pipes.stdin)

    @property
    def stdout(self) -> StreamReader:
        """Return where to read what it says, if that is a pipe."""
        return cast("StreamReader", self._pipes.stdout)

    @property
    def stderr(self) -> StreamReader:
        """Return where to read what it complains of, if that is a pipe."""
        return cast("StreamReader", self._pipes.stderr)

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._transport.get_pid()

    @property
    def returncode(self) -> int | None:
        """Return its exit status, below 0 if a signal ended it; None while it runs."""
        return self._transport.get_returncode()

    async def wait(self) -> int:
        """Return its exit status when it is gone."""
        await self._pipes.gone.wait()
        return self.returncode or 0

    def kill(self) -> None:
        """End it now."""
        if self.returncode is None:
            # Not the transport's own way, which looks whether the process has ended, and so takes
            # its exit status away from asyncio ("Unknown child process pid …").
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    async def end(self) -> None:
        """Kill it, wait until it is gone, and close its pipes."""
        self.kill()
        await self.wait()
        self._transport.close()
