"""Content as squared differences of feature maps (Gatys et al. 2016, section 2.1)."""

from __future__ import annotations

import torch
from torch import Tensor


class MeanSquaredLoss:
    """The mean squared difference to the photo's feature maps (equation 1, over its size).

    Args:
        maps: the photo's, (1, c, h, w).
        weight: of the layer.

    Attributes:
        target: the photo's feature maps.
    """

    def __init__(self, maps: Tensor, weight: float = 1.0) -> None:
        self.target = maps
        self._share = weight / self.divisor(maps)

    def divisor(self, maps: Tensor) -> float:
        """Return what the squared distance to the target `maps` is divided by."""
        return maps.numel()

    def value(self, maps: Tensor) -> Tensor:
        """Return the loss of feature maps, a scalar, float32."""
        return _squared_distance(maps, self.target) * self._share

    def add_gradient(self, gradient: Tensor, maps: Tensor, *, weight: float) -> Tensor:
        """Add the derivative of weight · value to `gradient`, in place; return weight · value."""
        return add_squared_distance(gradient, maps, self.target, weight=weight * self._share)


class RelativeSquaredLoss(MeanSquaredLoss):
    """The squared distance to the photo's feature maps over theirs to their mean.

    ‖F − F_c‖² / ‖F_c − mean‖²: 0 where they agree, 1 where the picture is plain.
    """

    def divisor(self, maps: Tensor) -> float:
        """Return ‖F − mean‖² over positions, with a floor for blank photos."""
        centred = maps - maps.mean((2, 3), keepdim=True, dtype=torch.float32).to(maps.dtype)
        norm = float(torch.linalg.vector_norm(centred, dtype=torch.float32))
        return max(norm**2, 1e-6 * maps.numel())


def squared_error(feature_maps: Tensor, target: Tensor) -> Tensor:
    """Return the mean squared difference of two tensors of one shape, a scalar, float32."""
    return _squared_distance(feature_maps, target) / feature_maps.numel()


def relative_error(value: Tensor, target: Tensor, squared_norm: float) -> Tensor:
    """Return ‖value − target‖² / squared_norm: 0 where they agree, about 1 where nothing does.

    Args:
        value: any shape.
        target: the same shape.
        squared_norm: positive, usually ‖target‖².

    Returns:
        A scalar, float32.
    """
    return _squared_distance(value, target) / squared_norm


def add_squared_distance(
    gradient: Tensor, maps: Tensor, target: Tensor, *, weight: float
) -> Tensor:
    """Add the derivative of weight · ‖F − target‖².

    The difference is taken in the maps' own format: of two bfloat16 numbers it is exact where they
    are near each other, so nothing is gained by converting them first.

    Args:
        gradient: shaped like the maps; the derivative is added to it.
        maps: any shape.
        target: the same shape.
        weight: of the loss, with whatever it is divided by.

    Returns:
        The weighted loss, a scalar, float32.
    """
    difference = maps - target
    gradient.add_(difference, alpha=2 * weight)
    norm: Tensor = torch.linalg.vector_norm(difference, dtype=torch.float32)
    return norm.square() * weight


def _squared_distance(value: Tensor, target: Tensor) -> Tensor:
    """Return ‖value − target‖², float32."""
    return (value - target).float().square().sum()
