"""The losses, as pure functions of feature maps.

Feature maps F of a layer have shape (1, c, h, w); N = h·w is the number of positions. All can be
differentiated by autograd; `nst.gradients` has the derivatives that a painting is made with.
"""

from __future__ import annotations

from typing import Final

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
    rows = position_rows(feature_maps)
    if mask is not None:
        rows = rows * position_weights(mask).sqrt().to(rows.dtype)
    gram = _product(rows)
    return gram if divisor == 1 else gram / divisor


def feature_mean(feature_maps: Tensor, mask: Tensor | None = None) -> Tensor:
    """Mean of the feature vectors over all positions.

    Args:
        feature_maps: (1, c, h, w).
        mask: (1, 1, h, w), 0 to 1, not all 0: how much each position counts.

    Returns:
        (c,), float32.
    """
    rows = position_rows(feature_maps)
    if mask is not None:
        return (rows.float() * position_weights(mask)).mean(0)
    if _sums_in_float32(rows):
        ones = rows.new_ones(1, rows.shape[0])
        return torch.mm(ones, rows, out_dtype=torch.float32).squeeze(0) / rows.shape[0]
    if rows.is_cuda:
        return rows.mean(0, dtype=torch.float32)
    # On a CPU, PyTorch converts everything before it sums; what fits into a cache, several times
    # faster and without memory for all of it.
    parts = torch.split(rows, max(1, _CHUNK // rows.shape[1]))
    return torch.stack([part.sum(0, dtype=torch.float32) for part in parts]).sum(0) / rows.shape[0]


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
    mean = feature_mean(feature_maps, mask)
    positions = feature_maps.shape[2] * feature_maps.shape[3]
    return mean, gram_matrix(feature_maps, positions, mask) - torch.outer(mean, mean)


def squared_error(feature_maps: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference: the content loss of Gatys et al. 2016, equation 1, over its size.

    Args:
        feature_maps: any shape.
        target: the same shape.

    Returns:
        A scalar, float32.
    """
    return _squared_distance(feature_maps, target) / feature_maps.numel()


def relative_error(value: Tensor, target: Tensor, energy: float) -> Tensor:
    """‖value − target‖² / energy: 0 where they agree, about 1 where nothing does.

    Args:
        value: any shape.
        target: the same shape.
        energy: positive, usually ‖target‖².

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


def position_rows(feature_maps: Tensor) -> Tensor:
    """One row per position: (1, c, h, w) → (h·w, c), a view where channels come last in memory."""
    return feature_maps.squeeze(0).flatten(1).T


def position_weights(mask: Tensor) -> Tensor:
    """How much each position counts, (h·w, 1): a mask scaled to a mean of 1."""
    return (mask / mask.mean()).flatten().unsqueeze(1)


def _product(rows: Tensor) -> Tensor:
    """XᵀX of X (N, c), float32."""
    if _sums_in_float32(rows):
        return torch.mm(rows.T, rows, out_dtype=torch.float32)
    return (rows.T @ rows).float()


def _sums_in_float32(rows: Tensor) -> bool:
    """Whether products of bfloat16 numbers can stay in float32; autograd cannot follow."""
    return rows.is_cuda and rows.dtype is not torch.float32 and not torch.is_grad_enabled()


def _squared_distance(value: Tensor, target: Tensor) -> Tensor:
    """‖value − target‖², float32."""
    return (value - target).float().square().sum()
