"""The outermost pixels of a picture, which fewer positions of the network see than all others."""

from __future__ import annotations

from typing import Final

from torch import Tensor

# Of an inner step, so that rounding leaves no frame either.
_LONGEST_STEP: Final = 0.9


def without_frame(picture: Tensor) -> Tensor:
    """Return a picture whose outermost pixels are no further from their neighbours than inner ones.

    Little holds them: what is left over by the optimisation gathers there, as a frame of one pixel.

    Args:
        picture: (1, 3, h, w); a side below four pixels stays as it is.
    """
    picture = picture.clone()
    for axis in (2, 3):
        last = picture.shape[axis] - 1
        if last < 3:
            continue
        inner = picture.narrow(axis, 1, last - 1).diff(dim=axis).abs().mean()
        for edge, beside in ((0, 1), (last, last - 1)):
            outermost, neighbours = picture.narrow(axis, edge, 1), picture.narrow(axis, beside, 1)
            step = outermost - neighbours
            share = (_LONGEST_STEP * inner / step.abs().mean().clamp_min(1e-6)).clamp_max(1.0)
            outermost.copy_(neighbours + share * step)
    return picture
