"""What films need beside the rest; loaded when it is used, for it comes with the extra `film`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from nst.errors import FilmError


def opencv() -> Any:
    """Return OpenCV; raise FilmError where it is not installed."""
    return _library("cv2")


def pyav() -> Any:
    """Return PyAV; raise FilmError where it is not installed."""
    return _library("av")


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise FilmError(
            "Films need OpenCV and PyAV: install them (pip install 'stylize-bot[film]')."
        ) from error
