"""Style as means and covariances of features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import torch
from torch import Tensor

from nst.losses.features import add_product, feature_mean, gram_matrix, squared_norm
from nst.losses.gram import weighted_sum

# A nearly plain style has no spread to speak of: its mean counts at most so many times as much.
_MOST: Final = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class StatisticsLoss:
    """Errors of mean and covariance, each relative to the squared norm of its target.

    ‖μ − μₛ‖²/‖μₛ‖² + ‖C − Cₛ‖²/‖Cₛ‖². The centred matrix tells which features occur together
    without the brightness of the picture, which a Gram matrix mixes in; flat areas and line
    drawings need that.

    Attributes:
        mean: μₛ, (c,), float32.
        covariance: Cₛ, (c, c), float32.
        mean_norm: ‖μₛ‖².
        covariance_norm: ‖Cₛ‖².
    """

    mean: Tensor
    covariance: Tensor
    mean_norm: float
    covariance_norm: float

    @classmethod
    def of(cls, maps: Tensor) -> Self:
        """Take the target from a style image's feature maps."""
        return cls._with_norms(*mean_and_covariance(maps))

    @classmethod
    def mixed(cls, losses: Sequence[Self], shares: Sequence[float]) -> Self:
        """Return the statistics of a picture of which each style covers its share.

        Means are averaged; to the mean covariance comes the covariance of the styles' means.
        """
        means = torch.stack([loss.mean for loss in losses])
        weights = torch.tensor(shares, device=means.device)
        mean = weights @ means
        covariance = weighted_sum([loss.covariance for loss in losses], shares)
        apart = means - mean
        return cls._with_norms(mean, covariance + (apart * weights[:, None]).T @ apart)

    @property
    def target(self) -> tuple[Tensor, ...]:
        """Mean and covariance."""
        return self.mean, self.covariance

    def value(self, maps: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the loss of feature maps (1, c, h, w), a scalar."""
        mean, covariance = mean_and_covariance(maps, mask)
        of_mean = (mean - self.mean).square().sum() / self.mean_norm
        return of_mean + (covariance - self.covariance).square().sum() / self.covariance_norm

    def add_gradient(
        self, gradient: Tensor, maps: Tensor, *, weight: float, mask: Tensor | None = None
    ) -> Tensor:
        """Add the derivative of weight · value to `gradient`, in place; return weight · value."""
        return add_statistics_error(
            gradient,
            maps,
            self.mean,
            self.covariance,
            mean_weight=weight / self.mean_norm,
            covariance_weight=weight / self.covariance_norm,
            mask=mask,
        )

    @classmethod
    def _with_norms(cls, mean: Tensor, covariance: Tensor) -> Self:
        # A blank style image has no variance; an absolute floor keeps its relative errors finite.
        floor = 1e-6 * covariance.shape[0]
        return cls(
            mean=mean,
            covariance=covariance,
            mean_norm=max(floor, float(mean.square().sum())),
            covariance_norm=max(floor, float(covariance.square().sum())),
        )


class StandardisedStatisticsLoss(StatisticsLoss):
    """Errors of mean and covariance, both relative to the spread of the style's features.

    ‖μ − μₛ‖²/‖Cₛ‖ + ‖C − Cₛ‖²/‖Cₛ‖². What a mean is off by is seen beside how much features vary:
    in deep layers, where they are seldom there, that is a few times their mean.
    """

    __slots__ = ()

    @classmethod
    def _with_norms(cls, mean: Tensor, covariance: Tensor) -> Self:
        found = super()._with_norms(mean, covariance)
        spread = math.sqrt(found.covariance_norm)
        return replace(found, mean_norm=max(spread, found.mean_norm / _MOST))


def mean_and_covariance(feature_maps: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return mean and covariance of the feature vectors over all positions.

    Args:
        feature_maps: (1, c, h, w).
        mask: (1, 1, h, w), 0 to 1, not all 0: how much each position counts.

    Returns:
        The mean (c,) and the covariance (c, c), both float32.
    """
    mean = feature_mean(feature_maps, mask)
    positions = feature_maps.shape[2] * feature_maps.shape[3]
    return mean, gram_matrix(feature_maps, positions, mask) - torch.outer(mean, mean)


def add_statistics_error(
    gradient: Tensor,
    maps: Tensor,
    mean_target: Tensor,
    covariance_target: Tensor,
    *,
    mean_weight: float,
    covariance_weight: float,
    mask: Tensor | None = None,
) -> Tensor:
    """Add the derivative of mean_weight · ‖μ − target‖² + covariance_weight · ‖C − target‖².

    With C = F·Fᵀ/N − μ·μᵀ and the error E = C − target, the derivative by F·Fᵀ is
    2·covariance_weight·E/N, and that by μ is 2·mean_weight·(μ − target) − 4·covariance_weight·E·μ.

    Args:
        gradient: shaped like the maps; the derivative is added to it.
        maps: (1, c, h, w).
        mean_target: (c,), float32.
        covariance_target: (c, c), float32.
        mean_weight: of the means' error, with whatever it is divided by.
        covariance_weight: of the covariances'.
        mask: (1, 1, h, w), see `mean_and_covariance`.

    Returns:
        The weighted loss, a scalar, float32.
    """
    positions = maps.shape[2] * maps.shape[3]
    gram, mean = gram_matrix(maps, mask=mask), feature_mean(maps, mask)
    opposite = torch.addr(covariance_target, mean, mean).sub_(gram, alpha=1 / positions)  # −E
    apart = mean - mean_target
    by_gram = opposite * (-4 * covariance_weight / positions)
    beta, alpha = 2 * mean_weight / positions, 4 * covariance_weight / positions
    by_mean = torch.addmv(apart, opposite, mean, beta=beta, alpha=alpha)
    add_product(gradient, maps, by_gram, by_mean, mask)
    return (squared_norm(opposite) * covariance_weight).add_(squared_norm(apart), alpha=mean_weight)
