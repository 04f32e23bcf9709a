"""A film of how a picture came about: MP4, GIF or animated WebP, within a number of bytes."""

from __future__ import annotations

import io
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from PIL import Image

from nst.errors import ReportError
from nst.limits import megabytes
from nst.options import Colours
from nst.recording import Recording
from nst.rewound import second_reader

if TYPE_CHECKING:
    from av import VideoStream
    from av.container import OutputContainer

_MAX_SECONDS: Final = 120.0


class Film(StrEnum):
    """The kinds of film; the value is the file's suffix without its dot."""

    MP4 = "mp4"  # the smallest by far; plays on click
    GIF = "gif"  # plays by itself everywhere; 256 colours and large
    WEBP = "webp"  # plays by itself in browsers and chats; a few times smaller than GIF


@dataclass(frozen=True, slots=True)
class _Trial:
    """One way to make the file smaller than the one before it.

    Attributes:
        scale: of the frames' width and height.
        keep: every so many frames are kept.
        quality: the codec's own number; higher is better, and so is a higher WebP quality.
    """

    scale: float
    keep: int
    quality: int


@dataclass(frozen=True, slots=True)
class _Shot:
    """A frame and how long it stays, in milliseconds."""

    image: Image.Image
    milliseconds: int


_SHRINKING: Final = ((1.0, 1), (0.8, 1), (0.65, 1), (0.65, 2), (0.5, 2), (0.4, 2), (0.3, 3))
_QUALITIES: Final = {
    Film.MP4: (32, 28, 24, 20),
    Film.WEBP: (80, 65, 50, 35),
    Film.GIF: (0,),
}
# x264's constant rate factor falls as quality rises.
_CRF_AT_0: Final = 52
_THREADS: Final = 4  # small frames gain nothing from more, and the bytes are the same everywhere


def check_films(kind: Film) -> None:
    """Refuse a film before a long run rather than at its end.

    Raises:
        ReportError: PyAV, which MP4 needs, is not installed.
    """
    try:
        if kind is Film.MP4:
            import_module("av")
    except ImportError as error:
        raise ReportError(
            "MP4 films need PyAV: install it (pip install 'stylize-bot[report]'), or choose webp."
        ) from error


def timelapse(
    recording: Recording,
    kind: Film,
    *,
    max_bytes: int | None = None,
    seconds: float = 6.0,
    hold: float = 1.5,
    colours: Colours | None = None,
) -> bytes:
    """Make a film of the recording's frames, ending on the finished picture; return its bytes.

    Args:
        recording: with one frame at least.
        kind: of file.
        max_bytes: quality, size and number of frames are lowered, in this order, to keep it.
        seconds: the film's length, 1 to 120, `hold` included.
        hold: how long the last frame stays, 0 to less than `seconds`.
        colours: the photo's or the style's; those of the run if None.

    Raises:
        ReportError: frames are missing or damaged, a number is out of range, nothing fits into
            `max_bytes`, or PyAV, which MP4 needs, is not installed.
    """
    if not recording.frames:
        raise ReportError("There is nothing to film: the recording has no frames yet.")
    if not (1 <= seconds <= _MAX_SECONDS and 0 <= hold < seconds):
        raise ReportError(
            "A film takes 1 to {most} seconds, and holds its last frame for less than that.",
            most=int(_MAX_SECONDS),
        )
    images = recording.pictures(colours)
    encode = {Film.MP4: _mp4, Film.GIF: _gif, Film.WEBP: _webp}[Film(kind)]
    trials = [_Trial(*_SHRINKING[0], quality) for quality in _QUALITIES[Film(kind)]]
    trials += [_Trial(*shrunk, trials[-1].quality) for shrunk in _SHRINKING[1:]]

    def attempt(trial: _Trial) -> bytes:
        return encode(_shots(images, trial, seconds, hold), trial.quality)

    return _first_that_fits(attempt, trials, max_bytes)


def _first_that_fits(
    attempt: Callable[[_Trial], bytes], trials: Sequence[_Trial], max_bytes: int | None
) -> bytes:
    """Return the best trial's bytes; each is smaller than the one before, so few are made."""
    made: dict[_Trial, bytes] = {}

    def size(trial: _Trial) -> int:
        made[trial] = attempt(trial)
        return len(made[trial])

    if max_bytes is None or size(trials[0]) <= max_bytes:
        return made.get(trials[0]) or attempt(trials[0])
    index = bisect_left(trials, True, lo=1, key=lambda trial: size(trial) <= max_bytes)
    if index == len(trials):
        raise ReportError(
            "The timelapse does not fit into {limit}: the smallest one takes {needed}; allow more, "
            "or choose mp4, which is the smallest kind.",
            limit=megabytes(max_bytes),
            needed=megabytes(len(made[trials[-1]])),
        )
    return made[trials[index]]


def _resized(image: Image.Image, width: int, height: int) -> Image.Image:
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _shots(
    images: Sequence[Image.Image], trial: _Trial, seconds: float, hold: float
) -> list[_Shot]:
    """Return the frames that a trial keeps, the last among them, scaled, with durations."""
    kept = list(images[:: -trial.keep])[::-1]
    if trial.scale < 1:
        width, height = (max(16, round(side * trial.scale)) for side in kept[0].size)
        kept = [_resized(image, width, height) for image in kept]
    # GIF counts in hundredths of a second, and browsers slow down what is faster than two of them.
    gaps = len(kept) - 1
    each = max(20, int(round(1000 * (seconds - hold) / gaps, -1))) if gaps else 20
    stays = [each] * gaps + [max(each, int(1000 * hold))]
    return [_Shot(image, stay) for image, stay in zip(kept, stays, strict=True)]


def _gif(shots: Sequence[_Shot], _quality: int) -> bytes:
    palettes = [
        shot.image.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG)
        for shot in shots
    ]
    return _animation(palettes, shots, "GIF", optimize=False)


def _webp(shots: Sequence[_Shot], quality: int) -> bytes:
    return _animation([shot.image for shot in shots], shots, "WEBP", quality=quality, method=4)


def _animation(
    images: Sequence[Image.Image], shots: Sequence[_Shot], kind: str, **settings: Any
) -> bytes:
    buffer = io.BytesIO()
    images[0].save(
        buffer,
        kind,
        save_all=True,
        append_images=images[1:],
        duration=[shot.milliseconds for shot in shots],
        loop=0,
        **settings,
    )
    return buffer.getvalue()


def _mp4(shots: Sequence[_Shot], quality: int) -> bytes:
    """H.264 with 4:2:0 colours, what every player and browser shows, its index at the start."""
    check_films(Film.MP4)
    import av  # noqa: PLC0415 - optional, and slow to import

    made = io.BytesIO()

    options = {"movflags": "+faststart"}
    with av.open(made, "w", format="mp4", options=options, io_open=second_reader(made)) as file:
        _encode_video(file, shots, quality)
    return made.getvalue()


def _encode_video(file: OutputContainer, shots: Sequence[_Shot], quality: int) -> None:
    from av import VideoFrame, codecs_available  # noqa: PLC0415 - see _mp4
    from av.video.reformatter import ColorRange, Colorspace  # noqa: PLC0415

    # 4:2:0 stores colours for squares of two by two pixels.
    width, height = (side - side % 2 for side in shots[0].image.size)
    rate = Fraction(1000, shots[0].milliseconds)
    stream = cast("VideoStream", file.add_stream(_encoder(codecs_available), rate=rate))
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.options = {"crf": str(_CRF_AT_0 - quality), "preset": "medium"}
    stream.codec_context.thread_count = _THREADS
    # Say which matrix made YUV of RGB; players guess otherwise, and colours shift.
    stream.codec_context.colorspace = Colorspace.ITU709
    stream.codec_context.color_range = ColorRange.MPEG
    for shot in shots:
        pixels = np.asarray(shot.image)[:height, :width]
        picture = VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
        )
        # A constant rate plays everywhere; a frame that stays is written as often as it shows.
        for _ in range(max(1, round(shot.milliseconds * rate / 1000))):
            picture.pts = None
            file.mux(stream.encode(picture))
    file.mux(stream.encode(None))


def _encoder(available: set[str]) -> str:
    """Return the best encoder that this build of PyAV has; its wheels have the first."""
    for name in ("libx264", "libopenh264", "h264_videotoolbox", "mpeg4"):
        if name in available:
            return name
    raise ReportError("This build of PyAV cannot write MP4: install its wheel, or choose webp.")
