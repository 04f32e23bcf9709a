"""What a film says of its time left, on machines that are made up."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

import pytest
import torch

from nst.film.frame_times import FrameTimes
from nst.method import Method
from nst.objective import Losses
from nst.options import Options, Preset
from nst.presets import method_for
from nst.progress_tracker import ProgressTracker
from nst.pyramid import schedule

LOSSES = Losses(total=torch.tensor(1.0), terms={"content": torch.tensor(1.0)}, style_layers={})
LOADING = 4.0
AROUND = 0.4
"""Seconds between two frames: reading, optical flow, keeping."""

Seconds = Callable[[int, float], float]
"""What a step of so many pixels takes at a moment."""


def alone(pixels: int, now: float) -> float:
    """Be a CPU that does nothing else."""
    return 0.02 + 4e-6 * pixels


def film(
    frames: int,
    seconds_of: Seconds = alone,
    *,
    anew: Collection[int] = (0,),
    method: Method | None = None,
    begun_with: int = 0,
) -> list[tuple[float, float]]:
    """Return the seconds since the start and those that were said to be left, step by step."""
    scales = schedule(384, 288, (method or method_for(Options(preset=Preset.DRAFT))).steps)
    brief = replace(scales[-1], steps=max(1, round(0.4 * scales[-1].steps)))
    now, told = 0.0, []

    def clock() -> float:
        return now

    times = FrameTimes(clock)
    now += LOADING
    for index in range(begun_with, frames):
        times.begin()
        now += AROUND
        steps = scales if index in anew else [brief]
        tracker = ProgressTracker(steps, clock=clock)
        for scale in steps:
            for number in range(scale.steps):
                now += seconds_of(scale.pixels, now) * (1 if number else 2)
                step = tracker.count(scale, LOSSES)
                onwards = tracker.seconds_of(brief) if index in anew else None
                left = times.left(step, onwards, frames - index - 1)
                assert left is not None
                told.append((now, left))
    return told


def off_at_half_time(told: list[tuple[float, float]]) -> float:
    """Return by what share the time left was wrong when half of the time was over."""
    total = told[-1][0]
    seconds, left = next(each for each in told if each[0] >= total / 2)
    return abs(left / (total - seconds) - 1)


@pytest.mark.parametrize("preset", [Preset.DRAFT, Preset.STANDARD, Preset.FINE])
@pytest.mark.parametrize("frames", [2, 3, 6, 24, 100])
def test_time_left_at_half_time(preset: Preset, frames: int) -> None:
    told = film(frames, method=method_for(Options(preset=preset)))

    assert off_at_half_time(told) < 0.25
    assert told[-1][1] == pytest.approx(0)


@pytest.mark.parametrize("slower", [2.0, 5.0])
@pytest.mark.parametrize("frames", [6, 24])
def test_a_busy_machine(slower: float, frames: int) -> None:
    """From the start on, or from a third of the way on, something else takes most of it."""
    third = film(frames)[-1][0] / 3

    always = film(frames, lambda pixels, now: slower * alone(pixels, now))
    later = film(frames, lambda pixels, now: alone(pixels, now) * (slower if now > third else 1.0))

    assert off_at_half_time(always) < 0.25
    assert off_at_half_time(later) < 0.25


def test_the_first_frame_tells_of_the_others() -> None:
    """In the middle of the first frame, loading and that it takes longer are left out."""
    told = film(24)
    total = told[-1][0]
    at = next(place for place, each in enumerate(told) if each[0] > LOADING + AROUND + 2)
    seconds, left = told[at]

    assert left == pytest.approx(total - seconds, rel=0.25)


@pytest.mark.parametrize("anew", [(0, 12), range(0, 24, 4), (0, 3)])
def test_cuts(anew: Collection[int]) -> None:
    assert off_at_half_time(film(24, anew=anew)) < 0.25


def test_a_film_that_goes_on() -> None:
    """What was painted before an interruption is not counted, loading once more neither."""
    told = film(24, begun_with=10)
    (seconds, left), total = told[3], told[-1][0]

    assert left == pytest.approx(total - seconds, rel=0.25)


def test_frames_that_are_still() -> None:
    """Every second frame is the same as the one before, and takes no step."""
    now = 0.0

    def clock() -> float:
        return now

    times = FrameTimes(clock)
    [scale] = schedule(64, 48, [(64, 10)])
    for index in range(11):
        times.begin()
        if index % 2 == 0:
            tracker = ProgressTracker([scale], clock=clock)
            for _ in range(scale.steps):
                now += 0.1
                step = tracker.count(scale, LOSSES)
                left = times.left(step, None if index else 1.0, 20 - index)

    assert left == pytest.approx(5.0, rel=0.25)
