"""The losses: one class each, beside the pure functions of its formula.

A preset names its losses by where their classes are, as `module:Class`, so that a new loss is a
new file and a line in `nst.presets`. Three kinds are asked for: what a style image's feature maps
have in common (`StyleLoss`), how far feature maps are from the photo's (`ContentLoss`), and what a
picture is like by itself (`PictureLoss`). `TemporalLoss` belongs to films, whichever the preset.

Every class has its loss twice: `value` is the formula, which autograd can differentiate, and
`add_gradient` the derivative written out, with which pictures are painted. Autograd would need a
handful of small operations for each of them, and several passes over the feature maps; on a GPU
the small operations are what an evaluation of a small picture costs. Tests compare the two.

Feature maps F of a layer have shape (1, c, h, w), with channels first or last in memory; N = h·w is
the number of positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

from torch import Tensor

from nst.losses.chroma import ChromaVariationLoss
from nst.losses.content import (
    CosineLoss,
    MeanSquaredLoss,
    RelativeSquaredLoss,
    add_squared_distance,
    relative_error,
    squared_error,
)
from nst.losses.features import feature_mean, gram_matrix
from nst.losses.gram import GramLoss, add_gram_error
from nst.losses.statistics import (
    StandardisedStatisticsLoss,
    StatisticsLoss,
    add_statistics_error,
    mean_and_covariance,
)
from nst.losses.temporal import TemporalLoss
from nst.losses.total_variation import TotalVariationLoss, add_total_variation, total_variation

__all__ = [
    "ChromaVariationLoss",
    "ContentLoss",
    "CosineLoss",
    "GramLoss",
    "MeanSquaredLoss",
    "PictureLoss",
    "RelativeSquaredLoss",
    "StandardisedStatisticsLoss",
    "StatisticsLoss",
    "StyleLoss",
    "TemporalLoss",
    "TotalVariationLoss",
    "add_gram_error",
    "add_squared_distance",
    "add_statistics_error",
    "add_total_variation",
    "feature_mean",
    "gram_matrix",
    "mean_and_covariance",
    "relative_error",
    "squared_error",
    "total_variation",
]


class StyleLoss(Protocol):
    """The style of one image, or of several mixed, at one layer; or of the pictures themselves."""

    @classmethod
    def of(cls, maps: Tensor) -> Self:
        """Take the target from a style image's feature maps, (1, c, h, w)."""

    @classmethod
    def mixed(cls, losses: Sequence[Self], shares: Sequence[float]) -> Self:
        """Return the loss for several styles at once, each with its share; shares sum to 1."""

    @property
    def target(self) -> tuple[Tensor, ...]:
        """The statistics of the style image, on its device; they take all the memory."""

    def value(self, maps: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the loss of feature maps, a scalar that autograd can differentiate.

        Args:
            maps: (1, c, h, w).
            mask: (1, 1, h, w), 0 to 1, not all 0: how much each position counts.
        """

    def add_gradient(
        self, gradient: Tensor, maps: Tensor, *, weight: float, mask: Tensor | None = None
    ) -> Tensor:
        """Add the derivative of weight · value to `gradient`, in place; return weight · value.

        Args:
            gradient: shaped like the maps.
            maps: (1, c, h, w).
            weight: of this loss in the total.
            mask: as in `value`.
        """


class ContentLoss(Protocol):
    """The content of one photo at one layer.

    Args:
        maps: the photo's feature maps, (1, c, h, w).
        weight: of this layer beside the others; a factor of `value`.
    """

    def __init__(self, maps: Tensor, weight: float) -> None: ...

    def value(self, maps: Tensor) -> Tensor:
        """Return the loss of feature maps, a scalar that autograd can differentiate."""

    def add_gradient(self, gradient: Tensor, maps: Tensor, *, weight: float) -> Tensor:
        """Add the derivative of weight · value to `gradient`, in place; return weight · value."""


class PictureLoss(Protocol):
    """A term of the total that looks at the picture itself.

    Args:
        photo: the photo at the picture's size, (1, 3, height, width), normalised.
    """

    def __init__(self, photo: Tensor) -> None: ...

    def value(self, picture: Tensor) -> Tensor:
        """Return the loss of a picture, a scalar that autograd can differentiate."""

    def add_gradient(self, gradient: Tensor, picture: Tensor, *, weight: float) -> Tensor:
        """Add the derivative of weight · value to `gradient`, in place; return weight · value."""
