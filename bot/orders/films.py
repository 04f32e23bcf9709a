"""What is different about orders of films: their usual size, and how many frames at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Final

from backend.errors import QueueRefused
from backend.i18n import Text
from backend.jobs.progress import JobUpdate
from backend.preferences import ServerSettings
from backend.records import JobSpec
from nst.options import MIN_SIZE

Gather = Callable[[JobSpec], AbstractAsyncContextManager[JobSpec]]
"""Yields an order with its pictures, which are held meanwhile; raises UserError."""
FILM_SIZE: Final = 320
"""Longest side of a film when nobody says: about as large as chats show it, and as stickers are."""


def fitted(spec: JobSpec, server: ServerSettings) -> JobSpec:
    """Return an order as it may be painted in a server.

    A film of too many frames becomes a picture of one of them. Where nobody chose a size it is the
    usual one of a picture, or of a film, which is not enlarged.
    """
    if spec.film and spec.film.frames > server.max_frames:
        spec = _one_frame(spec, spec.film.frames, server.max_frames)
    size = spec.usual_size or spec.options.size
    if spec.usual_size and spec.film:
        size = min(size, FILM_SIZE, max(spec.photo.width, spec.photo.height, MIN_SIZE))
    size = min(size, server.max_size)
    # From the photo a smaller picture is quick.
    start = spec.start_from if size >= spec.options.size else None
    return replace(spec, options=replace(spec.options, size=size), start_from=start)


def _one_frame(spec: JobSpec, frames: int, limit: int) -> JobSpec:
    """Return the order of a picture in place of a film, with a note why."""
    note = Text(
        "It has {frames} frames, and {limit} is the limit here: one of them is painted.",
        frames=frames,
        limit=limit,
    )
    notes = (*spec.photo.notes, *([note] if limit > 1 else []))
    return replace(spec, content=replace(spec.photo, notes=notes)).as_still()


def check_frames(spec: JobSpec, updates: Iterable[JobUpdate], person: int, limit: int) -> None:
    """Refuse a film beside others of a person that have too many frames together.

    Raises:
        QueueRefused: with the numbers.
    """
    films = [one.job.spec.film for one in updates if one.job.address.requester_id == person]
    count = sum(film.frames for film in films if film)
    if spec.film and count and count + spec.film.frames > limit:
        raise QueueRefused(
            "Your films that are waiting or being painted have {count} frames, and this one has "
            "{frames}; together they may have {limit} at a time. Please wait for one to finish.",
            count=count,
            frames=spec.film.frames,
            limit=limit,
        )
