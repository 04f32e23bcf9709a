"""What of the optical flow is the camera's own motion."""

from __future__ import annotations

from typing import Final

import numpy as np

from nst.film.flow import Bytes, Floats, identity, unlike
from nst.film.libraries import opencv

_GRID: Final = 4  # one of so many pixels in each direction is looked at
_FOLLOWS: Final = 0.3  # pixels between a flow that is the camera's and the camera's
_SHARE: Final = 0.3  # of the pixels that must follow it
_NEAR: Final = 1.0  # pixels between the flow and the camera's that replaces it
_AS_GOOD: Final = 6.0  # levels, all channels together, that its colours may be worse by


def steadied(back: Floats, one: Bytes, other: Bytes) -> Floats:
    """Replace the flow by the camera's own motion where that explains the frames as well.

    The flow errs by a tenth of a pixel, and by more where a frame shows nothing to go by; but there
    the painting has strokes, and they would tremble. A camera that pans, turns or comes nearer
    moves all of them by one affine map.

    Args:
        back: from one frame to the other, (height, width, 2).
        one: RGB, (height, width, 3).
        other: the same shape.
    """
    height, width = back.shape[:2]
    grid = identity(height, width)
    there = grid + back
    some = np.s_[_GRID // 2 :: _GRID, _GRID // 2 :: _GRID]
    matrix, follow = opencv().estimateAffine2D(
        grid[some].reshape(-1, 2),
        there[some].reshape(-1, 2),
        method=opencv().RANSAC,
        ransacReprojThreshold=_FOLLOWS,
    )
    if matrix is None or follow.mean() < _SHARE:
        return back
    cameras = (grid @ matrix[:, :2].T + matrix[:, 2] - grid).astype(np.float32)
    near = np.square(cameras - back).sum(axis=2) < _NEAR**2
    as_good = unlike(cameras, one, other) < unlike(back, one, other) + _AS_GOOD
    return np.where((near & as_good)[..., None], cameras, back)
