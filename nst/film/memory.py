"""What was painted before, and where it is in the frame that comes next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from PIL import Image

from nst.film.camera import steadied
from nst.film.flow import (
    Bools,
    Bytes,
    Floats,
    enlargement,
    identity,
    inside,
    moved,
    optical_flow,
    places,
    refined,
    resampled,
    trusted,
    unlike,
)
from nst.film.libraries import opencv
from nst.film.uncovered import guessed
from nst.images import LoadedImage

# Earlier pictures that are looked back to: the shot's first, and the latest ones.
_ANCHORS: Final = 4
# A picture joins them when they show less than this of the frame.
_COVERED: Final = 0.9
# What is enlarged by more than this, as a ratio of areas, is too blurred to look back to.
_ENLARGED: Final = 1.7
_GROWN: Final = 2.0  # frames until what came into view is held as the rest is
_ALIKE: Final = 12.0  # levels of all channels together, in a pixel and those around it
_GUESSED: Final = 0.25  # how much a guess is held
_SQUARE: Final = 5  # pixels; what is the same by chance has no such square
_CUT_TRUST: Final = 0.35  # share of the flow that can be trusted
_BACK_TRUST: Final = 0.7  # the same to go back to an earlier shot
_CUT_LEVELS: Final = 12.0  # grey levels, mean


@dataclass(frozen=True, slots=True)
class Look:
    """One frame of the source.

    Attributes:
        source: RGB and opacity at its own size, (rows, columns, 4).
        colour: RGB at the size at which it is painted, (height, width, 3).
        grey: the same in grey, (height, width).
    """

    source: Bytes
    colour: Bytes
    grey: Bytes

    @classmethod
    def of(cls, frame: LoadedImage, size: tuple[int, int]) -> Look:
        """Look at a frame that is painted at a size, width and height."""
        shown = frame.colour.copy()
        if frame.alpha is not None:
            shown.putalpha(frame.alpha)
        source = np.array(shown.convert("RGBA"))
        source[source[..., 3] == 0] = 0  # whatever lies there does not show
        filled = frame.filled
        colour = filled.resize(size, Image.Resampling.BOX)
        grey = filled.convert("L").resize(size, Image.Resampling.BOX)
        return cls(source, np.asarray(colour), np.asarray(grey))

    def equals(self, other: Look) -> bool:
        """Tell whether the frames are the same, to the bit."""
        return np.array_equal(self.source, other.source)

    def unchanged(self, other: Look) -> Bools:
        """Tell which pixels of the painting show nothing that differs, (height, width)."""
        if self.source.shape != other.source.shape:
            return np.zeros(self.grey.shape, np.bool_)
        differs = (self.source != other.source).any(axis=2)
        mask = Image.fromarray(differs.astype(np.uint8) * 255)
        height, width = self.grey.shape
        # A mean of 0 to 8 bits could hide a changed pixel among hundreds: count them as floats.
        shares = mask.convert("F").resize((width, height), Image.Resampling.BOX)
        result: Bools = np.asarray(shares) == 0
        return result


@dataclass(frozen=True, slots=True)
class Anchor:
    """A frame that was painted, and how to find it in the latest one.

    Attributes:
        number: of the frame in its shot, from 1.
        look: the source.
        painted: as it was painted, RGB, 0 to 255, (height, width, 3).
        there: for each pixel of the latest frame its place in this one, (height, width, 2).
        known: where there is such a place.
    """

    number: int
    look: Look
    painted: Floats
    there: Floats
    known: Bools


@dataclass(frozen=True, slots=True)
class Memory:
    """What a frame is to look like, as far as it was painted before.

    Attributes:
        picture: RGB, 0 to 255, (height, width, 3); where nothing is known, a guess.
        weights: how much it holds, least where something came into view, to 1.
        still: where the source is the same as in a frame that was painted, and so is the picture,
            to the bit.
        resting: where that frame is the shot's last one.
    """

    picture: Floats
    weights: Floats
    still: Bools
    resting: Bools


class Shot:
    """The frames between two cuts that were painted so far.

    Args:
        look: the first one.
        painted: as it was painted.
    """

    def __init__(self, look: Look, painted: Image.Image) -> None:
        first = _anchor(look, painted, 1)
        self._anchors = [first]
        self._last = first
        self._before = self._change = np.zeros_like(first.painted)
        self._whose = np.zeros(look.grey.shape, np.float32)
        self._age = np.full(look.grey.shape, _GROWN, np.float32)

    def follow(self, look: Look, *, returning: bool = False) -> Memory | None:
        """Find what was painted before in the next frame; None where a cut shows something else.

        `add` must be called before the next frame.

        Args:
            look: the frame.
            returning: other shots came in between, so that it must be much the same.
        """
        last = self._last.look
        resting = _resting(look.unchanged(last))
        back, sure = _found(look, last, resting)
        there = places(back)
        if _is_cut(look, last, there, sure, returning=returning):
            return None
        self._last = replace(self._last, there=there, known=sure)
        self._anchors = [_followed(anchor, there, sure) for anchor in self._anchors]
        self._anchors = [_found_again(anchor, look) for anchor in self._anchors]
        return self._remembered(look, resting)

    def add(self, look: Look, painted: Image.Image) -> None:
        """Take in the frame as it was painted."""
        self._last = _anchor(look, painted, self._last.number + 1)
        self._change = self._last.painted - self._before
        if np.mean(_union(self._anchors)) < _COVERED:
            self._anchors.append(self._last)
        if len(self._anchors) > _ANCHORS:
            del self._anchors[1]

    def _remembered(self, look: Look, resting: Bools) -> Memory:
        """Put together what is known of a frame.

        The anchors' pictures, each interpolated once, and what was changed in the last frame, which
        is moved along: so what each frame adds is not lost, and nothing is blurred again and again.
        """
        picture = np.zeros((*look.grey.shape, 3), np.float32)
        whose = np.zeros(look.grey.shape, np.float32)
        for anchor in (*self._anchors, self._last):
            wanted = usable(anchor) & (whose == 0)
            if wanted.any():
                picture[wanted] = resampled(anchor.painted, anchor.there)[wanted]
                whose[wanted] = anchor.number
        known = whose > 0
        before = moved(self._whose, self._last.there, degree=0)
        goes_on = self._last.known & (whose == before)  # and not to another anchor's picture
        self._before, self._whose = picture, whose
        self._age = self._grown(known)
        change = resampled(self._change, self._last.there)
        picture = picture + change * goes_on[..., None]
        picture[resting] = self._last.painted[resting]
        still = resting
        for anchor in self._anchors:
            same = _resting(look.unchanged(anchor.look)) & ~still
            picture[same] = anchor.painted[same]
            still = still | same
        weights = (self._age / _GROWN).clip(_GUESSED, 1)
        weights[still] = 1
        known = known | still
        if not known.all():
            picture = guessed(picture, look.colour, known)
        return Memory(picture.clip(0, 255), weights, still, resting)

    def _grown(self, known: Bools) -> Floats:
        """Return how many frames ago pixels came into view; 0 for those that just do.

        They had few steps so far, and are held less for some frames.
        """
        age = moved(self._age, self._last.there, degree=0) + 1
        result: Floats = np.where(self._last.known, age, np.where(known, _GROWN, 0))
        return result.astype(np.float32)


def _found(look: Look, last: Look, resting: Bools) -> tuple[Floats, Bools]:
    """Return how far pixels are from where they were before, and where that is sure."""
    back, forth = _motion(look, last), _motion(last, look)
    back[resting] = 0
    alike = unlike(back, look.colour, last.colour) < _ALIKE
    return back, trusted(back, forth, alike) | resting


def _motion(look: Look, other: Look) -> Floats:
    flow = refined(optical_flow(look.grey, other.grey), look.colour, other.colour)
    return steadied(flow, look.colour, other.colour)


def usable(anchor: Anchor) -> Bools:
    """Tell where an anchor shows the latest frame, and sharply enough."""
    result: Bools = anchor.known & (enlargement(anchor.there) < _ENLARGED)
    return result


def _anchor(look: Look, painted: Image.Image, number: int) -> Anchor:
    height, width = look.grey.shape
    pixels = np.asarray(painted.convert("RGB"), np.float32)
    known = np.ones((height, width), np.bool_)
    return Anchor(number, look, pixels, identity(height, width), known)


def _followed(anchor: Anchor, there: Floats, sure: Bools) -> Anchor:
    """Bring an anchor from the last frame to the next: places are moved, never pictures.

    So a picture is interpolated once, however many frames it is away; moving it from frame to
    frame would blur it a little more each time.
    """
    known = moved(anchor.known.astype(np.float32), there) > 0.99
    found = moved(anchor.there, there)
    return replace(anchor, there=found, known=known & sure & inside(found))


def _found_again(anchor: Anchor, look: Look) -> Anchor:
    """Look an anchor up in the frame itself where its places were lost on the way."""
    if anchor.known.mean() > _COVERED:
        return anchor
    back = optical_flow(look.grey, anchor.look.grey)
    forth = optical_flow(anchor.look.grey, look.grey)
    direct = places(back)
    difference = moved(anchor.look.grey, direct).astype(np.int16) - look.grey
    alike = trusted(back, forth) & (np.abs(difference) < _CUT_LEVELS)
    regained = alike & ~anchor.known
    there = np.where(regained[..., None], direct, anchor.there)
    return replace(anchor, there=there, known=anchor.known | regained)


def _resting(unchanged: Bools) -> Bools:
    """Leave out what is the same by chance: parts that are nowhere as large as a small square."""
    cv2 = opencv()
    square = np.ones((_SQUARE, _SQUARE), np.uint8)
    large = cv2.erode(unchanged.astype(np.uint8), square) > 0
    _, parts = cv2.connectedComponents(unchanged.astype(np.uint8), connectivity=4)
    result: Bools = unchanged & np.isin(parts, np.unique(parts[large]))
    return result


def _is_cut(look: Look, last: Look, there: Floats, sure: Bools, *, returning: bool) -> bool:
    difference = np.abs(moved(last.grey, there).astype(np.int16) - look.grey).mean()
    if returning:
        return bool(sure.mean() < _BACK_TRUST or difference > _CUT_LEVELS)
    return bool(sure.mean() < _CUT_TRUST and difference > _CUT_LEVELS)


def _union(anchors: list[Anchor]) -> Bools:
    result: Bools = np.logical_or.reduce([usable(anchor) for anchor in anchors])
    return result
