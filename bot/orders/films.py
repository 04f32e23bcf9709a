"""What is different about orders of films: their usual size, and how many frames at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Final

from bot.errors import QueueRefused
from bot.jobs.progress import JobUpdate
from bot.records import JobSpec
from nst.options import MIN_SIZE

Gather = Callable[[JobSpec], AbstractAsyncContextManager[JobSpec]]
"""Yields an order with its pictures, which are held meanwhile; raises UserError."""
FILM_SIZE: Final = 320
"""Longest side of a film when nobody says: about as large as chats show it, and as stickers are."""


@asynccontextmanager
async def fitting(gather: Gather, spec: JobSpec) -> AsyncIterator[JobSpec]:
    """Gather an order's pictures; a film gets its usual size, and is not enlarged."""
    async with gather(spec) as complete:
        size = complete.options.size
        if complete.film:
            side = max(complete.photo.width, complete.photo.height, MIN_SIZE)
            size = min(size, FILM_SIZE, side)
        yield replace(complete, options=replace(complete.options, size=size))


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
