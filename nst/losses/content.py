"""Content as squared differences of feature maps (Gatys et al. 2016, section 2.1)."""

from __future__ import annotations

import torch
from torch import Tensor

from nst.losses.features import feature_mean, squared_norm


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


class CosineLoss:
    """The squared distance to the photo's feature maps, each centred and scaled to length 1.

    ‖F'/‖F'‖ − F_c'/‖F_c'‖‖² = 2 − 2·cos(F', F_c') with F' = F − mean over positions: 0 where the
    maps rise and fall alike, about 2 where nothing of the photo is left. How strong features are
    and how far they spread is free, for that belongs to the style: its means and covariances need
    not give way to the photo's.

    Args:
        maps: the photo's, (1, c, h, w).
        weight: of the layer.
        amplitude: weight of `RelativeSquaredLoss` beside it, for those who want the photo's own
            colours and contrasts.

    Attributes:
        target: the photo's feature maps, centred.
    """

    def __init__(self, maps: Tensor, weight: float = 1.0, *, amplitude: float = 0.0) -> None:
        self._mean = feature_mean(maps)
        self.target = maps - self._mean.view(1, -1, 1, 1).to(maps.dtype)
        self._weight, self._amplitude = weight, amplitude
        # Of blank photos and pictures: a floor keeps their cosine finite.
        self._floor = 1e-6 * maps.numel()
        self._square = _square(self.target)
        self._length = self._square.clamp_min(self._floor).sqrt()

    def value(self, maps: Tensor) -> Tensor:
        """Return the loss of feature maps, a scalar, float32."""
        mean = maps.float().mean((2, 3), keepdim=True)
        centred = maps.float() - mean
        length = centred.square().sum().clamp_min(self._floor).sqrt()
        cosine = (centred * self.target.float()).sum() / (length * self._length)
        apart = centred - self.target.float() + mean - self._mean.view(1, -1, 1, 1)
        relative = apart.square().sum() / self._length.square()
        return (2 - 2 * cosine + self._amplitude * relative) * self._weight

    def add_gradient(self, gradient: Tensor, maps: Tensor, *, weight: float) -> Tensor:
        """Add the derivative of weight · value to `gradient`, in place; return weight · value.

        That of 2 − 2·cos is 2·(cos·F'/‖F'‖ − F_c'/‖F_c'‖)/‖F'‖, whose mean over positions is 0.
        """
        weight = weight * self._weight
        positions = maps.shape[2] * maps.shape[3]
        mean, apart = feature_mean(maps), maps - self.target
        square, distance = _square(maps), _square(apart)
        product = (square + self._square - distance) / 2
        length = (square - positions * squared_norm(mean)).clamp_min(self._floor).sqrt()
        cosine = product / (length * self._length)
        of_maps = 2 * weight * cosine / length.square()
        of_target = of_maps - 2 * weight / (length * self._length)
        relative = self._amplitude * weight / self._length.square()
        both = squared_norm(self._mean) - 2 * torch.dot(mean, self._mean)
        gradient.addcmul_(apart, (of_maps + 2 * relative).to(maps.dtype))
        gradient.addcmul_(self.target, of_target.to(maps.dtype))
        shift = of_maps * mean + 2 * relative * self._mean
        gradient.sub_(shift.view(1, -1, 1, 1).to(maps.dtype))
        return weight * (2 - 2 * cosine) + relative * (distance + positions * both)


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
    return _square(difference) * weight


def _square(tensor: Tensor) -> Tensor:
    """Return the sum of squares, float32."""
    norm: Tensor = torch.linalg.vector_norm(tensor, dtype=torch.float32)
    return norm.square()


def _squared_distance(value: Tensor, target: Tensor) -> Tensor:
    """Return ‖value − target‖², float32."""
    return (value - target).float().square().sum()
