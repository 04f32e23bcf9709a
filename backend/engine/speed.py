"""How fast this machine paints: measured once by a painter, then kept in the data folder."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import with_config

from backend.codec import STRICT, Codec, Unreadable
from backend.engine.launch import ask, inside
from backend.errors import ConfigurationError
from nst.options import Preset

_LOG = logging.getLogger(__name__)

SPEED: Final = "backend.engine.painter:speed"


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class PictureTime:
    """How long a picture of 4:3 takes that nobody else delays."""

    preset: Preset
    size: int  # pixels
    seconds: float


PictureTimes = Mapping[str, Sequence[PictureTime]]
"""By device."""
_KEPT: Final = Codec[dict[str, list[PictureTime]]](dict[str, list[PictureTime]])


async def measured(
    folder: Path, devices: Sequence[str], function: str | None = SPEED
) -> dict[str, list[PictureTime]]:
    """Return how fast devices paint; those that were not measured yet are measured now.

    A device that cannot be measured is left out; the log says why. So are all that were not
    measured before, where there is no `function` that does.
    """
    file = folder / "speed.json"
    known = await asyncio.to_thread(_read, file)
    sharing = len(devices)
    keys = {device: f"{device} of {sharing}" for device in devices}
    new = [device for device, key in keys.items() if key not in known]
    if function and new:
        for device in new:
            if times := await _measure(device, sharing, function):
                known[keys[device]] = times
        await asyncio.to_thread(_keep, file, _KEPT.encode(known))
    return {device: known[key] for device, key in keys.items() if key in known}


async def _measure(device: str, sharing: int, function: str) -> list[PictureTime]:
    """Return how fast a device paints beside so many others; nothing where that is not known."""
    try:
        answer = await ask(function, inside(device), device=device, workers=sharing)
    except ConfigurationError as error:
        _LOG.warning("The speed of %s is not known: %s", device, error)
        return []
    return [
        PictureTime(preset=Preset(preset), size=size, seconds=seconds)
        for preset, size, seconds in answer
    ]


def _read(file: Path) -> dict[str, list[PictureTime]]:
    try:
        return _KEPT.decode(file.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, Unreadable):
        _LOG.warning("%s cannot be read: the speed is measured anew.", file, exc_info=True)
        return {}


def _keep(file: Path, text: str) -> None:
    fresh = file.with_name(f"{file.name}.new")
    try:
        fresh.write_text(text, "utf-8")
        fresh.replace(file)
    except OSError:
        _LOG.warning("%s cannot be written: the speed is measured again.", file, exc_info=True)
        with suppress(OSError):
            fresh.unlink()
