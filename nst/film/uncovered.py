"""A first guess of how a frame is painted where it shows something new."""

from __future__ import annotations

from typing import Final

import numpy as np

from nst.film.flow import Bools, Bytes, Floats
from nst.film.libraries import opencv

_CELL: Final = 8  # pixels a side; what is new is guessed square by square
_MARGIN: Final = 2  # around a square, for finding one that is like it
_REACH: Final = 24  # pixels from a square, in which another one is looked for
_STROKES: Final = 0.25  # how strong they are in the guess; the rest is the photo
_RIDGE: Final = 1e-3


def guessed(picture: Floats, source: Bytes, known: Bools) -> Floats:
    """Fill what is not known of a painting with strokes of the parts nearby that show the like.

    An optimisation of a few steps at the finest scale brings colours and fine grain to a photo, but
    no strokes; so it starts from some. After Hertzmann et al. 2001, "Image analogies".

    Args:
        picture: RGB, 0 to 255, (height, width, 3).
        source: the frame that is painted, of the same size.
        known: where the picture is painted, (height, width).
    """
    coloured = _in_colours(picture, source, known)
    result = np.where(known[..., None], picture, coloured)
    height, width = known.shape
    for top in range(0, height, _CELL):
        for left in range(0, width, _CELL):
            cell = np.s_[top : top + _CELL, left : left + _CELL]
            new = ~known[cell]
            if not new.any():
                continue
            place = _likest(source, known, top, left)
            if place is not None:
                like = np.s_[place[0] : place[0] + new.shape[0], place[1] : place[1] + new.shape[1]]
                shade = (coloured[cell] - coloured[like])[new].mean(axis=0)
                strokes = picture[like][new] + shade
                result[cell][new] += _STROKES * (strokes - result[cell][new])
    return np.asarray(result.clip(0, 255), np.float32)


def _likest(source: Bytes, known: Bools, top: int, left: int) -> tuple[int, int] | None:
    """Return where a square is that shows about the same and is known wherever this one is not."""
    cv2 = opencv()
    height, width = known.shape
    new = (~known[top : top + _CELL, left : left + _CELL]).astype(np.float32)
    # The square with its margin, and the part of the frame where others are looked for.
    above, before = min(_MARGIN, top), min(_MARGIN, left)
    below = min(_MARGIN, height - top - new.shape[0])
    after = min(_MARGIN, width - left - new.shape[1])
    rows = slice(max(0, top - _REACH), min(height, top + new.shape[0] + _REACH))
    columns = slice(max(0, left - _REACH), min(width, left + new.shape[1] + _REACH))
    square = source[
        top - above : top + new.shape[0] + below, left - before : left + new.shape[1] + after
    ]
    cost = cv2.matchTemplate(source[rows, columns], square, cv2.TM_SQDIFF)
    hidden = (~known[rows, columns]).astype(np.float32)
    blocked = cv2.matchTemplate(hidden, new, cv2.TM_CCORR) > 0.5
    blocked = blocked[above : above + cost.shape[0], before : before + cost.shape[1]]
    cost[blocked] = np.inf
    row, column = np.unravel_index(np.argmin(cost), cost.shape)
    if not np.isfinite(cost[row, column]):
        return None
    return rows.start + int(row) + above, columns.start + int(column) + before


def _in_colours(picture: Floats, source: Bytes, known: Bools) -> Floats:
    """Give a frame the colours that its painted part has, by the nearest affine map."""
    photo = np.dstack([source.astype(np.float32) / 255, np.ones(known.shape, np.float32)])
    if known.sum() < photo.shape[2]:
        return source.astype(np.float32)
    given, wanted = photo[known], picture[known]
    ridge = _RIDGE * np.eye(photo.shape[2], dtype=np.float32)
    products = given.T @ given / len(given) + ridge
    colours = np.linalg.solve(products, given.T @ wanted / len(given))
    return np.asarray(photo @ colours, np.float32)
