"""The losses, as pure functions of feature maps.

Feature maps F of a layer have shape (1, c, h, w); N = h·w is the number of positions.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def gram_matrix(feature_maps: Tensor, divisor: float = 1.0) -> Tensor:
    """Gram matrix F·Fᵀ / divisor (Gatys et al. 2016, equation 3).

    Args:
        feature_maps: (1, c, h, w).
        divisor: 1 gives the undivided matrix of the reference recipe, h·w the mean over positions.

    Returns:
        (c, c), float32, symmetric.
    """
    gram, _ = _moments(feature_maps)
    return gram / divisor


def mean_and_covariance(feature_maps: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and covariance of the feature vectors over all positions.

    The centred matrix says which features occur together without the brightness of the picture,
    which a Gram matrix mixes in; flat areas and line drawings need that.

    Args:
        feature_maps: (1, c, h, w).

    Returns:
        The mean (c,) and the covariance (c, c), both float32.
    """
    gram, mean = _moments(feature_maps)
    positions = feature_maps.shape[2] * feature_maps.shape[3]
    return mean, gram / positions - torch.outer(mean, mean)


def squared_error(feature_maps: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference: the content loss of Gatys et al. 2016, equation 1, over its size.

    Args:
        feature_maps: any shape.
        target: the same shape.

    Returns:
        A scalar, float32.
    """
    return _squared_distance(feature_maps, target) / feature_maps.numel()


def relative_error(value: Tensor, target: Tensor, energy: Tensor) -> Tensor:
    """‖value − target‖² / energy: 0 where they agree, about 1 where nothing does.

    Args:
        value: any shape.
        target: the same shape.
        energy: a positive scalar, usually ‖target‖².

    Returns:
        A scalar, float32.
    """
    return _squared_distance(value, target) / energy


def total_variation(image: Tensor) -> Tensor:
    """Mean squared difference of neighbouring pixels (Mahendran and Vedaldi 2015, equation 4, β=2).

    Args:
        image: (1, 3, height, width).

    Returns:
        A scalar, at least 0.
    """
    rows = (image[..., 1:, :] - image[..., :-1, :]).square().mean()
    columns = (image[..., :, 1:] - image[..., :, :-1]).square().mean()
    return rows + columns


def _moments(feature_maps: Tensor) -> tuple[Tensor, Tensor]:
    """F·Fᵀ (c, c) and the mean over positions (c,), both float32."""
    # One row per position: a view, as the maps are channels last in memory.
    rows = feature_maps[0].flatten(1).T
    gram, mean = _Moments.apply(rows)
    return gram, mean


def _squared_distance(value: Tensor, target: Tensor) -> Tensor:
    """‖value − target‖², float32; the target takes no gradient."""
    distance: Tensor = _SquaredDistance.apply(value, target)
    return distance


class _SquaredDistance(torch.autograd.Function):
    """‖a − b‖² in the format of a, summed in float32; two passes over the maps and one back.

    Autograd needs eight, and three times the memory; a difference of two bfloat16 numbers is exact
    where they are near each other, so nothing is gained by converting them first.
    """

    @staticmethod
    def forward(ctx: Any, value: Tensor, target: Tensor) -> Tensor:
        difference = value - target
        ctx.save_for_backward(difference)
        norm: Tensor = torch.linalg.vector_norm(difference, dtype=torch.float32)
        return norm.square()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (difference,) = ctx.saved_tensors
        return difference * (2 * gradients[0]).to(difference.dtype), None


class _Moments(torch.autograd.Function):
    """XᵀX and the column means of X (N, c).

    Autograd would multiply twice in the backward pass, once for each factor; as the matrix is
    symmetric, once is enough. In bfloat16 the products are summed in float32 by the hardware.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(rows)
        return (rows.T @ rows).float(), rows.mean(0, dtype=torch.float32)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (rows,) = ctx.saved_tensors
        gram_gradient, mean_gradient = gradients
        kernel = (gram_gradient + gram_gradient.T).to(rows.dtype)
        shift = (mean_gradient / rows.shape[0]).to(rows.dtype)
        return torch.addmm(shift, rows, kernel)
