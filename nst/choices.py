"""Named choices that options and presets share. Imports nothing heavy."""

from __future__ import annotations

from enum import StrEnum


class Colours(StrEnum):
    """Whose colours the result has (`nst.colour`).

    Attributes:
        STYLE: the style image's, as the losses bring them.
        PHOTO: the photo's, put back afterwards: only lightness is the painting's.
        HISTOGRAM: the photo's: the style image gets its histograms beforehand.
        COVARIANCE: the same with its mean and covariance.
    """

    STYLE = "style"
    PHOTO = "photo"
    HISTOGRAM = "histogram"
    COVARIANCE = "covariance"


class Init(StrEnum):
    """What the picture starts from.

    Attributes:
        CONTENT: the photo.
        NOISE: nothing but chance.
        STYLE: chance with the style image's mean colour and covariance.
    """

    CONTENT = "content"
    NOISE = "noise"
    STYLE = "style"


class Pooling(StrEnum):
    """How the network halves its feature maps.

    Attributes:
        MAX: as it was trained.
        AVERAGE: smoother gradients (Gatys et al. 2016, section 2).
    """

    MAX = "max"
    AVERAGE = "average"
