"""What a film's file keeps, whatever it is: times, loops, transparency."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import nst
from nst.film import StoredFrame, beginning, write_film
from tests.nst import clips

_SIDE = 16
_UNITS = {".gif": Fraction(1, 100), ".webp": Fraction(1, 1000), ".mp4": Fraction(1, 90_000)}
_quick = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
# Not briefer than what every kind can show, so that no frames are left out.
_times = st.lists(st.fractions(Fraction(1, 50), 3, max_denominator=1000), min_size=2, max_size=6)


def _picture(number: int, hole: bool) -> Image.Image:
    image = Image.new("RGB", (_SIDE, _SIDE), (40 * number, 250 - 40 * number, 90))
    if hole:
        opacity = Image.new("L", image.size, 255)
        opacity.paste(0, (number, 0, number + 8, 8))
        image.putalpha(opacity)
    return image


def _film(times: list[Fraction], holes: list[bool]) -> list[StoredFrame]:
    return [
        StoredFrame(partial(_picture, number, hole), seconds)
        for number, (seconds, hole) in enumerate(zip(times, holes, strict=True))
    ]


@pytest.mark.parametrize("suffix", _UNITS)
@_quick
@given(times=_times, loops=st.integers(0, 9), holes=st.lists(st.booleans(), min_size=6, max_size=6))
def test_times_loops_and_transparency(
    suffix: str, times: list[Fraction], loops: int, holes: list[bool]
) -> None:
    frames = _film(times, holes[: len(times)])
    unit = _UNITS[suffix]
    with TemporaryDirectory() as folder:
        path = Path(folder, f"film{suffix}")
        notes = write_film(frames, path, loops=loops)
        found = list(clips.shown(path))
        info = nst.open_film(path).info
    assert len(found) == len(frames)
    for began, wanted in zip(
        accumulate(seconds for *_, seconds in found), accumulate(times), strict=True
    ):
        assert abs(began - wanted) <= unit, "rounding never adds up"
    if suffix == ".mp4":
        assert any("on white" in str(note) for note in notes) is any(holes[: len(times)])
        return
    assert info.loops == loops
    for number, (_, alpha, _) in enumerate(found):
        drawn = _picture(number, holes[number]).convert("RGBA")
        opacity = np.asarray(drawn)[..., 3]
        clear = np.zeros((_SIDE, _SIDE), np.bool_) if alpha is None else np.asarray(alpha) < 128
        assert np.array_equal(clear, opacity < 128)


@_quick
@given(times=_times, seconds=st.fractions(Fraction(1, 100), 9, max_denominator=100))
def test_the_beginning_takes_so_long(times: list[Fraction], seconds: Fraction) -> None:
    kept = beginning(_film(times, [False] * len(times)), seconds)
    assert sum(frame.seconds for frame in kept) == min(seconds, sum(times))
    assert all(frame.seconds > 0 for frame in kept)
