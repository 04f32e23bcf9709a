"""From a picture whose job is over to what somebody wants next: pure functions."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Final

from bot.errors import FILES_GONE, JobNotFound, UserError
from bot.jobs.model import Job
from bot.orders.order import JobImages, Order
from nst.options import MAX_STRENGTH, MIN_STRENGTH, Options

STRENGTH_STEP: Final = 20
SEEDS: Final = 10_000


def new_seed(old: int | None = None) -> int:
    """Return a seed at random, another one than `old`."""
    seed = random.randrange(SEEDS)  # noqa: S311 - not a secret
    return (seed + 1) % SEEDS if seed == old else seed


def restyled(options: Options, step: int) -> Options:
    """Return options with `step` more strength, as far as there is.

    Raises:
        UserError: there is nothing beyond.
    """
    strength = min(max(options.strength + step, MIN_STRENGTH), MAX_STRENGTH)
    if strength == options.strength:
        raise UserError("It has strength {strength} already.", strength=strength)
    return replace(options, strength=strength)


def enlarged(options: Options, max_size: int) -> Options:
    """Return options with twice the size, or `max_size` (pixels).

    Raises:
        UserError: there is nothing beyond.
    """
    if options.size >= max_size:
        raise UserError(
            "It was painted at {size} px already, and {limit} px is the largest size here.",
            size=options.size,
            limit=max_size,
        )
    return replace(options, size=min(2 * options.size, max_size))


def order(
    job: Job, options: Options, *, private: bool, continues: bool, strengths: tuple[int, ...] = ()
) -> Order:
    """Return the order for a job's pictures once more, with other options.

    Args:
        job: done or failed.
        options: what to make.
        private: whether only who asks is to see it.
        continues: start from the job's result where one was kept, or from where a failed one
            started, instead of from the photo.
        strengths: for a strength sheet.
    """

    async def gather() -> JobImages:
        if job.spec.content is None:  # an order that could not be read
            raise JobNotFound(FILES_GONE)
        return JobImages(content=job.spec.content, styles=job.spec.styles, mask=job.spec.mask)

    start = job.result.raw if job.result else job.spec.start_from
    return Order(
        options=options,
        gather=gather,
        private=private,
        spoiler=job.spec.spoiler,
        strengths=strengths,
        parent_id=job.id,
        start_from=start if continues else None,
    )
