"""Videos as they come: frames at any time, colours and pixels of any kind."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

import nst
from nst.film.poster import poster
from nst.limits import Limits
from tests.nst import clips

_KINDS = [("webm", "libvpx"), ("matroska", "libx264"), ("mp4", "libx264")]


def test_a_recording_of_half_a_minute_is_not_too_long() -> None:
    times = clips.jittered(140)
    film = nst.open_film(clips.recorded(times))
    found = [frame.seconds for frame in film]
    assert times[-1] > 21
    assert film.info.seconds == pytest.approx(times[-1], abs=0.1)
    assert not film.info.counted
    wanted = [Fraction(round(1000 * (end - start)), 1000) for start, end in pairwise(times)]
    assert found == [*wanted, wanted[-1]]


@pytest.mark.parametrize("counted", [True, False])
def test_more_frames_than_the_limit_are_refused_whatever_the_file_says(counted: bool) -> None:
    data = (
        clips.timed(clips.jittered(12), "mp4", "libx264")
        if counted
        else clips.recorded(clips.jittered(12))
    )
    read: list[nst.FilmFrame] = []
    with pytest.raises(nst.FilmError, match="more than 8 frames"):
        read.extend(nst.open_film(data, limits=nst.FilmLimits(max_frames=8)))
    assert len(read) <= 8
    with pytest.raises(nst.FilmError, match="the limit is 1 s"):
        read.extend(nst.open_film(data, limits=nst.FilmLimits(max_seconds=1)))


@pytest.mark.parametrize(("kind", "codec"), _KINDS)
@pytest.mark.parametrize("begins", [0, 5000])
def test_slow_frames_are_all_looked_at_for_a_still(kind: str, codec: str, begins: int) -> None:
    pictures = [clips.still().point([level] * 768) for level in (20, 90)] + [clips.still()]
    for order in (pictures, pictures[::-1]):
        data = clips.timed([begins, begins + 2, begins + 4], kind, codec, order)
        assert poster(data, Limits(), most=True).frame == 1 + order.index(pictures[2])


@pytest.mark.parametrize("begins", [0, 5000])
def test_long_videos_are_looked_at_from_end_to_end(begins: int) -> None:
    pictures = [clips.still().point([90] * 768)] * 220 + [clips.still()] * 40
    times = [begins + number / 25 for number in range(260)]
    data = clips.timed(times, "mp4", "libx264", pictures)
    shown = poster(data, Limits(), most=True)
    assert 220 < shown.frame <= shown.frames == 260


@pytest.mark.parametrize(("kind", "codec"), _KINDS)
def test_when_a_video_starts_does_not_matter(kind: str, codec: str) -> None:
    film = nst.open_film(clips.timed([5000, 5000.1, 5000.2], kind, codec))
    assert film.info.seconds == pytest.approx(0.24)
    assert [frame.seconds for frame in film] == [Fraction(1, 10), Fraction(1, 10), Fraction(1, 25)]
