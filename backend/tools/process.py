"""One run of `nst.tools`: its files, its environment, its time and its answer."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar

from backend.tools.spawning import Broken, Starter
from nst.isolation import Isolation
from nst.text import Text

_LOG = logging.getLogger(__name__)

_MAX_OUTPUT: Final = 2**18  # a recipe has 60 000 bytes at most
_MAX_NOISE: Final = 4000

Answer = dict[str, Any]
T = TypeVar("T")


class Refused(Exception):
    """The process did its work and says in words why the answer is no."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(str(text))


class Ended(Exception):
    """Its limit on time (in seconds) or memory ended it, we did, or a fault in a decoder."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"ended, allowed {seconds:g} s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What to ask of a process.

    Attributes:
        verb: one of `nst.tools`.
        writes: files to make, none of which is there yet, or files open for writing, by name.
    """

    verb: str
    reads: Mapping[str, Sequence[Path]]
    writes: Mapping[str, Path | BinaryIO] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    seconds: float
    cpu_seconds: int


async def run(work: Work, build: Callable[[Answer], T], start: Starter, isolation: Isolation) -> T:
    """Run one process to its end; whatever happens, it is gone afterwards.

    It gets open files in place of names, and nothing of the bot's environment. Unless it succeeds,
    the files that it was to make are not there.

    `build` makes the outcome of an answer, which it must not trust; a KeyError, TypeError or
    ValueError says that it is none.

    Raises:
        OSError: a file cannot be opened or made.
        Refused, Ended, Broken: there is no answer.
    """
    files = _Files(work)
    opening = asyncio.create_task(asyncio.to_thread(files.open))
    try:
        await asyncio.shield(opening)
        request = {
            "reads": files.reads,
            "writes": files.writes,
            "options": work.options,
            "limits": {"cpu_seconds": work.cpu_seconds},
            "isolation": isolation,
        }
        passed_on = [*files.writes.values(), *chain.from_iterable(files.reads.values())]
        outcome = _understand(work, build, *await _talk(work, request, passed_on, start))
        files.made.clear()  # they are wanted
    finally:
        await asyncio.wait([opening])  # when this is cancelled while they are being opened
        await asyncio.to_thread(files.close)
    return outcome


@dataclass(slots=True)
class _Files:
    """The open files of one run, and by name the descriptors of those to read and to write."""

    work: Work
    reads: dict[str, list[int]] = field(default_factory=dict)
    writes: dict[str, int] = field(default_factory=dict)
    made: list[Path] = field(default_factory=list)
    opened: list[int] = field(default_factory=list)

    def open(self) -> None:
        for name, paths in self.work.reads.items():
            self.reads[name] = [self._open(path, os.O_RDONLY) for path in paths]
        for name, place in self.work.writes.items():
            if isinstance(place, Path):
                self.writes[name] = self._open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
                self.made.append(place)
            else:
                self.writes[name] = place.fileno()

    def close(self) -> None:
        for number in self.opened:
            os.close(number)
        for path in self.made:
            path.unlink(missing_ok=True)

    def _open(self, path: Path, flags: int) -> int:
        self.opened.append(os.open(path, flags, 0o600))
        return self.opened[-1]


async def _talk(
    work: Work, request: Mapping[str, Any], files: Sequence[int], start: Starter
) -> tuple[bytes, int]:
    """Have a process do some work; return what it says and its exit status."""
    try:
        async with asyncio.timeout(work.seconds), start(work.verb, request, files) as process:
            output, trace, status = await asyncio.gather(
                _read(process.output), _read(process.trace), process.wait()
            )
    except TimeoutError:
        _LOG.warning("Tool %s ended after %g s.", work.verb, work.seconds)
        raise Ended(work.seconds) from None
    if trace:
        said = trace[-_MAX_NOISE:].decode(errors="replace")
        _LOG.info("Tool %s said:\n%s", work.verb, said)
    return output, status


def _understand(work: Work, build: Callable[[Answer], T], output: bytes, status: int) -> T:
    try:
        answer: Answer = json.loads(output)
        if answer["ok"]:
            return build(answer)
        text = Text.from_dict(answer["error"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        _LOG.error("Tool %s ended with status %d and no answer.", work.verb, status)
        if status < 0:
            raise Ended(work.cpu_seconds) from error
        raise Broken(f"status {status}") from error
    raise Refused(text)


async def _read(read: Callable[[int], Awaitable[bytes]]) -> bytes:
    """Read to the end but keep the start: the writer can neither block nor flood us."""
    kept = bytearray()
    while chunk := await read(_MAX_OUTPUT):
        kept += chunk[: _MAX_OUTPUT - len(kept)]
    return bytes(kept)
