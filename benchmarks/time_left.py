"""What a painting says of its time left at half time: pictures, and a film.

    python -m benchmarks.time_left

Run it with other programs beside it as well: what they take is to be reckoned with.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image

import nst
from backend.examples import list_examples
from benchmarks.clips import CLIPS

RUNS: Final = (("draft", 384), ("standard", 256), ("draft", 512))
FILM: Final = ("draft", 192, 8)  # and frames

Told = list[tuple[float, float]]
"""Seconds since the start, and those that were said to be left."""


def main() -> None:
    """Print, for each of some pictures and a film, how far off the time left was at half time."""
    examples = {example.kind: example.path for example in reversed(list_examples())}
    preset, size, count = FILM
    frames = CLIPS["pan"]((size, size * 3 // 4), count).frames
    options = nst.Options(preset=nst.Preset(preset), size=size)
    # First, so that what is loaded once is a part of it.
    _show(f"film, {count} frames, {preset} {size} px", *_film(frames, examples["style"], options))
    for preset, size in RUNS:
        steps: list[nst.Progress] = []
        options = nst.Options(preset=nst.Preset(preset), size=size)
        nst.stylize(examples["photo"], examples["style"], options, on_progress=steps.append)
        told = [(step.seconds, step.seconds_left or 0.0) for step in steps]
        _show(f"{preset} {size} px", told, steps[-1].seconds)


def _film(frames: Sequence[Image.Image], style: Path, options: nst.Options) -> tuple[Told, float]:
    """Paint a film; return what was told, and how long it took."""
    told: Told = []
    began = time.monotonic()

    def note(progress: nst.FilmProgress) -> None:
        told.append((time.monotonic() - began, progress.seconds_left or 0.0))

    for _ in nst.stylize_frames(frames, style, options, on_progress=note):
        pass
    return told, time.monotonic() - began


def _show(name: str, told: Told, total: float) -> None:
    seconds, said = next(each for each in told if each[0] >= total / 2)
    off = said / (total - seconds) - 1
    print(f"{name}: {total:.0f} s, off by {off:+.0%} at half time")


if __name__ == "__main__":
    main()
