"""The quick way to start a process of `nst.tools`: a server has all loaded, and forks one."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from functools import partial
from typing import Any, Final

from backend.tools.spawning import Broken, Process, Spawning, Starter, command, environment
from nst.tools.server import FORKED

_LOG = logging.getLogger(__name__)

_BUFFER: Final = 2**19  # two requests are smaller: as a command line each would have 2**17 at most
_FULL_SECONDS: Final = 0.01
_LEAVING_SECONDS: Final = 5.0
_CRASHES: Final = frozenset(
    -number
    for number in (
        *(signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV),
        *(signal.SIGSYS, signal.SIGTRAP),
    )
)


@asynccontextmanager
async def quick_starter(program: str = sys.executable) -> AsyncIterator[Starter]:
    """Yield what forks processes of the tools, or where that is not possible, spawns them."""
    try:
        os.close(os.pidfd_open(os.getpid()))  # Linux has it, but some sandboxes refuse it
    except (AttributeError, OSError):
        yield Spawning(program)
        return
    forking = Forking(program)
    try:
        yield forking
    finally:
        await forking.close()


class Forking:
    """A server (`nst.tools.server`) that forks a process for each piece of work.

    It is started when it is first needed, and again when it has ended. All that it forks share one
    layout of memory; whoever guesses at it makes a process crash, and then there is a new server.

    Args:
        program: a Python that has nst.
    """

    def __init__(self, program: str = sys.executable) -> None:
        self._program = program
        self._server: _Server | None = None

    async def close(self) -> None:
        """End the server and all that it has forked."""
        if self._server is not None:
            await self._forget(self._server)

    @asynccontextmanager
    async def __call__(
        self, verb: str, request: Mapping[str, Any], files: Sequence[int]
    ) -> AsyncIterator[Process]:
        """Start a process; see `Starter`."""
        message = json.dumps({"verb": verb, "request": request, "files": files}).encode()
        for _ in range(2):  # the first server may turn out to have ended
            server = self._started()
            try:
                async with server.fork(message, files) as process:
                    if process is not None:
                        yield process
                        return
            finally:
                if server.useless and not server.busy:
                    await self._forget(server)
        raise Broken(f"{self._program} does not serve")

    def _started(self) -> _Server:
        if self._server is None or self._server.useless:
            try:
                self._server = _Server(self._program)
            except OSError as error:
                raise Broken(f"{self._program} cannot be started") from error
        return self._server

    async def _forget(self, server: _Server) -> None:
        if self._server is server:
            self._server = None
        await asyncio.to_thread(server.close)


class _Server:
    """One server process, and the socket that it is asked by.

    Attributes:
        busy: how many processes it has forked that have not ended.
        useless: it has ended, or should not be used any more.
    """

    busy = 0
    useless = False

    def __init__(self, program: str) -> None:
        self._control, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its, ExitStack() as on_failure:
            on_failure.enter_context(self._control)
            self._process = subprocess.Popen(  # noqa: S603 - what it runs is our own
                command(program, "serve"),
                stdin=its.fileno(),
                stdout=subprocess.DEVNULL,
                env=environment(),
            )
            on_failure.pop_all()
        self._control.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        self._control.setblocking(False)

    def close(self) -> None:
        """End the server and all that it has forked."""
        self._control.close()
        try:
            self._process.wait(_LEAVING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @asynccontextmanager
    async def fork(self, message: bytes, files: Sequence[int]) -> AsyncIterator[Process | None]:
        """Yield a process, gone when the block is left; nothing if the server has ended."""
        receive = asyncio.get_running_loop().sock_recv
        with ExitStack() as ours:
            with ExitStack() as its:
                pairs = [socket.socketpair() for _ in range(3)]
                status, output, trace = (ours.enter_context(mine) for mine, _ in pairs)
                given = [its.enter_context(other).fileno() for _, other in pairs]
                await self._send(message, [*given, *files])
            for each in (status, output, trace):
                each.setblocking(False)
            self.busy += 1
            try:
                if await receive(status, 1):
                    read = (partial(receive, output), partial(receive, trace))
                    yield Process(*read, partial(self._exit_status, status))
                else:
                    self.useless = True
                    yield None
            finally:
                await self._end(status)
                self.busy -= 1

    async def _send(self, message: bytes, descriptors: Sequence[int]) -> None:
        """Send a message with open files; to nobody, if the server has ended."""
        with suppress(ConnectionError):
            while True:
                try:
                    socket.send_fds(self._control, [message], descriptors)
                except BlockingIOError:
                    await asyncio.sleep(_FULL_SECONDS)
                else:
                    return

    async def _end(self, status: socket.socket) -> None:
        """End a process, by the socket of its exit status; return when it is gone."""
        with suppress(OSError):  # the server has ended
            status.shutdown(socket.SHUT_WR)
        try:
            async with asyncio.timeout(_LEAVING_SECONDS):
                await self._exit_status(status)
        except TimeoutError:
            _LOG.error("The server of the tools stands still; it is ended.")
            self.useless = True
            self._process.kill()  # and with it all that it has forked

    async def _exit_status(self, status: socket.socket) -> int:
        """Return the exit status of a process once it has ended, 1 if only its server has."""
        said = b""
        while part := await asyncio.get_running_loop().sock_recv(status, 64):
            said += part
        number = int(said.removeprefix(FORKED) or 1)
        self.useless |= number in _CRASHES
        return number
