"""Painted frames on the disk, until the film is written: a film may be longer than the memory."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from PIL import Image

from nst.errors import FilmError
from nst.film.frames import PaintedFrame


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """A painted frame that is not in memory.

    Attributes:
        load: returns the picture, RGB or RGBA.
        seconds: how long it is shown.
    """

    load: Callable[[], Image.Image]
    seconds: Fraction

    def open(self, scale: float = 1.0) -> Image.Image:
        """Return the picture, RGB or RGBA, made smaller by a factor."""
        image = self.load()
        if scale == 1:
            return image
        width, height = (max(16, round(side * scale)) for side in image.size)
        return image.resize((width, height), Image.Resampling.LANCZOS)


class Spool:
    """Painted frames, kept in a folder of their own that is gone with the context.

    Args:
        folder: where that folder is made; the system's for such things if None.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix=".film-", dir=folder)
        self.frames: list[StoredFrame] = []

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the frames."""
        self._folder.cleanup()

    def add(self, frame: PaintedFrame) -> None:
        """Keep a frame.

        Raises:
            FilmError: there is no room for it.
        """
        path = Path(self._folder.name, f"{len(self.frames):07}.png")
        image = frame.image
        if frame.alpha is not None:
            image = image.copy()
            image.putalpha(frame.alpha)
        try:
            image.save(path, compress_level=1)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise FilmError(
                "There is no room for more frames: {reason}.", reason=error.strerror or str(error)
            ) from error
        self.frames.append(StoredFrame(partial(_read, path), frame.seconds))


def _read(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
    return image


def is_transparent(frames: Sequence[StoredFrame]) -> bool:
    """Tell whether anything is transparent in any frame."""
    return any(frame.open().mode == "RGBA" for frame in frames)


def thinned(frames: Sequence[StoredFrame], keep: int) -> list[StoredFrame]:
    """Return every so many frames, each shown as long as those that it stands for."""
    return list(_merged(frames, keep)) if keep > 1 else list(frames)


def _merged(frames: Sequence[StoredFrame], keep: int) -> Iterator[StoredFrame]:
    for start in range(0, len(frames), keep):
        group = frames[start : start + keep]
        seconds = sum((frame.seconds for frame in group), Fraction(0))
        yield StoredFrame(group[0].load, seconds)


def beginning(frames: Sequence[StoredFrame], seconds: Fraction) -> list[StoredFrame]:
    """Return the frames up to a time, the last one shown as long as is left."""
    kept, left = [], seconds
    for frame in frames:
        if left <= 0:
            break
        kept.append(replace(frame, seconds=min(frame.seconds, left)))
        left -= frame.seconds
    return kept
