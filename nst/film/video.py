"""Frames of MP4, MOV and WebM."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image

from nst.errors import FilmError
from nst.film.animation import broken, loaded
from nst.film.frames import FilmFrame, FilmInfo, FilmLimits
from nst.film.libraries import pyav
from nst.images import LoadedImage

if TYPE_CHECKING:
    from av import VideoFrame, VideoStream

# Only these are opened: playlists and the like would have FFmpeg read other files and addresses.
DEMUXERS: Final = {"mov": "MP4", "matroska": "WebM"}
_TURNS: Final = {
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}
_BT709: Final = 1
_BT601: Final = 5
_BT2020: Final = 9
# swscale's numbers of matrices between YUV and RGB, by the code that the file has (ITU-T H.273).
_MATRICES: Final = {1: _BT709, 4: 4, 5: _BT601, 6: _BT601, 7: 7, 9: _BT2020, 10: _BT2020}
_HD: Final = 720  # rows from which a video that does not say has the colours of HDTV
_UNSAID: Final = Fraction(1, 25)
_FEW: Final = 200  # frames that are looked at one by one


class Video:
    """The frames of a file that FFmpeg reads.

    Args:
        source: a path, or the whole file.
        demuxer: one of `DEMUXERS`.
        limits: what to refuse.

    Attributes:
        info: what the file says.

    Raises:
        FilmError: it is damaged, has no pictures or is too long, or PyAV is not installed.
        ImageError: its frames are too large or too small.
    """

    def __init__(self, source: Path | bytes, demuxer: str, limits: FilmLimits) -> None:
        av = pyav()
        file = io.BytesIO(source) if isinstance(source, bytes) else f"file:{source}"
        try:
            self._container = av.open(file, format=demuxer, metadata_errors="replace")
        except (av.FFmpegError, ValueError) as error:
            raise broken(0) from error
        videos = [each for each in self._container.streams.video if _moves(each)]
        if not videos:
            raise FilmError("There are no moving pictures in this file, only sound or nothing.")
        self._stream: VideoStream = videos[0]
        self._limits, self._errors = limits, (av.FFmpegError, ValueError)
        self._stream.thread_type = "SLICE"  # so that damage comes after all good frames
        self._damage: Exception | None = None
        self._frames = self._decoded()
        self.info = self._describe(DEMUXERS[demuxer])

    def __iter__(self) -> Iterator[FilmFrame]:
        """Yield the frames; raise a FilmError where the file is damaged or too long."""
        read = 0
        for frame, seconds in self._timed():
            yield FilmFrame(self._upright(frame), seconds)
            read += 1
        if self._damage:
            raise broken(read) from self._damage

    def count(self) -> int:
        """Return how many frames can be read, by unpacking all that are left.

        Raises:
            FilmError: they are too many, or take too long.
        """
        return sum(1 for _ in self._timed())

    def samples(self, count: int) -> Iterator[tuple[int, LoadedImage]]:
        """Yield about so many frames from all over the film, each with its number from 1.

        Of a long film they are frames that can be read without those before, and numbers are
        guessed. The first frame is always there; damaged places are left out.
        """
        apart = Fraction(self.info.seconds or 0) / count
        if (self.info.frames or 0) <= _FEW:
            began = due = Fraction(0)
            with suppress(FilmError):
                for number, (frame, seconds) in enumerate(islice(self._timed(), _FEW), start=1):
                    if began >= due:
                        yield number, self._upright(frame)
                        due = began + apart
                    began += seconds
            return
        yield 1, self._upright(self._first)
        start = self._start(self._first) or Fraction(0)
        for part in range(1, count):
            with suppress(*self._errors, StopIteration):
                self._container.seek(int((start + part * apart) * 1_000_000))
                frame = next(self._container.decode(self._stream))
                began = (self._start(frame) or start) - start
                yield max(1, round(began / self._usual) + 1), self._upright(frame)

    def _timed(self) -> Iterator[tuple[VideoFrame, Fraction]]:
        """Yield the frames, each with how long it is shown, up to where the file is damaged."""
        total, shown = Fraction(0), self._usual
        image, began = self._first, self._start(self._first)
        for number, frame in enumerate(self._frames, start=2):
            after = self._start(frame)
            shown = self._between(began, after)
            total += shown
            self._limits.check(number, float(total))
            yield image, shown
            image, began = frame, after
        if self._stream.average_rate:  # else FFmpeg makes up how long the last one lasts
            shown = Fraction(image.duration or 0) * (image.time_base or 0) or shown
        self._limits.check(None, float(total + shown))
        yield image, shown

    def _decoded(self) -> Iterator[VideoFrame]:
        try:
            yield from self._container.decode(self._stream)
        except self._errors as error:
            self._damage = error

    @staticmethod
    def _start(frame: VideoFrame) -> Fraction | None:
        """Return when a frame begins, seconds."""
        if frame.pts is None or frame.time_base is None:
            return None
        return frame.pts * frame.time_base

    @property
    def _usual(self) -> Fraction:
        rate = self._stream.average_rate
        return 1 / rate if rate else _UNSAID

    def _between(self, began: Fraction | None, ended: Fraction | None) -> Fraction:
        if began is None or ended is None or ended <= began:
            return self._usual
        return ended - began

    def _describe(self, kind: str) -> FilmInfo:
        stream = self._stream
        self._limits.check(stream.frames, None)
        self._limits.picture.check_size(stream.width, stream.height)
        first = next(self._frames, None)
        if first is None:
            raise broken(0) from self._damage
        self._first = first
        seconds = self._length(kind)
        self._limits.check(None, seconds)
        frames = stream.frames
        if not frames and seconds:
            frames = min(max(1, round(seconds / self._usual)), self._limits.max_frames)
        turned = round(first.rotation) % 180 == 90
        size = self._size(first)
        return FilmInfo(
            kind=kind,
            width=size[turned],
            height=size[not turned],
            frames=frames or None,
            counted=bool(stream.frames),
            seconds=seconds,
            sound=bool(self._container.streams.audio),
        )

    def _length(self, kind: str) -> float | None:
        """Return how many seconds the file says that it takes."""
        stream = self._stream
        if stream.duration and stream.time_base:
            seconds = float(stream.duration * stream.time_base)
        else:
            seconds = (self._container.duration or 0) / 1e6
        if kind == "WebM":  # it says when the last frame ends, whenever the first one begins
            seconds -= float(self._start(self._first) or 0)
        return seconds if seconds > 0 else None

    def _size(self, frame: VideoFrame) -> tuple[int, int]:
        """Return the width and height of a frame with square pixels, before it is turned."""
        width, height = frame.width, frame.height
        aspect = self._stream.sample_aspect_ratio or Fraction(1)
        if aspect > 1:
            width = round(width * aspect)
        else:
            height = round(height / aspect)
        self._limits.picture.check_size(width, height)
        return width, height

    def _upright(self, frame: VideoFrame) -> LoadedImage:
        """Return the frame as players show it."""
        width, height = self._size(frame)
        usual = _BT709 if frame.height >= _HD else _BT601
        matrix = _MATRICES.get(frame.colorspace, usual)
        clear = any(component.is_alpha for component in frame.format.components)
        pixels = frame.reformat(width, height, "rgba" if clear else "rgb24", matrix)
        image = Image.fromarray(pixels.to_ndarray())
        turn = _TURNS.get(round(frame.rotation) % 360)
        image = image if turn is None else image.transpose(turn)
        return loaded(image.convert("RGB"), image.getchannel("A") if clear else None)


def _moves(stream: VideoStream) -> bool:
    """Tell films from the cover pictures of music."""
    return not (stream.disposition & stream.disposition.attached_pic)
