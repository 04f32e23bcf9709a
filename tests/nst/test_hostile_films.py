"""Hostile films are refused in words before any work, or read as far as they go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

import nst
from nst.cli import app
from tests.nst import clips, hostile
from tests.nst.conftest import EXAMPLES
from tests.nst.hostile import animated, apng, box, descriptors, with_bytes

Make = Callable[[], bytes]
GIF = animated("GIF")
WEBP = animated("WEBP", lossless=True)
THIRD = descriptors(GIF)[2]
CANVAS = WEBP.index(b"VP8X") + 12

REFUSED: dict[str, tuple[Make, str]] = {
    "nothing": (lambda: b"", "empty"),
    "a GIF without frames": (lambda: GIF[: descriptors(GIF)[0]] + b";", "damaged or cut off"),
    "a huge GIF": (lambda: with_bytes(GIF, 6, 65535, 65535), "more than can be unpacked"),
    "a GIF of hours": (lambda: hostile.gif_that_takes(*[65535] * 6), r"takes 66 min; the limit"),
    "an APNG of a million": (
        lambda: apng(b"acTL", lambda *_: (10**6).to_bytes(4, "big") + bytes(4)),
        "more than 20000 frames",
    ),
    "a huge WebP": (
        lambda: with_bytes(WEBP, CANVAS, 0xFFFFFF, 0xFF, form="<IH"),
        "more than can be unpacked",
    ),
    "a WebP with a small canvas": (
        lambda: with_bytes(WEBP, CANVAS, 0x0F00000F, 0, form="<IH"),
        "damaged or cut off",
    ),
    "half a WebP": (lambda: WEBP[: len(WEBP) // 2], "damaged or cut off"),
    "half an AVIF": (lambda: animated("AVIF")[:2000], "damaged or cut off"),
    "half a video": (lambda: hostile.mp4()[: len(hostile.mp4()) // 2], "damaged"),
    "a video without time": (lambda: box(b"mdhd", 12, 0), "damaged"),
    "a video of a million": (lambda: box(b"stsz", 8, 10**6), "damaged"),
    "a thread": (
        lambda: animated("GIF", [Image.new("RGB", (1, 16384), each) for each in ("red", "blue")]),
        "each side must have",
    ),
}
# How many frames are read, and the sentence at the end, if there is one.
READ: dict[str, tuple[Make, int, str | None]] = {
    "a canvas smaller than frames": (lambda: with_bytes(GIF, 6, 20, 20), 4, None),
    "a canvas of nothing": (lambda: with_bytes(GIF, 6, 0, 0), 4, None),
    "a huge frame": (lambda: with_bytes(GIF, THIRD + 5, 60000, 60000), 2, "up to its frame 2"),
    "a frame far away": (lambda: with_bytes(GIF, THIRD + 1, 60000, 60000), 2, "frame 2"),
    "frames for no time": (lambda: animated("GIF", duration=0), 4, None),
    "frames of a WebP for no time": (lambda: animated("WEBP", duration=0), 4, None),
    "frames of an APNG for no time": (
        lambda: apng(b"fcTL", lambda _, said: said[:20] + bytes(4) + said[24:]),
        4,
        None,
    ),
    "an APNG that says a thousand": (
        lambda: apng(b"acTL", lambda *_: (1000).to_bytes(4, "big") + bytes(4)),
        4,
        "frame 4",
    ),
    "an APNG that says two": (
        lambda: apng(b"acTL", lambda *_: (2).to_bytes(4, "big") + bytes(4)),
        2,
        None,
    ),
    "a frame outside of an APNG": (
        lambda: apng(
            b"fcTL",
            lambda n, said: with_bytes(said, 4, 5000, 5000, form=">II") if n == 2 else said,
        ),
        2,
        "frame 2",
    ),
    "an APNG of hours": (
        lambda: apng(
            b"fcTL", lambda n, said: with_bytes(said, 20, 3000, 1, form=">HH") if n else said
        ),
        2,
        "the limit is 60 min",
    ),
    "one frame of a GIF": (lambda: animated("GIF", clips.ball(1)), 1, None),
    "one frame of a video": (lambda: hostile.mp4(1), 1, None),
    "a video that says ten hours": (lambda: box(b"mvhd", 16, 36_000_000), 4, None),
    "a video that says nothing": (lambda: box(b"mdhd", 16, 0), 4, None),
    "a video that says it is huge": (lambda: box(b"avc1", 24, 65535, 65535, form=">HH"), 4, None),
    "a video that says one pixel": (lambda: box(b"avc1", 24, 1, 1, form=">HH"), 4, None),
    "a frame that stays for days": (lambda: box(b"stts", 12, 0x7FFFFFFF), 0, "the limit is 60"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_before_any_work(name: str, tmp_path: Path) -> None:
    make, why = REFUSED[name]
    data = make()
    with pytest.raises(nst.NstError, match=why):
        nst.open_film(data)
    source, out = tmp_path / "film", tmp_path / "out.webp"
    source.write_bytes(data)
    style = EXAMPLES / "styles" / "night_wind.jpg"
    done = CliRunner().invoke(app, ["film", str(source), str(style), "-o", str(out), "-q"])
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: ")
    assert not out.exists()


@pytest.mark.parametrize("name", READ)
def test_what_is_read_as_far_as_it_goes(name: str) -> None:
    make, count, end = READ[name]
    frames: list[nst.film.FilmFrame] = []
    said = None
    try:
        frames.extend(nst.open_film(make()))
    except nst.FilmError as error:
        said = str(error)
    assert len(frames) == count
    assert all(0 < frame.seconds <= 3600 for frame in frames)
    assert len({frame.image.colour.size for frame in frames}) <= 1
    assert end in said if end and said else said == end
