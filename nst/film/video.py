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
        number, shown = 0, self._usual
        image, began = self._first, self._start(self._first)
        for number, frame in enumerate(self._frames, start=1):
            after = self._start(frame)
            self._limits.check(number + 1, None if after is None else float(after))
            shown = self._between(began, after)
            yield FilmFrame(self._upright(image), shown)
            image, began = frame, after
        lasts = Fraction(image.duration or 0) * (image.time_base or 0) or shown
        self._limits.check(None, float((began or 0) + lasts))
        yield FilmFrame(self._upright(image), lasts)
        if self._damage:
            raise broken(number + 1) from self._damage

    def samples(self, count: int) -> Iterator[tuple[int, LoadedImage]]:
        """Yield so many frames from all over the film, each with its number from 1, as guessed.

        Of a long film they are frames that can be read without those before. Damaged places are
        left out.
        """
        total = self.info.frames or 0
        if total <= _FEW:
            step = max(1, total // count)
            with suppress(FilmError):
                for number, frame in enumerate(islice(self, _FEW), start=1):
                    if number % step == 0:
                        yield number, frame.image
            return
        for part in range(count):
            with suppress(*self._errors, StopIteration):
                self._container.seek(int(part * (self.info.seconds or 0.0) / count * 1e6))
                frame = next(self._container.decode(self._stream))
                began = self._start(frame) or Fraction(0)
                yield max(1, round(began / self._usual) + 1), self._upright(frame)

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
        rate = self._stream.average_rate or self._stream.guessed_rate
        return 1 / rate if rate else _UNSAID

    def _between(self, began: Fraction | None, ended: Fraction | None) -> Fraction:
        if began is None or ended is None or ended <= began:
            return self._usual
        return ended - began

    def _describe(self, kind: str) -> FilmInfo:
        stream = self._stream
        seconds = None
        if stream.duration and stream.time_base:
            seconds = float(stream.duration * stream.time_base)
        elif self._container.duration:
            seconds = self._container.duration / 1e6
        frames = stream.frames or (round(seconds / self._usual) if seconds else None)
        self._limits.check(frames, seconds)
        self._limits.picture.check_size(stream.width, stream.height)
        first = next(self._frames, None)
        if first is None:
            raise broken(0) from self._damage
        self._first = first
        turned = round(first.rotation) % 180 == 90
        size = first.width, first.height
        return FilmInfo(
            kind=kind,
            width=size[turned],
            height=size[not turned],
            frames=frames,
            seconds=seconds,
            sound=bool(self._container.streams.audio),
        )

    def _upright(self, frame: VideoFrame) -> LoadedImage:
        """Return the frame as players show it."""
        from av.video.reformatter import Colorspace  # noqa: PLC0415 - optional

        self._limits.picture.check_size(frame.width, frame.height)
        known = {Colorspace.ITU709, Colorspace.ITU601, Colorspace.SMPTE240M}
        matrix = Colorspace(frame.colorspace) if frame.colorspace in known else None
        if matrix is None:
            matrix = Colorspace.ITU709 if frame.height >= _HD else Colorspace.ITU601
        clear = any(component.is_alpha for component in frame.format.components)
        pixels = frame.reformat(format="rgba" if clear else "rgb24", src_colorspace=matrix)
        image = Image.fromarray(pixels.to_ndarray())
        turn = _TURNS.get(round(frame.rotation) % 360)
        image = image if turn is None else image.transpose(turn)
        return loaded(image.convert("RGB"), image.getchannel("A") if clear else None)


def _moves(stream: VideoStream) -> bool:
    """Tell films from the cover pictures of music."""
    return not (stream.disposition & stream.disposition.attached_pic)
