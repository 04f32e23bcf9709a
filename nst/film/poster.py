"""The one frame that stands for a video."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from nst.errors import FilmError
from nst.film.animation import broken
from nst.film.frames import FilmLimits
from nst.film.opening import open_video
from nst.film.video import Video
from nst.images import LoadedImage
from nst.limits import Limits
from nst.reading import SHOWS_SOMETHING, contrast

_ENDLESS: Final = 10**9
_LOOKED_AT: Final = 100  # from the start, in search of a frame that shows something
_SAMPLES: Final = 16  # over the whole video


def poster(data: bytes, limits: Limits, *, most: bool = False) -> LoadedImage:
    """Return the first frame of a video that shows something, or the one that shows most.

    Args:
        data: an MP4, MOV or WebM, of any length.
        limits: of the frame.
        most: look at the whole video, and take the frame with the most information (the entropy
            of its grey levels).

    Raises:
        FilmError: there is no such frame.
        ImageError: it is too large or too small.
    """
    endless = FilmLimits(max_frames=_ENDLESS, max_seconds=_ENDLESS, picture=limits)
    video = open_video(data, limits=endless)
    number, found = _richest(video) if most else _first(video)
    count = max(video.info.frames or 1, number)
    digest = hashlib.sha256(data).hexdigest()
    return replace(found, sha256=digest, lossy=True, frame=number, frames=count)


def _first(video: Video) -> tuple[int, LoadedImage]:
    best, found, place = -1, None, 1
    for number, frame in enumerate(_as_far_as_it_goes(video), start=1):
        shown = contrast(frame.colour)
        if shown > best:
            best, found, place = shown, frame, number
        if shown >= SHOWS_SOMETHING:
            break
    return place, _there(found)


def _richest(video: Video) -> tuple[int, LoadedImage]:
    best, found, place = -1.0, None, 1
    for number, frame in video.samples(_SAMPLES):
        information = frame.colour.convert("L").entropy()
        if information > best:
            best, found, place = information, frame, number
    return place, _there(found)


def _as_far_as_it_goes(video: Video) -> Iterator[LoadedImage]:
    """Yield the first frames; the last good one is enough of a damaged video."""
    frames = islice(video, _LOOKED_AT)
    while True:
        try:
            yield next(frames).image
        except (StopIteration, FilmError):
            return


def _there(found: LoadedImage | None) -> LoadedImage:
    if found is None:
        raise broken(0)
    return found
