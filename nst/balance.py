"""How much the photo counts, so that a strength is judged alike over all styles and sizes.

How near a picture comes to a style depends on how many directions the style's features vary in.
Errors of a covariance are relative to its squared norm, which is its squared trace over that number
(its effective rank): a drawing of a few lines, whose features vary in few directions, would weigh
little beside the photo. So the content weighs less where the rank is low, and more where it is
high. Larger pictures would be nearer to the style, so it weighs more there. benchmarks/HISTORY.md
has what both were found on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from torch import Tensor

from nst.method import Calibration

STYLE_SIDE: Final = 192
"""Longest side in pixels at which a style image is looked at for it, whatever the result's size."""

_LEAST: Final = 0.2
_USUAL_SIDE: Final = 256
_LARGEST_SIDE: Final = 1024  # none larger was judged


def rank(covariance: Tensor) -> float:
    """Return in how many directions features vary, from 1 on: the squared trace over ‖C‖².

    Also called participation ratio.

    Args:
        covariance: (c, c); that of a blank style, which is 0, has rank 1.
    """
    squares = float(covariance.square().sum())
    return max(1.0, float(covariance.trace()) ** 2 / squares) if squares else 1.0


def for_style(targets: Sequence[Sequence[Tensor]], calibration: Calibration) -> float:
    """Return what a style multiplies the content weight with, at least 0.2.

    Args:
        targets: of its losses at the calibration's layers (`StyleLoss.target`), looked at in
            `STYLE_SIDE` pixels; the covariance is the last one of (c, c). Losses of another kind
            have no factor.
        calibration: of the method.
    """
    ranks = [rank(matrices[-1]) for matrices in map(_square, targets) if matrices]
    if not ranks:
        return 1.0
    mean = math.prod(ranks) ** (1 / len(ranks))
    factor: float = (mean / calibration.usual) ** calibration.power
    return min(max(_LEAST, factor), calibration.most)


def for_side(side: int, power: float) -> float:
    """Return what the size of a picture multiplies the content weight with.

    Args:
        side: its longest, pixels; 256 for no change, beyond 1024 as at 1024.
        power: of the side over 256.
    """
    return float((min(side, _LARGEST_SIDE) / _USUAL_SIDE) ** power)


def _square(target: Sequence[Tensor]) -> list[Tensor]:
    """Return the matrices of (c, c)."""
    return [each for each in target if each.dim() == 2 and each.shape[0] == each.shape[1]]
