"""What pictures are usually made with: what this machine paints in about 20 seconds now."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final

from backend.jobs.estimates import SecondsOf
from backend.settings import Settings
from nst.options import Preset

_LOG = logging.getLogger(__name__)

ABOUT_SECONDS: Final = 22.0
TOO_LONG: Final = 30.0
"""Above this a smaller picture is taken; between the two nothing changes, so that no one sees the
size jump up and down."""
LADDER: Final = (
    *((Preset.STANDARD, 512), (Preset.STANDARD, 384), (Preset.DRAFT, 512), (Preset.STANDARD, 256)),
    *((Preset.DRAFT, 384), (Preset.DRAFT, 320), (Preset.DRAFT, 256), (Preset.DRAFT, 192)),
    (Preset.DRAFT, 128),
)
"""What pictures are usually made with, the best and slowest first."""

Rung = tuple[Preset, int]


class UsualPictures:
    """Fills in the size and the preset that the host leaves to the machine, as quick as it is now.

    Args:
        host: what the host says.
        use: called with the same, filled in, whenever that has changed.
    """

    def __init__(self, host: Settings, use: Callable[[Settings], None]) -> None:
        self._host, self._use = host, use
        self._present: Rung | None = None

    def follow(self, seconds_of: SecondsOf) -> None:
        """Go by how long pictures take now."""
        host = self._host
        if host.default_size:
            return
        chosen = usual(seconds_of, host.presets, host.default_preset, host.max_size, self._present)
        if chosen is None or chosen == self._present:
            return
        self._present = preset, size = chosen
        _LOG.info("Pictures are usually %d px, %s.", size, preset)
        self._use(host.model_copy(update={"default_preset": preset, "default_size": size}))


def usual(
    seconds_of: SecondsOf,
    presets: Sequence[Preset],
    preset: Preset | None,
    largest: int,
    present: Rung | None = None,
) -> Rung | None:
    """Return preset and size of a picture that every device paints in about 20 seconds.

    Args:
        seconds_of: how long a picture takes.
        presets: that may be used.
        preset: that must be used; None for any.
        largest: no size is larger, pixels.
        present: what it is until now; it stays while that does not take much too long.

    Returns:
        The best of `LADDER`, or its last where all are slower; None where nothing is known.
    """
    wanted = {preset} if preset else set(presets)
    rungs = [rung for rung in LADDER if rung[0] in wanted and rung[1] <= largest]
    known = {rung: seconds for rung in rungs if (seconds := seconds_of(*rung)) is not None}
    limits = {rung: TOO_LONG if rung == present else ABOUT_SECONDS for rung in known}
    quick = (rung for rung, seconds in known.items() if seconds <= limits[rung])
    return next(quick, next(reversed(known), None))
