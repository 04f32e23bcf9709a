"""Frames of GIF, APNG, animated WebP and AVIF."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from PIL import Image

from nst.decode import decode_frame
from nst.errors import FilmError
from nst.film.frames import FilmFrame, FilmInfo, FilmLimits
from nst.film.gif import count_frames
from nst.images import LoadedImage, pillow_errors
from nst.reading import is_sideways, open_frames, without_blanks

_KINDS: Final = {"GIF": "GIF", "PNG": "APNG", "WEBP": "WebP", "AVIF": "AVIF"}
_UNSAID: Final = Fraction(1, 10)  # what browsers make of a frame without a time


class Animation:
    """The frames of a file that Pillow reads.

    Args:
        data: the whole file.
        limits: what to refuse.

    Attributes:
        info: what the file says.

    Raises:
        FilmError: it does not move, or is too long.
        ImageError: it cannot be read at all, or its frames are too large or too small.
    """

    def __init__(self, data: bytes, limits: FilmLimits) -> None:
        data = without_blanks(data)
        with pillow_errors():
            image, self._read = open_frames(data, limits.picture)
        if image.format not in _KINDS:
            raise FilmError(
                "This is a still picture ({kind}): paint it with nst stylize.",
                kind=image.format or "?",
            )
        seconds = None
        with pillow_errors():
            if image.format == "GIF":
                frames, seconds = count_frames(data, limits.max_frames + 1)
            else:
                frames = getattr(image, "n_frames", 1)
        # An APNG may have a still picture for programs that do not know of its frames.
        self._hidden = int(bool(image.info.get("default_image")))
        frames -= self._hidden
        limits.check(frames, seconds)
        with pillow_errors():
            width, height = image.size[::-1] if is_sideways(image) else image.size
        self._image, self._limits = image, limits
        self.info = FilmInfo(
            kind=_KINDS[image.format or ""],
            width=width,
            height=height,
            frames=frames,
            seconds=seconds,
            loops=_loops(image),
        )

    def __iter__(self) -> Iterator[FilmFrame]:
        """Yield the frames; raise a FilmError where the file is damaged or too long."""
        total = Fraction(0)
        for number in range(self.info.frames or 0):
            try:
                with pillow_errors():
                    self._image.seek(number + self._hidden)
                    frame = self._frame()
            except (ValueError, EOFError) as error:
                raise broken(number) from error
            total += frame.seconds
            self._limits.check(None, float(total))
            yield frame

    def _frame(self) -> FilmFrame:
        shown = decode_frame(self._read())
        seconds = Fraction(self._image.info.get("duration") or 0) / 1000
        return FilmFrame(loaded(shown.colour, shown.alpha), seconds or _UNSAID)


def _loops(image: Image.Image) -> int:
    """Return how often a film plays, 0 for again and again."""
    said = image.info.get("loop")
    if image.format != "GIF":
        return int(said or 0)
    if said is None:
        return 1
    return int(said) + 1 if said else 0  # a GIF counts how often it is repeated


def loaded(colour: Image.Image, alpha: Image.Image | None = None) -> LoadedImage:
    """Return a frame as a picture to work on; `alpha` counts only if it hides something."""
    digest = hashlib.sha256(colour.tobytes())
    if alpha is not None and alpha.getextrema()[0] == 255:
        alpha = None
    if alpha is not None:
        digest.update(alpha.tobytes())
    return LoadedImage(colour, alpha, digest.hexdigest())


def broken(number: int) -> FilmError:
    """Return what to say of a film that cannot be read from a frame on, counted from 0."""
    if not number:
        return FilmError(
            "This file is a video or an animation, but damaged: not even its first frame can be "
            "read."
        )
    return FilmError(
        "This film is damaged: it can be read only up to its frame {count}.", count=number
    )
