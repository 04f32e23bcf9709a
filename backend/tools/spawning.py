"""How a process of `nst.tools` is started, and the plain way: a new interpreter for each."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from backend.children import Child

# MPLCONFIGDIR, HOME: where matplotlib keeps its list of fonts.
_PASSED_ON: Final = ("LD_LIBRARY_PATH", "SYSTEMROOT", "HOME", "MPLCONFIGDIR")
# Each of a decoder's threads would reserve 64 MiB of the address space that it is allowed.
_SET: Final = {"MALLOC_ARENA_MAX": "2"}


class Broken(Exception):
    """The process could not be started, or answered nothing that makes sense."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process of `nst.tools` that has been started.

    Attributes:
        output: returns some of what it says, so many bytes at the most, and none at the end.
        trace: the same of standard error.
        wait: returns its exit status once it has ended; below 0 if a signal ended it.
    """

    output: Callable[[int], Awaitable[bytes]]
    trace: Callable[[int], Awaitable[bytes]]
    wait: Callable[[], Awaitable[int]]


class Starter(Protocol):
    """What starts a process for a verb of a request, with the open files whose numbers that names.

    The process is gone when its block is left.

    Raises:
        Broken: it cannot be started.
    """

    def __call__(
        self, verb: str, request: Mapping[str, Any], files: Sequence[int], /
    ) -> AbstractAsyncContextManager[Process]:
        """Start it."""
        ...


def command(program: str, *arguments: str) -> list[str]:
    """Return the command line of the tools; `program` is a Python that has nst."""
    # -I: neither the environment nor the working directory adds to what it imports.
    return [program, "-I", "-m", "nst.tools", *arguments]


def environment() -> dict[str, str]:
    """Return what the tools see of the environment: nothing that is the bot's own."""
    return _SET | {name: os.environ[name] for name in _PASSED_ON if name in os.environ}


@dataclass(frozen=True, slots=True)
class Spawning:
    """A new interpreter for each piece of work, which loads all that it needs."""

    program: str = sys.executable

    @asynccontextmanager
    async def __call__(
        self, verb: str, request: Mapping[str, Any], files: Sequence[int]
    ) -> AsyncIterator[Process]:
        """Start a process; see `Starter`."""
        try:
            child = await Child.start(
                *command(self.program, verb, json.dumps(request)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=environment(),
                pass_fds=files,
            )
        except OSError as error:
            raise Broken(f"{self.program} cannot be started") from error
        try:
            yield Process(child.stdout.read, child.stderr.read, child.wait)
        finally:
            await child.end()
