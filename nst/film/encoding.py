"""The three kinds of film."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from PIL import Image

from nst.film.libraries import pyav
from nst.film.spool import StoredFrame, is_transparent
from nst.rewound import second_reader

if TYPE_CHECKING:
    from av import VideoFrame, VideoStream

LOSSLESS: Final = 101  # the quality of a WebP that keeps every bit
COLOURS: Final = 255  # of a GIF's 256; the last one is for what is transparent
_CLEAR: Final = 255
_OPAQUE: Final = 128
_SAMPLES: Final = 16  # frames that a GIF's colours are chosen from
_SAMPLE_SIDE: Final = 160
_SPREAD: Final = 20.0  # levels between the brightest and the darkest of a dithered GIF's dots
_TICKS: Final = 90_000  # a second, in an MP4
_CRF_AT_0: Final = 52  # x264's constant rate factor falls as quality rises
_THREADS: Final = 4


def write_webp(
    frames: Sequence[StoredFrame], path: Path | io.BytesIO, scale: float, quality: int, loops: int
) -> None:
    """Write an animated WebP; with loss, what is still may change a little beside what moves."""
    _animate(
        (frame.open(scale) for frame in frames),
        frames,
        path,
        "WEBP",
        lossless=quality == LOSSLESS,
        quality=min(quality, 90),
        loop=loops,
        kmax=0,  # no frames that repeat everything
        method=4,
    )


def write_gif(
    frames: Sequence[StoredFrame], path: Path | io.BytesIO, scale: float, quality: int, loops: int
) -> None:
    """Write a GIF with one palette for all frames, and dots whose pattern never moves.

    A palette for each frame and error diffusion are better for one frame, but flicker. Quality is
    the number of colours; fewer than all have no dots, which are hard to compress.
    """
    settings: dict[str, Any] = {"optimize": False}
    if loops != 1:
        settings["loop"] = max(0, loops - 1)  # it counts how often the film is repeated
    palette = _palette(frames, quality)
    if is_transparent(frames):
        settings |= {"transparency": _CLEAR, "disposal": 2}
    pictures = (
        _quantised(frame.open(scale), palette, dotted=quality == COLOURS) for frame in frames
    )
    _animate(pictures, frames, path, "GIF", unit=Fraction(1, 100), **settings)


def write_mp4(
    frames: Sequence[StoredFrame], path: Path | io.BytesIO, scale: float, quality: int, _loops: int
) -> None:
    """Write H.264 with 4:2:0 colours, what every player shows, its index at the start."""
    av = pyav()
    from av.video.reformatter import ColorRange, Colorspace  # noqa: PLC0415 - optional

    first = frames[0].open(scale)
    total = sum((frame.seconds for frame in frames), Fraction(0))
    # Without `file:`, FFmpeg takes what stands before a colon for a protocol.
    where: Any = f"file:{path}" if isinstance(path, Path) else path
    again = None if isinstance(path, Path) else second_reader(path)
    options = {"movflags": "+faststart"}
    with av.open(where, "w", format="mp4", options=options, io_open=again) as file:
        rate = (len(frames) / total).limit_denominator(1001)
        stream = cast("VideoStream", file.add_stream("libx264", rate=rate))
        # 4:2:0 stores colours for squares of two by two pixels.
        stream.width, stream.height = (side - side % 2 for side in first.size)
        stream.pix_fmt = "yuv420p"
        # Without frames that look ahead, each is shown exactly as long as it is to be.
        stream.options = {"crf": str(_CRF_AT_0 - quality), "bf": "0"}
        stream.codec_context.time_base = Fraction(1, _TICKS)
        stream.codec_context.thread_count = _THREADS
        # Say which matrix made YUV of RGB; players guess otherwise, and colours shift.
        stream.codec_context.colorspace = Colorspace.ITU709
        stream.codec_context.color_range = ColorRange.MPEG
        began = Fraction(0)
        for frame in frames:
            picture = _video_frame(frame.open(scale), stream.width, stream.height)
            picture.pts, picture.time_base = round(began * _TICKS), Fraction(1, _TICKS)
            began += frame.seconds
            file.mux(stream.encode(picture))
        rest = stream.encode(None)
        for packet in rest[-1:]:
            packet.duration = round(began * _TICKS) - (packet.pts or 0)
        file.mux(rest)


def _video_frame(image: Image.Image, width: int, height: int) -> VideoFrame:
    """Return a picture's upper left part as H.264 takes it."""
    from av import VideoFrame  # noqa: PLC0415 - optional
    from av.video.reformatter import ColorRange, Colorspace  # noqa: PLC0415 - optional

    pixels = np.ascontiguousarray(np.asarray(_opaque(image))[:height, :width])
    return VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
    )


def _animate(
    pictures: Iterator[Image.Image],
    frames: Sequence[StoredFrame],
    path: Path | io.BytesIO,
    kind: str,
    *,
    unit: Fraction = Fraction(1, 1000),
    **settings: Any,
) -> None:
    first = next(pictures)
    times = [int(units * unit * 1000) for units in _whole([f.seconds for f in frames], unit)]
    # Pillow drops durations given as a list of one.
    duration: Any = times if len(times) > 1 else times[0]
    first.save(path, kind, save_all=True, append_images=pictures, duration=duration, **settings)


def _whole(seconds: Sequence[Fraction], unit: Fraction) -> list[int]:
    """Round times to units, each at least one, so that their sum is right, too."""
    exact = [each / unit for each in accumulate(seconds)]
    last = max(round(exact[-1]), len(exact))
    ends = [0]
    for number, end in enumerate(exact, start=1):
        latest = last - len(exact) + number  # each frame after it needs one
        ends.append(min(max(ends[-1] + 1, round(end)), latest))
    return [end - start for start, end in pairwise(ends)]


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    ground = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")


def _palette(frames: Sequence[StoredFrame], colours: int) -> Image.Image:
    """Choose the colours of a film, a palette image."""
    chosen = frames[:: max(1, len(frames) // _SAMPLES)][:_SAMPLES]
    samples = []
    for frame in chosen:
        image = frame.open().convert("RGB")
        image.thumbnail((_SAMPLE_SIDE, _SAMPLE_SIDE), Image.Resampling.NEAREST)
        samples.append(np.asarray(image).reshape(-1, 3))
    pixels = np.concatenate(samples)[None]
    return Image.fromarray(pixels).quantize(colours, Image.Quantize.MEDIANCUT)


def _quantised(image: Image.Image, palette: Image.Image, *, dotted: bool) -> Image.Image:
    pixels = np.asarray(image)
    height, width = pixels.shape[:2]
    dots = np.tile(_dots(), (height // 8 + 1, width // 8 + 1))[:height, :width, None]
    dithered = (pixels[..., :3] + dots * dotted).clip(0, 255).astype(np.uint8)
    found = Image.fromarray(dithered).quantize(palette=palette, dither=Image.Dither.NONE)
    if pixels.shape[2] == 4:
        clear = Image.fromarray((pixels[..., 3] < _OPAQUE).astype(np.uint8) * 255)
        found.paste(_CLEAR, mask=clear)
    return found


def _dots() -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the 8 × 8 thresholds of Bayer 1973, around 0."""
    pattern = np.zeros((1, 1))
    for _ in range(3):
        four = 4 * pattern
        pattern = np.block([[four, four + 2], [four + 3, four + 1]])
    return ((pattern + 0.5) / 64 - 0.5) * _SPREAD
