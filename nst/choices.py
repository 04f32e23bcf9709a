"""Named choices that options and presets share. Imports nothing heavy."""

from __future__ import annotations

from enum import StrEnum


class Colours(StrEnum):
    """Whose colours the result has (`nst.colour`)."""

    STYLE = "style"  # the style image's, as the losses bring them
    PHOTO = "photo"  # the photo's, put back afterwards: only lightness is the painting's
    HISTOGRAM = "histogram"  # the photo's: the style image gets its histograms beforehand
    COVARIANCE = "covariance"  # the same with its mean and covariance


class Init(StrEnum):
    """What the picture starts from."""

    CONTENT = "content"  # the photo
    NOISE = "noise"  # nothing but chance
    STYLE = "style"  # chance with the style image's mean colour and covariance


class Pooling(StrEnum):
    """How the network halves its feature maps."""

    MAX = "max"  # as it was trained
    AVERAGE = "average"  # smoother gradients (Gatys et al. 2016, section 2)
