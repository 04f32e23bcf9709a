"""Optical flow between two frames, and where it can be trusted."""

from __future__ import annotations

from itertools import product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nst.film.libraries import opencv

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]

# Flow is looked for at this longest side at most: it is smooth, and enlarging it loses little.
_LONGEST_SIDE: Final = 1024
_SMALLEST_SIDE: Final = 16  # smaller frames have no flow that DIS could find
# Ruder et al. 2016, equations 5 and 6.
_OCCLUDED: Final = (0.01, 0.5)
_BOUNDARY: Final = (0.01, 0.02)
_TAPS: Final = 24  # pixels on either side, of which one between them is made
_KAISER: Final = 5.0  # the shape of the window, Kaiser's β
_AROUND: Final = 5  # pixels from a pixel, whose flow may be its own
_BETTER: Final = 6.0  # levels that another flow must be better by


def optical_flow(one: Bytes, other: Bytes) -> Floats:
    """Return how far each pixel of one frame is from its place in the other.

    Dense inverse search (Kroeger, Timofte, Dai and Van Gool 2016), as OpenCV has it.

    Args:
        one: grey, (height, width).
        other: the same shape.

    Returns:
        (height, width, 2), x and y in pixels: the pixel at p is at p + flow(p) in the other frame.
    """
    cv2 = opencv()
    height, width = one.shape
    factor = min(1.0, _LONGEST_SIDE / max(height, width))
    if factor < 1:
        size = max(1, round(width * factor)), max(1, round(height * factor))
        one, other = (cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in (one, other))
    if min(one.shape) < _SMALLEST_SIDE:
        return np.zeros((height, width, 2), np.float32)
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    search.setFinestScale(0 if factor == 1 else 1)
    flow = search.calc(one, other, None)
    if factor < 1:
        scale = np.array([width / flow.shape[1], height / flow.shape[0]], np.float32)
        flow = cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR) * scale
    return np.asarray(flow, np.float32)


def refined(back: Floats, one: Bytes, other: Bytes) -> Floats:
    """Let pixels at the edge of what moves follow the side that they show.

    The flow is smooth, and so it is in between there. Of a pixel's own flow and those of pixels
    around it, the one is taken that leads to the same colours.

    Args:
        back: from one frame to the other, (height, width, 2).
        one: RGB, (height, width, 3).
        other: the same shape.
    """
    best, least = back.copy(), unlike(back, one, other)
    for right, down in product((-_AROUND, 0, _AROUND), repeat=2):
        found = _shifted(back, np.array([[1, 0, right], [0, 1, down]], np.float32))
        error = unlike(found, one, other)
        better = error < least - _BETTER
        best[better], least[better] = found[better], error[better]
    return best


def _shifted(flow: Floats, shift: Floats) -> Floats:
    cv2 = opencv()
    height, width = flow.shape[:2]
    border = cv2.BORDER_REPLICATE
    return np.asarray(cv2.warpAffine(flow, shift, (width, height), borderMode=border))


def unlike(back: Floats, one: Bytes, other: Bytes) -> Floats:
    """Return how far the colours of a frame are from where they are in another one.

    Args:
        back: from one frame to the other, (height, width, 2).
        one: RGB, (height, width, 3).
        other: the same shape.

    Returns:
        Levels, all channels together, mean of 3 × 3 pixels, (height, width).
    """
    difference = np.abs(moved(other.astype(np.float32), places(back)) - one).sum(axis=2)
    return np.asarray(opencv().blur(difference, (3, 3)))


def trusted(back: Floats, forth: Floats, alike: Bools | None = None) -> Bools:
    """Tell where a frame shows what the earlier one showed, and the flow says where that was.

    Flow forward and backward must agree, and edges of what moves are left out where colours are
    not alike (Ruder et al. 2016, section 5.1). Their bound for edges, 0.002, is for flow that was
    smoothed by an optimiser; it would call every zoom and turn an edge.

    Args:
        back: from the frame to the earlier one, (height, width, 2).
        forth: from the earlier one to the frame.
        alike: where the colours are the same there; nowhere if None.
    """
    there = places(back)
    returned = moved(forth, there)
    share, floor = _OCCLUDED
    lengths = _squares(returned) + _squares(back)
    agree = _squares(back + returned) <= share * lengths + floor
    rows, columns = _slopes(back)
    share, floor = _BOUNDARY
    edges = _squares(rows) + _squares(columns) > share * _squares(back) + floor
    if alike is not None:
        edges &= ~alike
    result: Bools = agree & ~edges & inside(there)
    return result


def places(flow: Floats) -> Floats:
    """Return where the pixels are in the other frame, (height, width, 2), x and y."""
    rows, columns = np.indices(flow.shape[:2], dtype=np.float32)
    return np.dstack([columns, rows]) + flow


def identity(height: int, width: int) -> Floats:
    """Return each pixel's own place, (height, width, 2)."""
    return places(np.zeros((height, width, 2), np.float32))


def inside(there: Floats) -> Bools:
    """Tell which places lie within the frame."""
    height, width = there.shape[:2]
    limits = np.array([width - 1, height - 1], np.float32)
    # Half a pixel beyond is still nearest to the frame's own border.
    return np.asarray(((there >= -0.5) & (there <= limits + 0.5)).all(axis=2))


def resampled(picture: Floats, there: Floats) -> Floats:
    """Return a picture at other places with all of its fine grain.

    Polynomials of the third degree lose a third of it at half pixels, and a painting without its
    grain is judged to be in another style. So the picture is made twice as large first. If it
    shrinks, it is blurred by as much as keeps its grain from turning into specks; if it grows, it
    is sharpened by as much.

    Args:
        picture: (height, width, channels).
        there: (height, width, 2), where to look.
    """
    cv2 = opencv()
    fine = np.asarray(cv2.transpose(_doubled(cv2.transpose(_doubled(picture)))))
    shrinks = 1 / float(np.median(enlargement(there))) - 1
    share = min(0.25, max(-0.1, shrinks))
    soft = np.array([share, 1 - 2 * share, share], np.float32)
    fine = cv2.sepFilter2D(fine, -1, soft, soft, borderType=cv2.BORDER_REFLECT)
    return np.asarray(moved(fine, 2 * there, degree=8))


def _doubled(picture: Floats) -> Floats:
    """Put a pixel between each and the next in its row: Shannon's interpolation, windowed."""
    cv2 = opencv()
    away = np.arange(-_TAPS, _TAPS) + 0.5
    taps = (np.sinc(away) * np.kaiser(2 * _TAPS, _KAISER)).astype(np.float32)[None]
    taps /= taps.sum()
    border = cv2.BORDER_REFLECT
    between = cv2.filter2D(picture, -1, taps, anchor=(_TAPS - 1, 0), borderType=border)
    height, width = picture.shape[:2]
    return np.asarray(np.stack([picture, between], 2).reshape(height, 2 * width, -1))


def moved(values: NDArray[Any], there: Floats, *, degree: int = 1) -> NDArray[Any]:
    """Return the values at other places.

    Args:
        values: (height, width) or with channels; bytes or floats.
        there: (height, width, 2), where to look.
        degree: of the polynomials between the pixels: 0 for the nearest one, 1 or 3; 8 for
            Lanczos' filter of 8 × 8 pixels.
    """
    cv2 = opencv()
    how = {
        0: cv2.INTER_NEAREST,
        1: cv2.INTER_LINEAR,
        3: cv2.INTER_CUBIC,
        8: cv2.INTER_LANCZOS4,
    }[degree]
    found: NDArray[Any] = cv2.remap(values, there, None, how, borderMode=cv2.BORDER_REPLICATE)
    return found


def enlargement(there: Floats) -> Floats:
    """Return how much larger things are than where they are taken from, as a ratio of areas."""
    rows, columns = _slopes(there)
    area = np.abs(columns[..., 0] * rows[..., 1] - columns[..., 1] * rows[..., 0])
    return np.asarray(1 / np.maximum(area, 1e-3), np.float32)


def _squares(vectors: Floats) -> Floats:
    result: Floats = np.square(vectors).sum(axis=-1)
    return result


def _slopes(field: Floats) -> tuple[Floats, Floats]:
    """Return how a field changes from row to row, and from column to column."""
    rows, columns = np.gradient(field, axis=(0, 1))
    return np.asarray(rows), np.asarray(columns)
