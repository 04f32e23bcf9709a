"""The frames of a film, before and after they are painted; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from nst.errors import FilmError
from nst.limits import Limits
from nst.text import lasting

if TYPE_CHECKING:
    from PIL import Image

    from nst.images import LoadedImage
    from nst.progress import Progress


class Origin(StrEnum):
    """What a painted frame started from."""

    ANEW = "anew"  # the first one, and the first after a cut: painted as a still picture is
    MOVED = "moved"  # what was painted before, moved along
    SAME = "same"  # it shows what the last one showed, or was given


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmLimits:
    """What is refused before anything is painted, as far as the file tells.

    Attributes:
        max_frames: how many frames there may be.
        max_seconds: how long it may take to watch.
        picture: limits of each frame.
    """

    max_frames: int = 20_000
    max_seconds: float = 3600.0
    picture: Limits = field(default_factory=Limits)

    def check(self, frames: int | None, seconds: float | None) -> None:
        """Refuse what is too long; None is what is not known.

        Raises:
            FilmError: with the length and the limit.
        """
        if frames is not None and frames > self.max_frames:
            raise FilmError(
                "This film has more than {limit} frames, the limit. Cut out a part of it first.",
                limit=self.max_frames,
            )
        if seconds is not None and seconds > self.max_seconds:
            raise FilmError(
                "This film takes {seconds}; the limit is {limit}. Cut out a part of it first.",
                seconds=lasting(seconds),
                limit=lasting(self.max_seconds),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmInfo:
    """What a film's file says of it.

    Attributes:
        kind: such as `GIF` or `MP4`.
        width: of a frame as it is shown, pixels.
        height: of the same.
        frames: how many; None if not known.
        counted: the file says so; else `frames` is an estimate.
        seconds: how long it takes to watch; None if the file does not say.
        loops: how often it plays; 0 for again and again, as for videos, which do not say.
        sound: there is sound.
    """

    kind: str
    width: int
    height: int
    frames: int | None
    seconds: float | None
    counted: bool = True
    loops: int = 0
    sound: bool = False


@dataclass(frozen=True, slots=True)
class FilmFrame:
    """One frame of a film.

    Attributes:
        image: what it shows.
        seconds: how long it is shown.
    """

    image: LoadedImage
    seconds: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class PaintedFrame:
    """One frame of the result.

    Attributes:
        index: of the frame, counted from 0.
        image: what people see, sRGB.
        raw: the same before the photo's colours were put back and masks were applied; give it to
            `stylize_frames` to go on after it.
        alpha: the source's transparency at this size; None if nothing is transparent.
        seconds: how long it is shown, as in the source; a tenth if that does not say.
        origin: what it started from.
        steps: taken for it.
    """

    index: int
    image: Image.Image
    raw: Image.Image
    alpha: Image.Image | None
    seconds: Fraction
    origin: Origin
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmProgress:
    """One report while a film is painted.

    Attributes:
        index: of the frame that is painted, counted from 0.
        frames: how many there are; None if not known.
        fraction: share of the frames done, 0 to 1; None if their number is not known.
        seconds: time since the start.
        seconds_left: estimate of the time to the end; None before it can be told.
        step: where that frame stands.
    """

    index: int
    frames: int | None
    fraction: float | None
    seconds: float
    seconds_left: float | None
    step: Progress
