"""Moving pictures: films read frame by frame, painted so that nothing flickers, and written.

Needs OpenCV for the optical flow and PyAV for videos (`pip install 'stylize-bot[film]'`).
"""

from __future__ import annotations

from nst.film.frames import FilmFrame, FilmInfo, FilmLimits, FilmProgress, Origin, PaintedFrame
from nst.film.opening import FilmSource, open_film
from nst.film.spool import Spool
from nst.film.stylize import stylize_frames
from nst.film.writing import check_film, write_film

__all__ = [
    "FilmFrame",
    "FilmInfo",
    "FilmLimits",
    "FilmProgress",
    "FilmSource",
    "Origin",
    "PaintedFrame",
    "Spool",
    "check_film",
    "open_film",
    "stylize_frames",
    "write_film",
]
