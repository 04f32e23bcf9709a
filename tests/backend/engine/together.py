"""The real painter, painting versions of a picture together on a CPU too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.engine import painter

if TYPE_CHECKING:
    from backend.engine.worker import Paint


def load(device: str) -> Paint:
    """Load the model; see `backend.engine.painter.load`."""
    return painter.load(device, at_once=4)
