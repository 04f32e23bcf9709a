"""Frames in one file that only grows, and that a process may be killed over: a tar archive.

Each frame is a picture file of its own, so any of them can be read without the others; how long it
is shown stands in its extended header (POSIX.1-2001, pax). There is no end-of-archive mark: what
was written whole counts, up to where the writer was cut off.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import BinaryIO, Final

from PIL import Image

from nst.film.frames import FilmFrame, FilmInfo
from nst.film.spool import StoredFrame
from nst.finishing import finish
from nst.images import load_image
from nst.options import Colours

_SECONDS: Final = "nst.seconds"
_ABOUT: Final = "about"
_LONGEST: Final = 40  # letters of a time
_MOST_SECONDS: Final = 36_000
_BLOCK: Final = tarfile.BLOCKSIZE


@dataclass(slots=True)
class FrameArchive:
    """Frames in a file; none, or fewer, where it is damaged.

    Args:
        file: open for reading, for writing or for both.
        about: what the frames are of; those of something else are not read.

    Attributes:
        frames: where each picture is in the file, its bytes, and how long it is shown.
        loops: how often the film plays, 0 for again and again.
    """

    file: BinaryIO
    about: str | None = None
    frames: list[tuple[int, int, Fraction]] = field(init=False, default_factory=list)
    loops: int = field(init=False, default=0)
    _end: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Find the frames that are there."""
        if self.file.readable() and (size := self.file.seek(0, io.SEEK_END)):
            with suppress(tarfile.TarError, ValueError, KeyError, OverflowError):
                self._find(size)

    @property
    def info(self) -> FilmInfo:
        """Say what is in the file, as of any film."""
        width, height = self.open(0).size
        return FilmInfo(
            kind="frames",
            width=width,
            height=height,
            frames=len(self.frames),
            seconds=float(sum(seconds for _, _, seconds in self.frames)),
            loops=self.loops,
        )

    def __len__(self) -> int:
        return len(self.frames)

    def __iter__(self) -> Iterator[FilmFrame]:
        """Yield the frames, as of any film."""
        for index, (_, _, seconds) in enumerate(self.frames):
            yield FilmFrame(load_image(self.read(index)), seconds)

    def read(self, index: int) -> bytes:
        """Return the file of a picture."""
        offset, size, _ = self.frames[index]
        self.file.seek(offset)
        return self.file.read(size)

    def open(self, index: int) -> Image.Image:
        """Return a picture, RGB or RGBA."""
        image = Image.open(io.BytesIO(self.read(index)))
        image.load()
        return image if image.mode in {"RGB", "RGBA"} else image.convert("RGB")

    def begin(self, loops: int) -> None:
        """Begin an empty file of a film that plays so often; what it had is gone."""
        self.frames, self.loops, self._end = [], loops, 0
        self._append(f"{loops} {self.about or ''}".encode(), _ABOUT, {})

    def add(self, picture: bytes, seconds: Fraction) -> None:
        """Keep the file of a picture; an OSError leaves the frames before it as they are."""
        offset = self._append(picture, f"{len(self):07}", {_SECONDS: str(seconds)})
        self.frames.append((offset, len(picture), seconds))

    def _append(self, data: bytes, name: str, headers: dict[str, str]) -> int:
        member = tarfile.TarInfo(name)
        member.size, member.pax_headers = len(data), headers
        header = member.tobuf(tarfile.PAX_FORMAT)
        self.file.seek(self._end)
        self.file.truncate()
        rest = memoryview(header + data + bytes(-len(data) % _BLOCK))
        while rest:  # files without a buffer may take a part of it
            rest = rest[self.file.write(rest) :]
        self.file.flush()
        offset, self._end = self._end + len(header), self.file.tell()
        return offset

    def _find(self, size: int) -> None:
        self.file.seek(0)
        with tarfile.open(fileobj=self.file, mode="r:") as archive:
            for member in _whole(archive, size):
                if member.name == _ABOUT:
                    self.file.seek(member.offset_data)
                    loops, _, about = self.file.read(member.size).decode().partition(" ")
                    if self.about not in {None, about}:
                        return
                    self.loops = int(loops)
                else:
                    seconds = _seconds(member.pax_headers[_SECONDS])
                    self.frames.append((member.offset_data, member.size, seconds))
                self._end = member.offset_data + member.size + -member.size % _BLOCK


def finished_frames(
    source: FrameArchive,
    painted: FrameArchive,
    *,
    colours: Colours,
    mask: Image.Image | None = None,
) -> list[StoredFrame]:
    """Return what people see of a painted film.

    Args:
        source: the film that was painted.
        painted: its frames as the optimisation left them (`PaintedFrame.raw`), as many as there
            are, with the transparency that they are to have.
        colours: as for `nst.finishing.finish`.
        mask: the same.
    """

    def load(index: int) -> Image.Image:
        raw = painted.open(index)
        shown = raw.convert("RGB")
        if colours is Colours.PHOTO or mask is not None:
            photo = load_image(source.read(index)).filled
            shown = finish(shown, photo, colours=colours, mask=mask)
        if raw.mode == "RGBA":
            shown.putalpha(raw.getchannel("A"))
        return shown

    return [
        StoredFrame(partial(load, index), seconds)
        for index, (_, _, seconds) in enumerate(painted.frames)
    ]


def _whole(archive: tarfile.TarFile, size: int) -> Iterator[tarfile.TarInfo]:
    """Yield the members that are all there."""
    while True:
        try:
            member = archive.next()
        except tarfile.ReadError:  # cut off
            return
        if member is None or not member.isreg():
            return
        if member.offset_data + member.size > size:
            return
        yield member


def _seconds(said: str) -> Fraction:
    seconds = Fraction(said) if len(said) <= _LONGEST else Fraction(0)
    if not 0 < seconds <= _MOST_SECONDS:
        raise ValueError("not a time")
    return seconds
