"""Moving pictures: films read frame by frame, painted so that nothing flickers, and written.

Needs OpenCV for the optical flow and PyAV for videos (the extra `film`). Imports no
torch; what paints is in `nst.film.stylize`.
"""

from __future__ import annotations

from nst.film.archive import FrameArchive, finished_frames
from nst.film.frames import FilmFrame, FilmInfo, FilmLimits, FilmProgress, Origin, PaintedFrame
from nst.film.opening import FilmSource, open_film
from nst.film.spool import Spool, StoredFrame, beginning
from nst.film.writing import check_film, encode_film, write_film

__all__ = [
    "FilmFrame",
    "FilmInfo",
    "FilmLimits",
    "FilmProgress",
    "FilmSource",
    "FrameArchive",
    "Origin",
    "PaintedFrame",
    "Spool",
    "StoredFrame",
    "beginning",
    "check_film",
    "encode_film",
    "finished_frames",
    "open_film",
    "write_film",
]
