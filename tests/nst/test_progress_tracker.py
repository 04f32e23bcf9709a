"""Time left, on machines whose clocks are simulated."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from nst.objective import Losses
from nst.options import Options, Preset
from nst.presets import method_for
from nst.progress_tracker import ProgressTracker
from nst.pyramid import Scale, schedule

LOSSES = Losses(total=torch.tensor(1.0), terms={"content": torch.tensor(1.0)}, style_layers={})
MACHINES = {
    "a CPU": (0.001, 3e-6),
    "a slow CPU": (0.016, 9.5e-6),
    "a GPU": (0.0008, 6e-10),
}
"""Seconds of a step whatever its size, and for each pixel."""


def run(
    scales: list[Scale],
    seconds_of: Callable[[int, float], float],
    device: str = "cpu",
    *,
    first: float = 2.0,
) -> list[tuple[float, float | None]]:
    """Return seconds and seconds left of every step; the first of a scale takes longer."""
    now = 0.0
    tracker = ProgressTracker(scales, device, clock=lambda: now)
    told = []
    for scale in scales:
        for number in range(scale.steps):
            now += seconds_of(scale.pixels, now) * (1 if number else first)
            progress = tracker.count(scale, LOSSES)
            told.append((progress.seconds, progress.seconds_left))
    return told


def off_at_half_time(told: list[tuple[float, float | None]]) -> float:
    """Return by what share the time left was wrong when half of the time was over."""
    total = told[-1][0]
    seconds, left = next(each for each in told if each[0] >= total / 2)
    assert left is not None
    return abs(left / (total - seconds) - 1)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("preset", [Preset.DRAFT, Preset.STANDARD, Preset.FINE])
@pytest.mark.parametrize("size", [128, 256, 512, 1024])
def test_time_left_at_half_time(machine: str, preset: Preset, size: int) -> None:
    fixed, each = MACHINES[machine]
    scales = schedule(size, size * 3 // 4, method_for(Options(preset=preset)).steps)

    told = run(
        scales, lambda pixels, _: fixed + each * pixels, "cuda" if "GPU" in machine else "cpu"
    )

    assert off_at_half_time(told) < 0.25
    assert told[-1][1] == pytest.approx(0)


@pytest.mark.parametrize("first", [1.0, 3.5])
def test_scales_that_begin_slowly(first: float) -> None:
    fixed, each = MACHINES["a slow CPU"]
    scales = schedule(512, 342, method_for(Options(preset=Preset.DRAFT)).steps)

    told = run(scales, lambda pixels, _: fixed + each * pixels, first=first)

    assert off_at_half_time(told) < 0.25


def test_a_busy_machine_as_it_was_recorded() -> None:
    """A draft beside five other programs on two cores: no scale is slowed down like another."""
    scales = [
        (Scale(48, 32, 30), 0.227, 0.0670),
        (Scale(96, 64, 27), 0.248, 0.0802),
        (Scale(192, 128, 19), 0.476, 0.2503),
        (Scale(384, 255, 11), 1.670, 0.6677),
    ]
    taken = {scale.pixels: [first] + [mean] * (scale.steps - 1) for scale, first, mean in scales}

    told = run([scale for scale, *_ in scales], lambda pixels, _: taken[pixels].pop(0), first=1.0)

    assert off_at_half_time(told) < 0.25


@pytest.mark.parametrize("slower", [2.0, 5.0])
def test_other_programs_that_come_and_stay(slower: float) -> None:
    """A third of the way something else takes most of the machine."""
    fixed, each = MACHINES["a CPU"]
    scales = list(schedule(512, 384, method_for(Options()).steps))
    alone = run(scales, lambda pixels, _: fixed + each * pixels)[-1][0]

    told = run(
        scales,
        lambda pixels, now: (fixed + each * pixels) * (slower if now > alone / 3 else 1.0),
    )

    assert off_at_half_time(told) < 0.25
