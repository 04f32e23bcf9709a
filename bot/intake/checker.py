"""Runs `nst.sandbox` on one file, so that nothing a stranger sent is unpacked in this process."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bot.errors import ImageRefused
from nst.limits import Limits
from nst.text import Text

_log = logging.getLogger(__name__)

_KEPT_ENVIRONMENT: Final = ("LD_LIBRARY_PATH", "SYSTEMROOT")
_MAX_OUTPUT: Final = 2**16
_TOO_HARD: Final = Text(
    "Unpacking this picture failed or took more than the {seconds} seconds or the memory "
    "allowed for it. Make it smaller, or save it as JPEG."
)
_OUR_FAULT: Final = Text("It could not be checked because of a fault on our side. Try again later.")


@dataclass(frozen=True, slots=True)
class Checked:
    """What the sandbox found: the clean picture's size and look, the hash of the file as sent."""

    width: int
    height: int
    sha256: str
    fingerprint: str | None


async def check(
    source: Path, clean: Path, thumbnail: Path, *, limits: Limits, seconds: float
) -> Checked:
    """Unpack `source` in a process of its own, which writes `clean` (PNG) and `thumbnail` (JPEG).

    The process gets no environment, no input, and at most `seconds`.

    Raises:
        ImageRefused: the picture cannot be used, or its unpacking failed or was ended.
    """
    # -I: neither the environment nor the working directory adds to what it imports.
    command = [sys.executable, "-I", "-m", "nst.sandbox", *map(str, (source, clean, thumbnail))]
    for name, value in asdict(limits).items():
        command += ["--" + name.replace("_", "-"), str(value)]
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ},
        )
    except OSError as error:
        _log.exception("Picture check cannot be started.")
        raise ImageRefused(_OUR_FAULT) from error
    try:
        async with asyncio.timeout(seconds):
            output, trace, status = await asyncio.gather(
                _read(process.stdout), _read(process.stderr), process.wait()
            )
    except TimeoutError:
        _log.warning("Picture check ended after %g s: %s", seconds, source.name)
        raise ImageRefused(_TOO_HARD, seconds=seconds) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if trace:
        _log.info("Picture check of %s said:\n%s", source.name, trace.decode(errors="replace"))
    return _verdict(output, status, seconds)


def _verdict(output: bytes, status: int, seconds: float) -> Checked:
    try:
        answer: dict[str, Any] = json.loads(output)
        if answer["ok"]:
            look = answer["fingerprint"]
            return Checked(
                width=int(answer["width"]),
                height=int(answer["height"]),
                sha256=str(answer["sha256"]),
                fingerprint=None if look is None else str(look),
            )
        words = Text.from_dict(answer["error"])
    except (ValueError, KeyError, TypeError) as error:
        _log.error("Picture check ended with status %d and no answer.", status)
        # Negative: ended by a signal, so by a limit or a crash. Otherwise it never got to work.
        words = Text(_TOO_HARD, seconds=seconds) if status < 0 else _OUR_FAULT
        raise ImageRefused(words) from error
    raise ImageRefused(words)


async def _read(stream: asyncio.StreamReader | None) -> bytes:
    """Reads a stream to its end but keeps 64 KiB: the writer can neither block nor flood us."""
    kept = bytearray()
    while stream is not None and (chunk := await stream.read(_MAX_OUTPUT)):
        kept += chunk[: _MAX_OUTPUT - len(kept)]
    return bytes(kept)
