"""Colour spaces that files declare without an ICC profile, and the way from them to sRGB.

Sources: ITU-T H.273 (code points of cICP and nclx), ITU-R BT.2100 (PQ and HLG), ITU-R BT.2408
(203 cd/m² as the white of ordinary pictures), IEC 61966-2-1 (sRGB), Adobe RGB (1998).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
# x and y of red, green, blue and white.
Chromaticities = tuple[float, ...]

_D65: Final = (0.3127, 0.329)
SRGB: Final[Chromaticities] = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, *_D65)
_PRIMARIES: Final[dict[int, Chromaticities]] = {
    1: SRGB,
    4: (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.310, 0.316),
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *_D65),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65),
    7: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_D65),
}
_PQ: Final = 16
_HLG: Final = 18
_WHITE_NITS: Final = 203.0
_HLG_PEAK_NITS: Final = 1000.0
_KNEE: Final = 0.8  # up to here a tone-mapped picture keeps its light
_TOE: Final = 0.06  # of a pixel's strongest channel: below that, others approach 0 slowly
_PIXELS_AT_A_TIME: Final = 2**19  # keeps what is in work at once near 50 MB
_BRADFORD: Final = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)

Transfer = Callable[[NDArray[Any]], NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourSpace:
    """How stored numbers, 0 to 1, become light.

    Attributes:
        primaries: x and y of red, green, blue and white.
        transfer: from stored numbers to linear light, where 1 is white.
        hdr: light may go beyond white and is tone-mapped.
    """

    primaries: Chromaticities
    transfer: Transfer
    hdr: bool = False


def from_cicp(primaries: int, transfer: int) -> ColourSpace | None:
    """Return the colour space of two code points of ITU-T H.273.

    Returns:
        None where sRGB is meant, or something unknown that is best shown as sRGB. The transfers of
        video (BT.601, BT.709, BT.2020) are shown as sRGB's, as gallery applications do.
    """
    chromaticities = _PRIMARIES.get(primaries, SRGB)
    curve = _TRANSFERS.get(transfer, srgb_to_linear)
    if chromaticities == SRGB and curve is srgb_to_linear:
        return None
    return ColourSpace(primaries=chromaticities, transfer=curve, hdr=transfer in {_PQ, _HLG})


def from_gamma(gamma: float | None, chromaticities: Chromaticities | None) -> ColourSpace | None:
    """Return the colour space of PNG's gAMA (0.45455 if like sRGB) and cHRM; None for sRGB."""
    usual = gamma is None or not 0.1 <= gamma <= 5 or abs(gamma - 1 / 2.2) < 0.01
    primaries = chromaticities or SRGB
    try:
        moved = np.abs(_to_srgb_primaries(primaries) - np.eye(3)).max() > 0.02
    except np.linalg.LinAlgError:  # colours on one line: nonsense
        primaries, moved = SRGB, False
    if usual and not moved:
        return None
    curve = srgb_to_linear if usual or gamma is None else partial(_power, exponent=1 / gamma)
    return ColourSpace(primaries=primaries, transfer=curve)


def to_srgb(values: NDArray[Any], white: float, space: ColourSpace) -> NDArray[np.uint8]:
    """Convert stored numbers to sRGB.

    Args:
        values: (height, width) for grey or (height, width, 3).
        white: the stored number that is 1.
        space: what they mean.

    Returns:
        (height, width, 3), 0 to 255.
    """
    if values.ndim == 2:
        values = values[..., None]
    matrix = _to_srgb_primaries(space.primaries).astype(np.float32).T
    linear = _linear_table(values, white, space.transfer)
    step = max(1, round((values.shape[0] * values.shape[1] / 2**18) ** 0.5))
    toned = space.hdr and _peak(linear(values[::step, ::step]) @ _fit(matrix, values)) > 1.02
    out = np.empty((*values.shape[:2], 3), dtype=np.uint8)
    rows = max(1, _PIXELS_AT_A_TIME // values.shape[1])
    for top in range(0, values.shape[0], rows):
        light = linear(values[top : top + rows]) @ _fit(matrix, values)
        if toned:
            light = _tone_map(light)
        if space.hdr:
            light = _into_gamut(light)
        out[top : top + rows] = encode(light)
    return out


def encode(light: NDArray[Any]) -> NDArray[np.uint8]:
    """Convert linear light to sRGB numbers; clip what is below 0 or above 1."""
    steps = np.rint(np.clip(light, 0, 1) * (len(_ENCODED) - 1)).astype(np.uint16)
    encoded: NDArray[np.uint8] = _ENCODED[steps]
    return encoded


def srgb_to_linear(values: NDArray[Any]) -> NDArray[Any]:
    """Convert sRGB numbers to light, both 0 to 1."""
    linear: NDArray[Any] = np.where(
        values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4
    )
    return linear


def identity(values: NDArray[Any]) -> NDArray[Any]:
    """Return numbers that are light already."""
    return values


def _power(values: NDArray[Any], *, exponent: float) -> NDArray[Any]:
    linear: NDArray[Any] = values**exponent
    return linear


def _perceptual_quantizer(values: NDArray[Any]) -> NDArray[Any]:
    """Convert BT.2100's PQ to light, where 1 is 203 cd/m²."""
    root = values ** (1 / 78.84375)
    ratio = np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)
    light: NDArray[Any] = 10_000 / _WHITE_NITS * ratio ** (1 / 0.1593017578125)
    return light


def _hybrid_log_gamma(values: NDArray[Any]) -> NDArray[Any]:
    """Convert BT.2100's HLG to light on a display of 1000 cd/m², where 1 is 203 cd/m².

    The system gamma of 1.2 is applied channel by channel: greys are exact, strong colours close.
    """
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(values <= 0.5, values**2 / 3, (np.exp((values - c) / a) + b) / 12)
    light: NDArray[Any] = _HLG_PEAK_NITS / _WHITE_NITS * scene**1.2
    return light


_TRANSFERS: Final[dict[int, Transfer]] = {
    4: partial(_power, exponent=2.2),
    5: partial(_power, exponent=2.8),
    8: identity,
    _PQ: _perceptual_quantizer,
    17: partial(_power, exponent=2.6),
    _HLG: _hybrid_log_gamma,
}
ADOBE_RGB: Final = ColourSpace(
    primaries=(0.64, 0.33, 0.21, 0.71, 0.15, 0.06, *_D65),
    transfer=partial(_power, exponent=563 / 256),
)
LINEAR_HDR: Final = ColourSpace(primaries=SRGB, transfer=identity, hdr=True)


def _sixteen_bit_table() -> NDArray[np.uint8]:
    light = np.linspace(0, 1, 2**16)
    encoded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    table: NDArray[np.uint8] = np.rint(encoded * 255).astype(np.uint8)
    return table


_ENCODED: Final = _sixteen_bit_table()


def _linear_table(
    values: NDArray[Any], white: float, transfer: Transfer
) -> Callable[[NDArray[Any]], Floats]:
    """Make a table of the transfer where there are few different numbers, else compute it."""
    if np.issubdtype(values.dtype, np.unsignedinteger) and values.dtype.itemsize <= 2:
        numbers = np.arange(np.iinfo(values.dtype).max + 1) / white
        table = transfer(numbers.clip(0, 1)).astype(np.float32)
        return lambda part: table[part]
    return lambda part: np.asarray(transfer(part.astype(np.float32) / white), dtype=np.float32)


def _fit(matrix: Floats, values: NDArray[Any]) -> Floats:
    """Return the matrix for colours; for grey, which stays grey, one that repeats it."""
    return matrix if values.shape[2] == 3 else np.ones((1, 3), dtype=np.float32)


def _peak(light: Floats) -> float:
    return float(np.percentile(light.max(axis=-1), 99.9))


def _strongest(light: Floats) -> Floats:
    """Return the strongest channel of each pixel, (height, width, 1); far faster than `max`."""
    strongest: Floats = np.maximum(np.maximum(light[..., 0], light[..., 1]), light[..., 2])
    return strongest[..., None]


def _tone_map(light: Floats) -> Floats:
    """Roll off what is brighter than the knee towards white, keeping hue."""
    top = np.maximum(_strongest(light), np.float32(_KNEE))
    room = np.float32(1 - _KNEE)
    rolled: Floats = np.float32(_KNEE) + room * (1 - np.exp((np.float32(_KNEE) - top) / room))
    toned: Floats = np.asarray(light * (rolled / top), dtype=np.float32)
    return toned


def _into_gamut(light: Floats) -> Floats:
    """Bring colours that sRGB lacks, whose weakest channel is below 0, softly to its edge."""
    toe = np.maximum(_strongest(light) * np.float32(_TOE), np.float32(1e-9))
    curved: Floats = toe * np.exp(np.minimum(light / toe - 1, 0))
    return np.where(light < toe, curved, light)


def _to_srgb_primaries(primaries: Chromaticities) -> NDArray[np.float64]:
    """Return the matrix from linear light in `primaries` to linear sRGB."""
    ours, theirs = _to_xyz(SRGB), _to_xyz(primaries)
    adapted = np.eye(3)
    if primaries[6:] != SRGB[6:]:
        wanted, found = (_BRADFORD @ each.sum(axis=1) for each in (ours, theirs))
        adapted = np.linalg.inv(_BRADFORD) @ np.diag(wanted / found) @ _BRADFORD
    matrix: NDArray[np.float64] = np.linalg.inv(ours) @ adapted @ theirs
    return matrix


def _to_xyz(primaries: Chromaticities) -> NDArray[np.float64]:
    points = np.array(primaries).reshape(4, 2)
    if (points[:, 1] <= 0).any():
        raise np.linalg.LinAlgError("no light")
    xyz = np.array([(x / y, 1, (1 - x - y) / y) for x, y in points]).T
    matrix: NDArray[np.float64] = xyz[:, :3] * np.linalg.solve(xyz[:, :3], xyz[:, 3])
    return matrix
