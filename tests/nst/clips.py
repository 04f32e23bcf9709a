"""Short films whose motion is known, and files of them."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, ImageDraw

from nst import load_image
from nst.film import open_film
from tests.nst.conftest import EXAMPLES

SIZE = (96, 72)
TIMES = (100, 50, 200, 100)
"""Milliseconds of four frames."""


def still(name: str = "coffee", size: tuple[int, int] = SIZE) -> Image.Image:
    """Return one of the bundled photos, stretched to a size."""
    image = load_image(EXAMPLES / "photos" / f"{name}.jpg").image
    return image.resize(size, Image.Resampling.LANCZOS)


def ball(frames: int, name: str = "coffee", step: int = 9) -> list[Image.Image]:
    """Return a red ball before a ground that does not move."""
    made = []
    for number in range(frames):
        image = still(name).copy()
        left = 8 + step * number
        ImageDraw.Draw(image).ellipse((left, 30, left + 18, 48), fill=(200, 30, 30))
        made.append(image)
    return made


def pan(frames: int, step: float = 2.5) -> list[Image.Image]:
    """Return what a camera sees that goes to the right by so many pixels a frame."""
    large = still("chelsea", (192, 128))
    return [
        large.transform(
            SIZE, Image.Transform.AFFINE, (1, 0, 20 + step * n, 0, 1, 24), Image.Resampling.BICUBIC
        )
        for n in range(frames)
    ]


def drift(images: Sequence[Image.Image], step: float) -> float:
    """Return how far frames of a pan are from those before them, moved along; grey levels."""
    found = []
    for before, after in pairwise(images):
        there = before.transform(
            before.size, Image.Transform.AFFINE, (1, 0, step, 0, 1, 0), Image.Resampling.BICUBIC
        )
        width = before.width - int(step) - 2
        one, other = (np.asarray(each, np.float32)[:, 2:width] for each in (there, after))
        found.append(float(np.sqrt(np.square(one - other).mean())))
    return sum(found) / len(found)


def animation(
    path: Path, frames: Sequence[Image.Image], times: Sequence[int] = TIMES, **settings: Any
) -> Path:
    """Write frames with their times as whatever Pillow makes of the suffix."""
    first, *others = frames
    times = [times[number % len(times)] for number in range(len(frames))]
    if path.suffix in {".webp"}:
        settings["lossless"] = True
    if path.suffix == ".avif":
        settings["quality"] = 90
    first.save(path, save_all=True, append_images=others, duration=times, **settings)
    return path


def video(
    path: Path,
    frames: Sequence[Image.Image],
    *,
    codec: str = "libx264",
    rate: int = 10,
    gop: int = 12,
) -> Path:
    """Write a video."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=rate)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = frames[0].size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = gop
        for image in frames:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")))
        file.mux(stream.encode(None))
    return path


def timed(
    times: Sequence[float],
    kind: str = "webm",
    codec: str = "libvpx",
    pictures: Sequence[Image.Image] = (),
) -> bytes:
    """Return a video whose frames begin at so many seconds."""
    made = io.BytesIO()
    with av.open(made, "w", format=kind) as file:
        stream = file.add_stream(codec, rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.codec_context.gop_size = 12
        stream.options = {"bf": "0"} if codec == "libx264" else {"cpu-used": "8"}
        arrays = [np.asarray(each) for each in pictures or pan(12)]
        for number, seconds in enumerate(times):
            frame = av.VideoFrame.from_ndarray(arrays[number % len(arrays)], format="rgb24")
            frame.pts, frame.time_base = round(seconds * 1000), Fraction(1, 1000)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return made.getvalue()


def recorded(times: Sequence[float]) -> bytes:
    """Return a WebM as browsers record it: it says of no frame how long it is shown."""
    data = timed(times)
    start = data.index(b"\x23\xe3\x83")  # DefaultDuration
    whole = 4 + (data[start + 3] & 0x7F)
    void = b"\xec" + bytes([0x80 | (whole - 2)]) + bytes(whole - 2)
    return data[:start] + void + data[start + whole :]


def jittered(frames: int) -> list[float]:
    """Return when frames begin that a browser recorded, a fifth of a second apart or so."""
    gaps = np.random.default_rng(1).choice([0.001, 0.117, 0.133, 0.4, 0.367], frames - 1)
    return [round(each, 3) for each in accumulate(gaps, initial=0.0)]


def on_its_side(data: bytes) -> bytes:
    """Return an MP4 that is to be shown turned by a quarter, clockwise."""
    # The track header's matrix, ISO/IEC 14496-12, 8.3.2.
    straight = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    place = data.index(straight, data.index(b"tkhd"))
    turned = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
    return data[:place] + turned + data[place + len(turned) :]


def music(path: Path) -> Path:
    """Write a file with sound and nothing to see."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("aac", rate=44100)
        assert isinstance(stream, av.AudioStream)
        silence = np.zeros((1, 1024), np.float32)
        for _ in range(8):
            frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
            frame.rate = 44100
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def shown(path: Path) -> Iterator[tuple[Image.Image, Image.Image | None, Fraction]]:
    """Yield what a film shows: colours, opacity, time."""
    for frame in open_film(path):
        yield frame.image.colour, frame.image.alpha, frame.seconds
