"""From a file to the frames of a film."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from nst.errors import FilmError
from nst.film.frames import FilmFrame, FilmInfo, FilmLimits
from nst.formats import demuxer
from nst.images import read_source

if TYPE_CHECKING:
    from nst.film.video import Video

_HEADER: Final = 64


class FilmSource(Protocol):
    """A film that can be read frame by frame, once."""

    @property
    def info(self) -> FilmInfo:
        """What its file says of it."""
        ...

    def __iter__(self) -> Iterator[FilmFrame]:
        """Yield the frames; raise a FilmError where it cannot be read any further."""
        ...


def open_film(
    source: str | os.PathLike[str] | bytes, *, limits: FilmLimits | None = None
) -> FilmSource:
    """Open a GIF, APNG, animated WebP or AVIF, MP4, MOV or WebM; its frames are read one by one.

    Args:
        source: a path, or the file's bytes.
        limits: what to refuse.

    Raises:
        FilmError: it is no film, damaged from the start, or too long; or a package is missing.
        ImageError: its frames are too large or too small.
    """
    limits = limits or FilmLimits()
    if not isinstance(source, bytes):
        source = Path(source)
    header = source[:_HEADER] if isinstance(source, bytes) else _start(source)
    if demuxer(header):
        return open_video(source, limits=limits)
    from nst.film.animation import Animation  # noqa: PLC0415 - see above

    return Animation(read_source(source, limits.picture), limits)


def open_video(source: Path | bytes, *, limits: FilmLimits) -> Video:
    """Open an MP4, MOV or WebM; raises as `open_film` does."""
    from nst.film.video import Video  # noqa: PLC0415 - imports what few films need

    header = source[:_HEADER] if isinstance(source, bytes) else _start(source)
    return Video(source, demuxer(header) or "mov", limits)


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEADER)
    except OSError as error:
        raise FilmError(f"{path} cannot be read: {error.strerror}.") from error
