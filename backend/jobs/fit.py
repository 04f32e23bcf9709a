"""A straight line through what was seen, with the newest counting most."""

from __future__ import annotations

from typing import Final

DECAY: Final = 0.9  # what was seen before counts so much less with each new picture
# Before sizes of several kinds were seen, a picture is taken to need as long as this many more
# megapixels would: coarse scales, loading and encoding cost the same for small and large ones.
OFFSET: Final = 0.05
_DOUBT: Final = 0.02  # weight of that assumption beside what was seen

Sums = list[float]
"""Weighted sums of 1, x, y, x², xy over what was seen: megapixels x, seconds y."""


def with_one(sums: Sums | None, x: float, seconds: float) -> Sums:
    """Return the sums with one more thing seen."""
    y = max(seconds, 1e-3)
    seen = (1.0, x, y, x * x, x * y)
    before = sums or [0.0] * len(seen)
    return [DECAY * old + new / y**2 for old, new in zip(before, seen, strict=True)]


def line(sums: Sums, x: float) -> float:
    """Return the line through what was seen at `x`: a + b·x, least squares, a ≈ b·`OFFSET`."""
    n, sx, sy, sxx, sxy = sums
    doubt = _DOUBT * n
    p, q, r = n + doubt, sx - doubt * OFFSET, sxx + doubt * OFFSET**2
    determinant = p * r - q * q
    a = (r * sy - q * sxy) / determinant
    b = (p * sxy - q * sy) / determinant
    if a < 0 or b < 0:  # noise: then in proportion to the size
        return sy / (sx + n * OFFSET) * (x + OFFSET)
    return a + b * x
