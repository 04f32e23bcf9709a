"""What pictures are usually made with: what this machine paints in about 20 seconds."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import chain
from typing import Final

from bot.engine.speed import PictureTimes
from bot.settings import Settings
from nst.options import Preset

_LOG = logging.getLogger(__name__)

ABOUT_SECONDS: Final = 22.0
LADDER: Final = (
    *((Preset.STANDARD, 512), (Preset.STANDARD, 384), (Preset.DRAFT, 512), (Preset.STANDARD, 256)),
    *((Preset.DRAFT, 384), (Preset.DRAFT, 320), (Preset.DRAFT, 256), (Preset.DRAFT, 192)),
    (Preset.DRAFT, 128),
)
"""What pictures are usually made with, the best and slowest first."""


def with_usual_pictures(settings: Settings, times: PictureTimes) -> Settings:
    """Fill in the size and the preset that the host left to the machine's speed."""
    chosen = usual(times, settings.presets, settings.default_preset, settings.max_size)
    if chosen is None:
        return settings
    preset, size = chosen
    _LOG.info("Pictures are usually %d px, %s.", size, preset)
    return settings.model_copy(update={"default_preset": preset, "default_size": size})


def usual(
    times: PictureTimes, presets: Sequence[Preset], preset: Preset | None, largest: int
) -> tuple[Preset, int] | None:
    """Return preset and size of a picture that every device paints in about 20 seconds.

    Args:
        times: of all devices.
        presets: that may be used.
        preset: that must be used; None for any.
        largest: no size is larger, pixels.

    Returns:
        The best of `LADDER`, or its last where all are slower; None where nothing is known.
    """
    slowest: dict[tuple[Preset, int], float] = {}
    for time in chain.from_iterable(times.values()):
        rung = time.preset, time.size
        slowest[rung] = max(time.seconds, slowest.get(rung, 0.0))
    wanted = {preset} if preset else set(presets)
    rungs = [rung for rung in LADDER if rung in slowest and rung[0] in wanted]
    rungs = [rung for rung in rungs if rung[1] <= largest]
    quick = (rung for rung in rungs if slowest[rung] <= ABOUT_SECONDS)
    return next(quick, rungs[-1] if rungs else None)
