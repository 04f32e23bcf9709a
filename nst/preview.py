"""Pictures of a painting on its way."""

from __future__ import annotations

import time

from PIL import Image

from nst.painting import Painting


class PreviewClock:
    """Takes a preview of a painting when one is due.

    Args:
        seconds: how often; None for never.
        size: longest side of previews in pixels, at most.
    """

    def __init__(self, seconds: float | None, size: int) -> None:
        self._seconds = seconds
        self._size = size
        self._next = time.monotonic()

    def take(self, painting: Painting) -> Image.Image | None:
        """Return the picture as it is now, sRGB; None where none is due."""
        if self._seconds is None or time.monotonic() < self._next:
            return None
        image = painting.finished(painting.sketch(self._size))
        self._next = time.monotonic() + self._seconds
        return image
