"""The coarse-to-fine schedule.

Large brush strokes and the composition are settled on small pictures, where an evaluation costs
next to nothing; each finer scale starts from the enlarged coarser one and needs fewer steps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise, repeat
from typing import Final

from nst.errors import OptionsError
from nst.networks import VGG19
from nst.options import MAX_SIZE

MIN_SIDE: Final = VGG19.smallest_side


@dataclass(frozen=True, slots=True)
class Scale:
    """One stage of the schedule: the picture's size in pixels and the steps spent on it."""

    width: int
    height: int
    steps: int

    @property
    def pixels(self) -> int:
        """How many there are."""
        return self.width * self.height

    @property
    def cost(self) -> int:
        """Work in pixels × steps, what the time of a stage grows with."""
        return self.pixels * self.steps


def fit(width: int, height: int, size: int, *, min_side: int = MIN_SIDE) -> tuple[int, int]:
    """Return width and height of an image whose longest side is scaled to `size` pixels.

    Args:
        width: of the image, pixels.
        height: of the image, pixels.
        size: longest side, pixels.
        min_side: pixels that the network needs of each side.

    Raises:
        OptionsError: its short side would fall below that.
    """
    factor = size / max(width, height)
    fitted = max(1, round(width * factor)), max(1, round(height * factor))
    if min(fitted) < min_side:
        needed = smallest_size(width, height, min_side=min_side)
        raise OptionsError(
            "An image of {width}×{height} px is too narrow at size {size}: its short side would "
            "be {short} px and {limit} are needed; use a size of at least {needed}, or crop it.",
            width=width,
            height=height,
            size=size,
            short=min(fitted),
            limit=min_side,
            needed=needed,
        )
    return fitted


def smallest_size(width: int, height: int, *, min_side: int = MIN_SIDE) -> int:
    """Return the longest side in pixels at which such an image's short side is `min_side`."""
    return math.ceil(min_side * max(width, height) / min(width, height))


def style_size(
    width: int, height: int, scale: Scale, style_scale: float, *, min_side: int = MIN_SIDE
) -> tuple[int, int]:
    """Return width and height at which a style image is looked at for a scale of the picture.

    It shrinks along with the picture but is not enlarged, which would only blur its strokes, unless
    larger strokes are asked for, or its short side would be too few pixels for the network.

    Args:
        width: of the style image, pixels.
        height: of the style image, pixels.
        scale: of the picture.
        style_scale: 2 for strokes twice as large.
        min_side: pixels that the network needs of each side.
    """
    longest = min(max(scale.width, scale.height), max(width, height))
    longest = min(round(style_scale * longest), MAX_SIZE)
    longest = max(longest, smallest_size(width, height, min_side=min_side))
    return fit(width, height, longest, min_side=min_side)


def schedule(
    width: int, height: int, steps: Sequence[tuple[int, int]], *, min_side: int = MIN_SIDE
) -> list[Scale]:
    """Return scales from coarse to fine that end at `width` × `height`.

    Each scale halves the next finer one, down to the smallest size that `steps` names.

    Args:
        width: of the finished picture, pixels.
        height: of the finished picture, pixels.
        steps: pairs (longest side, steps at that size) in rising order. Between two sizes the
            steps are interpolated, outside the ends are used. A single pair means one scale.
        min_side: pixels that the network needs of each side.
    """
    size = max(width, height)
    sizes = [size]
    while len(steps) > 1 and sizes[-1] / 2 >= 0.75 * steps[0][0]:
        sizes.append(sizes[-1] // 2)
    scales = []
    for side in reversed(sizes):
        factor = side / size
        scaled = max(min_side, round(width * factor)), max(min_side, round(height * factor))
        scales.append(Scale(*scaled, steps_at(side, steps)))
    return scales


def continued(scales: Sequence[Scale], side: int, shares: Sequence[float]) -> list[Scale]:
    """Return what is left of a schedule for a picture that was painted at `side` pixels already.

    Args:
        scales: the whole schedule.
        side: longest side of the picture to continue.
        shares: where that picture is as large as the result, these parts of the steps are left:
            of the finest scale, of the next coarser one and so on; the last counts for the rest.
    """
    if finer := [scale for scale in scales if max(scale.width, scale.height) > side]:
        return finer
    left = [
        replace(scale, steps=math.ceil(share * scale.steps))
        for scale, share in zip(reversed(scales), chain(shares, repeat(shares[-1])), strict=False)
    ]
    return left[::-1]


def steps_at(side: int, steps: Sequence[tuple[int, int]]) -> int:
    """Return the steps for a scale of that longest side, linear in its logarithm."""
    if side <= steps[0][0]:
        return steps[0][1]
    for (low, low_steps), (high, high_steps) in pairwise(steps):
        if side <= high:
            share = math.log(side / low) / math.log(high / low)
            return round(low_steps + share * (high_steps - low_steps))
    return steps[-1][1]
