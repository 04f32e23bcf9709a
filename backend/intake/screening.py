"""What the host lets look at pictures before they are painted: a program of theirs, or a service.

Both are given a picture as it would be painted: checked and encoded anew.

- A program reads it from its standard input and exits with 0 if it may be painted, with 3 if not;
  the first line that it prints is the reason. Any other status is a failure: 1 is what most
  programs exit with when they break down.
- A service gets it as the body of a POST and answers `{"allowed": true}`, or
  `{"allowed": false, "reason": "…"}`, with status 200. Any other answer is a failure.
"""

from __future__ import annotations

import asyncio
import io
import logging
import os
import signal
from asyncio import StreamReader
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Final

from aiohttp import ClientError, ClientResponse, ClientSession

from backend.children import Child
from backend.codec import Codec, Unreadable
from backend.errors import ImageRefused, ImageUnavailable
from backend.tools.turns import Turns

_LOG = logging.getLogger(__name__)

_REFUSED: Final = 3
_AT_A_TIME: Final = 2
_LONGEST: Final = 200  # characters of a reason
_MOST_SAID: Final = 2**16  # bytes of an answer
_TYPES: Final = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a picture may be painted, and why not."""

    allowed: bool
    reason: str = ""


_VERDICT: Final = Codec[Verdict](Verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """Asks a program, a service, or both.

    Attributes:
        command: the program and its arguments; none if empty.
        url: of the service; None for none.
        seconds: that each of them may take.
        lenient: pictures are painted where they fail; otherwise they are refused.
    """

    command: Sequence[str] = ()
    url: str | None = None
    seconds: float = 20.0
    lenient: bool = False
    _turns: Turns = field(init=False, default_factory=partial(Turns, _AT_A_TIME))

    async def check(
        self, session: ClientSession, picture: Path, suffix: str, person: int | None
    ) -> None:
        """Refuse a picture of a person that may not be painted; raises ImageRefused."""
        asked: list[Callable[[], Awaitable[Verdict]]] = []
        if self.command:
            asked.append(partial(_ask_program, self.command, picture))
        if self.url:
            asked.append(partial(_ask_service, session, self.url, picture, _TYPES[suffix]))
        for ask in asked:
            async with self._turns.turn(person):
                verdict = await self._outcome(ask)
            if not verdict.allowed:
                raise _refusal(verdict.reason)

    async def _outcome(self, ask: Callable[[], Awaitable[Verdict]]) -> Verdict:
        try:
            async with asyncio.timeout(self.seconds):
                return await ask()
        except TimeoutError:
            why = f"it took more than {self.seconds:.0f} seconds"
        except (OSError, ClientError, Unreadable) as error:
            why = str(error)
        _LOG.error("A picture could not be screened: %s.", why)
        if self.lenient:
            return Verdict(allowed=True)
        raise ImageUnavailable(
            "It could not be checked whether it may be painted. Please try again later."
        )


async def _ask_program(command: Sequence[str], picture: Path) -> Verdict:
    with await asyncio.to_thread(picture.open, "rb") as file:
        child = await Child.start(
            *command, limit=_MOST_SAID, stdin=file, stdout=PIPE, stderr=PIPE, start_new_session=True
        )
    try:
        said, complaint, status = await asyncio.gather(
            _read(child.stdout), _read(child.stderr), child.wait()
        )
    finally:
        with suppress(ProcessLookupError):  # what it started may have outlived it
            os.killpg(child.pid, signal.SIGKILL)
        await child.end()
    if status not in {0, _REFUSED}:
        raise OSError(f"the program ended with {status}: {_first_line(complaint)}")
    return Verdict(allowed=status == 0, reason=_first_line(said))


async def _read(stream: StreamReader) -> bytes:
    """Return the beginning of what is said; the rest is read and forgotten."""
    said = b""
    while part := await stream.read(_MOST_SAID):
        said += part[: _MOST_SAID - len(said)]
    return said


async def _ask_service(session: ClientSession, url: str, picture: Path, kind: str) -> Verdict:
    data = io.BytesIO(await asyncio.to_thread(picture.read_bytes))
    # Nothing that was compressed could be bounded by its length.
    headers = {"Content-Type": kind, "Accept-Encoding": "identity"}
    async with session.post(url, data=data, headers=headers, allow_redirects=False) as response:
        try:
            return _VERDICT.decode(await _body(response))
        except BaseException:
            response.close()  # or leaving it would wait until the service has read the picture
            raise


async def _body(response: ClientResponse) -> bytes:
    """Return the whole answer of a service; OSError for one that cannot be a verdict."""
    if response.status != HTTPStatus.OK:
        raise OSError(f"the service answered with status {response.status}")
    if coding := response.headers.get("Content-Encoding", "").replace("identity", ""):
        raise OSError(f"the service answered in the coding {coding}, which was not asked for")
    said = bytearray()
    async for part in response.content.iter_any():
        said += part
        if len(said) > _MOST_SAID:
            raise OSError(f"the service answered with more than {_MOST_SAID} bytes")
    return bytes(said)


def _first_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[0] if lines else ""


def _refusal(reason: str) -> ImageRefused:
    """Return what the person is told, with the reason in one line."""
    line = " ".join("".join(char if char.isprintable() else " " for char in reason).split())
    if not line:
        return ImageRefused("It was refused by the check that the host of this bot has set up.")
    return ImageRefused(
        "It was refused by the check that the host of this bot has set up: {reason}",
        reason=line[:_LONGEST],
    )
