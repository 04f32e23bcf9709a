"""Numbers of any type and range as 0 to 255.

| what the numbers are | what becomes of them |
|---|---|
| whole, none below 0, up to 65535 | scaled by the bit depth they fit: 1, 8, 10, 12, 14, 15 or 16 |
| fractions, nearly all within 0 to 1 | times 255; what is above 1 is white |
| fractions, nearly all within 0 to 255 | kept |
| anything else | stretched from the lowest to the highest half percent |

"No data" is left out of these considerations: numbers that are not finite, the number that the file
declares, and a lonely lowest or highest number such as −9999 or −3.4e38.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_DEPTHS: Final = (1, 8, 10, 12, 14, 15, 16)
_SAMPLE: Final = 2**20  # numbers looked at; a part of a picture stands for all of it
_OVERSHOOT: Final = 1.1  # sharpening and resampling leave the range by about so much
_DIM: Final = 64  # numbers that stay below it are not those of a picture of 0 to 255
_LOWEST_SENTINEL: Final = -99
_HIGHEST_SENTINEL: Final = 9999
_EDGE: Final = 0.5  # percent


def to_bytes(values: NDArray[Any], nodata: float | None = None) -> NDArray[np.uint8]:
    """Convert numbers to 0 to 255, the same shape.

    Args:
        values: of any numeric type.
        nodata: the number that means "no measurement"; it comes out black.
    """
    low, high = _range(values, nodata)
    scale = np.float64(255) / max(high - low, 1e-300)
    out = np.empty(values.shape, dtype=np.uint8)
    for row, numbers in enumerate(values):
        part = (numbers.astype(np.float64) - low) * scale
        np.nan_to_num(part, copy=False, nan=0.0, posinf=255.0, neginf=0.0)
        out[row] = np.rint(part.clip(0, 255))
        if nodata is not None:
            out[row][numbers == nodata] = 0
    return out


def _range(values: NDArray[Any], nodata: float | None) -> tuple[float, float]:
    """Return the numbers that become black and white."""
    sample = values.ravel()[:: max(1, values.size // _SAMPLE)].astype(np.float64)
    sample = sample[np.isfinite(sample)]
    if nodata is not None:
        sample = sample[sample != nodata]
    if not sample.size:
        return 0.0, 1.0
    if np.issubdtype(values.dtype, np.integer):
        low, high = float(values.min()), float(values.max())
        if low >= 0 and high < 2**16 and nodata is None:
            return 0.0, next(float(2**depth - 1) for depth in _DEPTHS if high < 2**depth)
    else:
        found = _range_of_fractions(_measured(sample))
        if found:
            return found
    low, high = np.percentile(_measured(sample), (_EDGE, 100 - _EDGE))
    return float(low), float(high)


def _range_of_fractions(sample: NDArray[np.float64]) -> tuple[float, float] | None:
    """Return the customary range that fractions lie in, if they do."""
    low, most, high, top = np.percentile(sample, (_EDGE, 90, 100 - _EDGE, 100))
    if low >= 1 - _OVERSHOOT and most <= _OVERSHOOT:
        return 0.0, 1.0
    if low >= 0 and high <= 255 and _DIM <= top <= 255 * _OVERSHOOT:
        return 0.0, 255.0
    return None


def _measured(sample: NDArray[np.float64]) -> NDArray[np.float64]:
    """Drop a lowest or highest number that stands far from all others."""
    low, high = sample.min(), sample.max()
    if low <= _LOWEST_SENTINEL:
        rest = sample[sample > low]
        if rest.size and 0 < np.ptp(rest) < rest.min() - low:
            sample = rest
    if high >= _HIGHEST_SENTINEL:
        rest = sample[sample < high]
        if rest.size and 0 < np.ptp(rest) < high - rest.max():
            sample = rest
    return sample
