"""Videos as they come: frames at any time, colours and pixels of any kind."""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image

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


_ORANGE = (200, 60, 40)


def _plain(
    height: int,
    matrix: int = Colorspace.ITU601,
    said: int = 6,
    aspect: Fraction | None = None,
) -> bytes:
    """Return a video of one colour, 320 px wide, whose pixels have an aspect ratio."""
    made = io.BytesIO()
    with av.open(made, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 320, height, "yuv420p"
        stream.options = {"crf": "1", "bf": "0"}
        stream.codec_context.colorspace = said
        stream.codec_context.color_range = ColorRange.MPEG
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        pixels = np.full((height, 320, 3), _ORANGE, np.uint8)
        for _ in range(2):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
                format="yuv420p", dst_colorspace=matrix, dst_color_range=ColorRange.MPEG
            )
            frame.colorspace = said
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return made.getvalue()


@pytest.mark.parametrize(
    ("matrix", "codes"),
    [
        (Colorspace.ITU709, (1,)),
        (Colorspace.FCC, (4,)),
        (Colorspace.ITU601, (5, 6)),
        (Colorspace.SMPTE240M, (7,)),
        (9, (9, 10)),  # older PyAVs have no name for BT.2020
    ],
)
@pytest.mark.parametrize("height", [240, 720])
def test_colours_are_those_of_the_matrix_that_the_file_names(
    matrix: int, codes: tuple[int, ...], height: int
) -> None:
    """Codes of ITU-T H.273, table 4."""
    for said in codes:
        image = next(iter(nst.open_film(_plain(height, matrix, said)))).image.colour
        assert np.abs(np.asarray(image, np.int16) - _ORANGE).max() <= 4


@pytest.mark.parametrize(
    ("aspect", "size"),
    [
        (Fraction(2), (640, 240)),
        (Fraction(16, 15), (341, 240)),
        (Fraction(1, 2), (320, 480)),
        (Fraction(1), (320, 240)),
    ],
)
def test_pixels_that_are_not_square_are_stretched(aspect: Fraction, size: tuple[int, int]) -> None:
    film = nst.open_film(_plain(240, aspect=aspect))
    assert [each.image.colour.size for each in film] == [size] * 2
    assert (film.info.width, film.info.height) == size
    turned = nst.open_film(clips.on_its_side(_plain(240, aspect=aspect)))
    assert next(iter(turned)).image.colour.size == size[::-1]
    assert (turned.info.width, turned.info.height) == size[::-1]


@pytest.mark.parametrize("spacing", [(50, 1), (1, 50), (2**31 - 1, 1), (1, 2**31 - 1)])
def test_pixels_as_long_as_a_thread_are_refused_early(spacing: tuple[int, int]) -> None:
    data = _plain(240, aspect=Fraction(2))
    said = struct.pack(">4sII", b"pasp", 2, 1)
    assert said in data
    with pytest.raises(nst.ImageError, match=r"may have more than|times the short one"):
        nst.open_film(data.replace(said, struct.pack(">4sII", b"pasp", *spacing)))


def test_turned_videos_are_upright(tmp_path: Path) -> None:
    frames = clips.ball(3)
    path = clips.video(tmp_path / "film.mp4", frames)
    film = nst.open_film(clips.on_its_side(path.read_bytes()))
    colour = next(iter(film)).image.colour
    assert (film.info.width, film.info.height) == colour.size == (72, 96)
    upright = frames[0].transpose(Image.Transpose.ROTATE_270)
    assert np.abs(np.asarray(colour, np.int16) - np.asarray(upright, np.int16)).mean() < 12


def test_transparent_videos_stay_transparent(tmp_path: Path) -> None:
    path = tmp_path / "film.mov"
    opacity = Image.new("L", clips.SIZE, 0)
    opacity.paste(255, (20, 10, 70, 60))
    with av.open(str(path), "w") as file:
        stream = file.add_stream("qtrle", rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = clips.SIZE
        stream.pix_fmt = "argb"
        for image in clips.ball(2):
            image.putalpha(opacity)
            frame = av.VideoFrame.from_ndarray(np.asarray(image), format="rgba")
            file.mux(stream.encode(frame.reformat(format="argb")))
        file.mux(stream.encode(None))
    for colour, alpha, _ in clips.shown(path):
        assert alpha is not None
        assert np.array_equal(np.asarray(alpha), np.asarray(opacity))
        inside = np.s_[10:60, 20:70]
        ground = np.asarray(clips.still())[inside]
        assert (np.asarray(colour)[inside] == ground).all(axis=2).mean() > 0.5
