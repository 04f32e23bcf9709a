"""Painted frames to a film: animated WebP, GIF or MP4, within a number of bytes."""

from __future__ import annotations

import io
import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Final

from nst.errors import FilmError
from nst.film.encoding import COLOURS, LOSSLESS, write_gif, write_mp4, write_webp
from nst.film.libraries import pyav
from nst.film.spool import StoredFrame, is_transparent, thinned
from nst.limits import megabytes
from nst.saving import check_writable, replacing
from nst.text import Text

Write = Callable[[Sequence[StoredFrame], Path | io.BytesIO, float, int, int], None]
"""Takes the frames, the file, the scale of the frames, the quality, and how often it plays."""

_WRITERS: Final[dict[str, tuple[Write, tuple[int, ...]]]] = {
    ".webp": (write_webp, (LOSSLESS, 90, 80)),
    ".gif": (write_gif, (COLOURS,)),
    ".mp4": (write_mp4, (32, 28)),
}
# Size and number of frames are lowered before the quality is ugly.
_SHRINKING: Final = ((0.8, 1), (0.65, 1), (0.65, 2), (0.5, 2), (0.4, 2), (0.3, 3), (0.25, 4))
# Browsers show a frame of a GIF for a tenth of a second where it asks for less than this.
_BRIEFEST: Final = {".gif": Fraction(1, 50)}


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedFilm:
    """A film's file in memory.

    Attributes:
        suffix: of its kind, with the dot.
        width: of the frames in it, pixels.
        height: the same.
        notes: sentences about what is other than in the frames that were to be written.
    """

    data: bytes
    suffix: str
    width: int
    height: int
    notes: tuple[Text, ...]


class _TooLarge(FilmError):
    """Nothing that was tried fits."""


@dataclass(frozen=True, slots=True)
class _Trial:
    """One way to make the file smaller than the one before it."""

    scale: float
    keep: int
    quality: int


# The same for what has to keep its size: fewer colours, and then fewer frames; one at last.
_COLOURS_FIRST: Final = ((1, 96), (1, 40), (2, 64), (2, 32), (3, 32), (4, 32), (6, 32), (10, 24))
_FEWER: Final = tuple(
    _Trial(1.0, keep, colours)
    for keep, colours in (*_COLOURS_FIRST, *((keep, 24) for keep in (15, 25, 50, 100, 1000)))
)


def check_film(path: Path) -> None:
    """Refuse a film that could not be written, before any work.

    Raises:
        FilmError: unknown suffix, no such folder, no permission, or PyAV is not installed.
    """
    check_writable(path, _WRITERS, FilmError)
    if path.suffix.lower() == ".mp4":
        pyav()


def write_film(
    frames: Sequence[StoredFrame], path: Path, *, loops: int = 0, max_bytes: int | None = None
) -> list[Text]:
    """Write a film, whole or not at all.

    Args:
        frames: at least one.
        path: its suffix picks the kind: .webp, .gif or .mp4.
        loops: how often it plays, 0 for again and again; an MP4 does not say.
        max_bytes: the file is no larger: a WebP is compressed with loss, then frames are made
            smaller, and fewer, until it fits. Without it a WebP is as it was painted, to the bit.

    Returns:
        Sentences about what is other than asked for.

    Raises:
        FilmError: nothing fits into `max_bytes`, or the file cannot be written.
    """
    trials = [*_full_size(path.suffix, frames), *_smaller(path.suffix, frames)]
    suffix = path.suffix.lower()
    write, _ = _WRITERS[suffix]

    def size(draft: Path, trial: _Trial) -> int:
        write(thinned(frames, trial.keep), draft, trial.scale, trial.quality, loops)
        return draft.stat().st_size

    try:
        with replacing(path) as draft:
            trial = _first_that_fits(partial(size, draft), trials, max_bytes)
    except _failures(suffix) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FilmError("{name} cannot be written: {why}.", name=path.name, why=reason) from error
    return _notes(frames, trial, suffix, max_bytes if trial != trials[0] else None)


def _failures(suffix: str) -> tuple[type[Exception], ...]:
    return (OSError, pyav().FFmpegError) if suffix == ".mp4" else (OSError,)


def encode_film(
    frames: Sequence[StoredFrame],
    suffixes: Sequence[str],
    *,
    loops: int = 0,
    max_bytes: int,
    fixed_size: bool = False,
) -> EncodedFilm:
    """Encode a film as the first kind that holds it whole in so many bytes.

    Args:
        frames: at least one.
        suffixes: of the kinds, best first; where none holds it whole, the first is made smaller.
        loops: as for `write_film`.
        max_bytes: the file is no larger.
        fixed_size: rather fewer frames and colours than smaller ones.

    Raises:
        FilmError: nothing fits into `max_bytes`, or PyAV is not installed.
    """
    for suffix in suffixes:
        with suppress(_TooLarge):
            return _encode(frames, suffix, _full_size(suffix, frames), loops, max_bytes)
    smaller = _FEWER if fixed_size else _smaller(suffixes[0], frames)
    return _encode(frames, suffixes[0], smaller, loops, max_bytes, told=True)


def _encode(
    frames: Sequence[StoredFrame],
    suffix: str,
    trials: Sequence[_Trial],
    loops: int,
    max_bytes: int,
    *,
    told: bool = False,
) -> EncodedFilm:
    write, _ = _WRITERS[suffix]
    made = [io.BytesIO()]

    def size(trial: _Trial) -> int:
        made[:] = [io.BytesIO()]
        write(thinned(frames, trial.keep), made[0], trial.scale, trial.quality, loops)
        return made[0].getbuffer().nbytes

    trial = _first_that_fits(size, trials, max_bytes)
    width, height = frames[0].open(trial.scale).size
    even = suffix == ".mp4"
    return EncodedFilm(
        data=made[0].getvalue(),
        suffix=suffix,
        width=width - even * (width % 2),
        height=height - even * (height % 2),
        notes=tuple(_notes(frames, trial, suffix, max_bytes if told else None)),
    )


def _full_size(suffix: str, frames: Sequence[StoredFrame]) -> list[_Trial]:
    fewest = _fewest(frames, _BRIEFEST.get(suffix.lower()))
    return [_Trial(1.0, fewest, quality) for quality in _WRITERS[suffix.lower()][1]]


def _smaller(suffix: str, frames: Sequence[StoredFrame]) -> list[_Trial]:
    least = _full_size(suffix, frames)[-1]
    return [_Trial(scale, keep * least.keep, least.quality) for scale, keep in _SHRINKING]


def _fewest(frames: Sequence[StoredFrame], briefest: Fraction | None) -> int:
    """Return how many frames must become one for the kind of file to show them in time."""
    if briefest is None:
        return 1
    mean = sum((frame.seconds for frame in frames), Fraction(0)) / len(frames)
    return max(1, math.ceil(briefest / mean))


def _first_that_fits(
    size: Callable[[_Trial], int], trials: Sequence[_Trial], max_bytes: int | None
) -> _Trial:
    """Write the best trial that fits; each is smaller than the one before, so few are made."""
    written: list[_Trial] = []

    def fits(trial: _Trial) -> bool:
        written[:] = [trial]
        return max_bytes is None or size(trial) <= max_bytes

    if max_bytes is None:
        size(trials[0])
        return trials[0]
    index = bisect_left(trials, True, key=fits)
    if index == len(trials):
        raise _TooLarge(
            "The film does not fit into {limit}, not even with a quarter of its frames at a "
            "quarter of their size; allow more, or choose mp4, which is the smallest kind.",
            limit=megabytes(max_bytes),
        )
    if written != [trials[index]]:
        size(trials[index])
    return trials[index]


def _notes(
    frames: Sequence[StoredFrame], trial: _Trial, suffix: str, max_bytes: int | None
) -> list[Text]:
    notes, suffix = [], suffix.lower()
    if max_bytes is not None:
        width, height = frames[0].open(trial.scale).size
        notes.append(
            Text(
                "To fit into {limit}: {kept} of {count} frames, {width} × {height} px.",
                limit=megabytes(max_bytes),
                kept=len(thinned(frames, trial.keep)),
                count=len(frames),
                width=width,
                height=height,
            )
        )
    elif trial.keep > 1:
        notes.append(
            Text("A GIF cannot be that fast: one of {count} frames is shown.", count=trial.keep)
        )
    if suffix == ".mp4" and is_transparent(frames):
        notes.append(Text("MP4 has no transparency: the film is on white. WebP keeps it."))
    return notes
