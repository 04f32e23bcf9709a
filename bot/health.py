"""A sign of life in the data folder, for `stylize-bot health` and Docker's health check."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

_LOG = logging.getLogger(__name__)
_FILE: Final = "alive"
_BEAT_SECONDS: Final = 10.0
_DEAD_SECONDS: Final = 45.0


async def keep_beating(data_dir: Path, is_well: Callable[[], bool]) -> None:
    """Touch the file every ten seconds while the connection stands."""
    while True:
        if is_well():
            try:
                await asyncio.to_thread((data_dir / _FILE).touch)
            except OSError:
                _LOG.exception("The data folder cannot be written to.")
        await asyncio.sleep(_BEAT_SECONDS)


def trouble(data_dir: Path) -> str | None:
    """Return in words what is wrong with the bot that uses this data folder; None if nothing is."""
    try:
        age = time.time() - (data_dir / _FILE).stat().st_mtime
    except OSError:
        return "The bot has not been connected yet."
    if age > _DEAD_SECONDS:
        return f"The bot was last connected {age:.0f} seconds ago."
    return None
