"""Whether the bot can do its work, for `/readyz`, and for `stylize-bot health` by a file.

What is wrong is told in the file, in the data folder, every few seconds; a bot that hangs or has
ended lets the file grow old.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from backend.metrics import HEALTHY

_LOG = logging.getLogger(__name__)
_STANDBY: Final = "standby"
_DEAD_SECONDS: Final = 45.0
_GONE_SECONDS: Final = 86_400.0
_CHECK_SECONDS: Final = 5.0

HealthCheck = Callable[[], Awaitable[str | None]]
"""Returns in one line what is wrong, None if nothing is; may raise, and need not answer."""


@dataclass(slots=True, eq=False)
class Health:
    """What can be wrong with the running bot.

    Attributes:
        checks: by the part of the bot that they look at; there are none while it starts.
        beat: seconds from one sign of life to the next.
        waits: it is a standby, and well.
    """

    data_dir: Path
    beat: float = 10.0
    checks: dict[str, HealthCheck] = field(default_factory=dict)
    waits: bool = False
    _known: dict[str, str] = field(init=False, default_factory=dict)

    async def troubles(self) -> dict[str, str]:
        """Return what is wrong now, by part; the log tells once of each."""
        if self.waits:
            return {}
        if not self.checks:
            return {"start": "The bot is starting."}
        said = await asyncio.gather(*map(_answer, self.checks, self.checks.values()))
        found = {part: words for part, words in zip(self.checks, said, strict=True) if words}
        for part in self.checks:
            HEALTHY.labels(part).set(part not in found)
        for part in found.keys() - self._known.keys():
            _LOG.warning("Not well: %s", found[part])
        for part in self._known.keys() - found.keys():
            _LOG.info("Well again: %s.", part)
        self._known = found
        return found

    async def keep_beating(self) -> None:
        """Write into the file what is wrong, again and again, until cancelled."""
        await asyncio.to_thread(_forget_the_gone, self.data_dir)
        while True:
            await self.tell()
            await asyncio.sleep(self.beat)

    async def tell(self) -> None:
        """Write into the file what is wrong now."""
        words = "\n".join((await self.troubles()).values()) or _STANDBY * self.waits
        try:
            await asyncio.to_thread(_write, sign_of_life(self.data_dir), words)
        except OSError:
            _LOG.exception("The data folder cannot be written to.")


def _write(file: Path, words: str) -> None:
    """Write a file at once: half of it would say that all is well."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.write_text(words)
    fresh.replace(file)


def _forget_the_gone(data_dir: Path) -> None:
    """Remove signs of hosts that have given none for a day, such as replaced containers."""
    try:
        for file in data_dir.glob("alive*"):
            with suppress(OSError):  # such as one that another bot forgets, too
                if time.time() - file.stat().st_mtime > _GONE_SECONDS:
                    file.unlink()
    except OSError:
        _LOG.warning("The data folder cannot be looked into.", exc_info=True)


async def _answer(part: str, check: HealthCheck) -> str | None:
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            return await check()
    except TimeoutError:
        return f"The {part} does not answer."
    except Exception as error:
        _LOG.debug("The %s was asked in vain.", part, exc_info=True)
        return f"The {part} cannot be used ({type(error).__name__})."


def sign_of_life(data_dir: Path) -> Path:
    """Return the file of the bot that runs on this host."""
    return data_dir / f"alive-{socket.gethostname()}"  # a standby elsewhere may share the folder


def is_alive(data_dir: Path) -> bool:
    """Tell whether a bot that runs on this host uses this data folder."""
    try:
        return time.time() - sign_of_life(data_dir).stat().st_mtime <= _DEAD_SECONDS
    except OSError:
        return False


def is_standby(data_dir: Path) -> bool:
    """Tell whether the bot that uses this data folder waits for another one to end."""
    try:
        return sign_of_life(data_dir).read_text() == _STANDBY
    except OSError:
        return False


def trouble(data_dir: Path) -> str | None:
    """Return in words what is wrong with the bot that uses this data folder; None if nothing is."""
    file = sign_of_life(data_dir)
    try:
        age, words = time.time() - file.stat().st_mtime, file.read_text()
    except FileNotFoundError:
        return "The bot has not been connected yet."
    except OSError as error:
        return f"The sign of life {file} cannot be read: {error.strerror}."
    if age > _DEAD_SECONDS:
        return f"The bot gave its last sign of life {age:.0f} seconds ago."
    return None if words == _STANDBY else words or None
