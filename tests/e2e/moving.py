"""Small films as files."""

from __future__ import annotations

import io
from typing import Any, Final

from tests.corpus.pictures import quadrants

TIMES: Final = (100, 50, 200, 100)


def moving(
    kind: str = "GIF", frames: int = 4, size: tuple[int, int] = (64, 48), **settings: Any
) -> bytes:
    """Return a film of a picture whose colours change."""
    ground = quadrants(size=size)
    pictures = [ground.point([(v + 20 * n) % 256 for v in range(256)] * 3) for n in range(frames)]
    buffer = io.BytesIO()
    times = [TIMES[n % len(TIMES)] for n in range(frames)]
    pictures[0].save(
        buffer, kind, save_all=True, append_images=pictures[1:], duration=times, **settings
    )
    return buffer.getvalue()
