"""From a picture whose job is over to what somebody wants next: pure functions."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Final

from bot.errors import UserError
from bot.jobs.model import Job
from bot.orders.order import SHEET_STRENGTHS, JobImages, Order
from bot.ui.action_buttons import Action
from nst.options import MAX_STRENGTH, MIN_STRENGTH, Options

STRENGTH_STEP: Final = 20
SEEDS: Final = 10_000

_GOING_ON: Final = frozenset({Action.LESS, Action.MORE, Action.BIGGER, Action.RETRY})
VARIATIONS: Final = frozenset({*_GOING_ON, Action.TAKE, Action.SHEET, Action.AT})


def new_seed(old: int | None = None) -> int:
    """A seed at random, another one than `old`."""
    seed = random.randrange(SEEDS)  # noqa: S311 - not a secret
    return (seed + 1) % SEEDS if seed == old else seed


def vary(job: Job, action: Action, value: int | None, *, max_size: int, private: bool) -> Order:
    """The order behind a button.

    Args:
        job: done, or failed for `Action.RETRY`.
        action: one of `VARIATIONS`.
        value: the strength, of `Action.AT`.
        max_size: of this place, pixels.
        private: whether only who asks is to see it.

    Raises:
        UserError: there is nothing beyond.
    """
    options = _options(job.spec.options, action, value, max_size)
    sheets = {Action.SHEET: SHEET_STRENGTHS, Action.RETRY: job.spec.strengths}
    return order(
        job,
        options,
        private=private,
        goes_on=action in _GOING_ON,
        strengths=sheets.get(action, ()),
    )


def order(
    job: Job,
    options: Options,
    *,
    private: bool,
    goes_on: bool,
    strengths: tuple[int, ...] = (),
) -> Order:
    """A job's pictures once more, with other options.

    Args:
        job: done or failed.
        options: what to make.
        private: whether only who asks is to see it.
        goes_on: start from the job's result where one was kept, or from where a failed one
            started, instead of from the photo.
        strengths: for a strength sheet.
    """

    async def gather() -> JobImages:
        return JobImages(content=job.spec.photo, styles=job.spec.styles, mask=job.spec.mask)

    start = job.result.raw if job.result else job.spec.start_from
    return Order(
        options=options,
        gather=gather,
        private=private,
        spoiler=job.spec.spoiler,
        strengths=strengths,
        parent_id=job.id,
        start_from=start if goes_on else None,
    )


def _options(options: Options, action: Action, value: int | None, max_size: int) -> Options:
    if action in {Action.LESS, Action.MORE}:
        step = STRENGTH_STEP if action is Action.MORE else -STRENGTH_STEP
        strength = min(max(options.strength + step, MIN_STRENGTH), MAX_STRENGTH)
        if strength == options.strength:
            raise UserError("It has strength {strength} already.", strength=strength)
        return replace(options, strength=strength)
    if action is Action.TAKE:
        return replace(options, seed=new_seed(options.seed))
    if action is Action.BIGGER:
        if options.size >= max_size:
            raise UserError(
                "It was painted at {size} px already, and {limit} px is the largest size here.",
                size=options.size,
                limit=max_size,
            )
        return replace(options, size=min(2 * options.size, max_size))
    if action is Action.AT and value is not None:
        return replace(options, strength=min(value, MAX_STRENGTH))
    return options
