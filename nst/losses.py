"""The losses, as pure functions of feature maps.

Feature maps F of a layer have shape (1, c, h, w); N = h·w is the number of positions.
"""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor

# Numbers that are summed at a time.
_CHUNK: Final = 2**18


def gram_matrix(feature_maps: Tensor, divisor: float = 1.0, mask: Tensor | None = None) -> Tensor:
    """Gram matrix F·Fᵀ / divisor (Gatys et al. 2016, equation 3).

    Args:
        feature_maps: (1, c, h, w).
        divisor: 1 gives the undivided matrix of the reference recipe, h·w the mean over positions.
        mask: (1, 1, h, w), 0 to 1, not all 0: how much each position counts; the matrix is scaled
            as if all positions were like those (the guided Gram matrix of Gatys et al. 2017,
            "Controlling Perceptual Factors in Neural Style Transfer", section 4).

    Returns:
        (c, c), float32, symmetric.
    """
    gram, _ = _moments(feature_maps, mask)
    return gram / divisor


def mean_and_covariance(feature_maps: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Mean and covariance of the feature vectors over all positions.

    The centred matrix says which features occur together without the brightness of the picture,
    which a Gram matrix mixes in; flat areas and line drawings need that.

    Args:
        feature_maps: (1, c, h, w).
        mask: (1, 1, h, w), 0 to 1, not all 0: how much each position counts.

    Returns:
        The mean (c,) and the covariance (c, c), both float32.
    """
    gram, mean = _moments(feature_maps, mask)
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


def _moments(feature_maps: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """F·Fᵀ (c, c) and the mean over positions (c,), both float32.

    A mask weighs the positions so that their weights still sum to h·w.
    """
    # One row per position: a view, as the maps are channels last in memory. (Indexing instead of
    # squeezing would copy the gradient on the way back.)
    rows = feature_maps.squeeze(0).flatten(1).T
    if mask is None:
        gram, mean = _Moments.apply(rows)
        return gram, mean
    weights = (mask / mask.mean()).flatten()[:, None]
    gram, _ = _Moments.apply(rows * weights.sqrt().to(rows.dtype))
    return gram, (rows.float() * weights).mean(0)


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


def _mean(rows: Tensor) -> Tensor:
    """The mean of the rows, (N, c) → (c,), float32."""
    if rows.is_cuda:
        return rows.mean(0, dtype=torch.float32)
    # On a CPU, PyTorch converts everything before it sums; what fits into a cache, several times
    # faster and without memory for all of it.
    parts = torch.split(rows, max(1, _CHUNK // rows.shape[1]))
    return torch.stack([part.sum(0, dtype=torch.float32) for part in parts]).sum(0) / rows.shape[0]


class _Moments(torch.autograd.Function):
    """XᵀX and the column means of X (N, c).

    Autograd would multiply twice in the backward pass, once for each factor; as the matrix is
    symmetric, once is enough. In bfloat16 the products are summed in float32 by the hardware.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(rows)
        return (rows.T @ rows).float(), _mean(rows)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (rows,) = ctx.saved_tensors
        gram_gradient, mean_gradient = gradients
        kernel = (gram_gradient + gram_gradient.T).to(rows.dtype)
        shift = (mean_gradient / rows.shape[0]).to(rows.dtype)
        return torch.addmm(shift, rows, kernel)
