"""Statistics of feature maps, and the products that their derivatives are made of."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

# Numbers that are summed at a time.
_CHUNK: Final = 2**18


def gram_matrix(feature_maps: Tensor, divisor: float = 1.0, mask: Tensor | None = None) -> Tensor:
    """Return the Gram matrix F·Fᵀ / divisor (Gatys et al. 2016, equation 3).

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
    """Return the mean of the feature vectors over all positions.

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
    if _by_channels(rows):
        return torch.mv(rows.T, rows.new_ones(rows.shape[0])) / rows.shape[0]
    # On a CPU, PyTorch converts everything before it sums. Summing parts that fit into a cache is
    # several times faster and needs no memory for all of it.
    parts = torch.split(rows, max(1, _CHUNK // rows.shape[1]))
    return torch.stack([part.sum(0, dtype=torch.float32) for part in parts]).sum(0) / rows.shape[0]


def add_product(
    gradient: Tensor, maps: Tensor, kernel: Tensor, shift: Tensor | None, mask: Tensor | None
) -> None:
    """Add kernel·F + shift to a gradient, each position as much as the mask counts it.

    Args:
        gradient: shaped like the maps; changed in place.
        maps: (1, c, h, w).
        kernel: (c, c), symmetric, float32.
        shift: (c,), float32; None for 0.
        mask: (1, 1, h, w), see `gram_matrix`.

    Raises:
        RuntimeError: the gradient's positions do not lie one after the other in memory.
    """
    rows, kernel = position_rows(maps), kernel.to(maps.dtype)
    sums = gradient.movedim(1, -1).view(rows.shape)  # raises where it would have to be a copy
    if mask is None and (shift is None or _by_channels(rows)):
        sums.addmm_(rows, kernel)
        if shift is not None:
            sums.add_(shift)
        return
    product = _product_with(kernel, rows, shift)
    if mask is not None:
        product *= position_weights(mask).to(product.dtype)
    sums.add_(product)


def position_rows(feature_maps: Tensor) -> Tensor:
    """Return one row per position, (1, c, h, w) → (h·w, c): a view, be channels first or last."""
    return feature_maps.squeeze(0).flatten(1).T


def position_weights(mask: Tensor) -> Tensor:
    """Return how much each position counts, (h·w, 1): a mask scaled to a mean of 1."""
    return (mask / mask.mean()).flatten().unsqueeze(1)


def squared_norm(tensor: Tensor) -> Tensor:
    """Return the sum of squares, a scalar."""
    flat = tensor.flatten()
    return torch.dot(flat, flat)


def _product(rows: Tensor) -> Tensor:
    """Return XᵀX of X (N, c), float32."""
    if _sums_in_float32(rows):
        return torch.mm(rows.T, rows, out_dtype=torch.float32)
    return (rows.T @ rows).float()


def _product_with(kernel: Tensor, rows: Tensor, shift: Tensor | None) -> Tensor:
    """Return rows·kernel + shift in the layout of the rows; the kernel is symmetric."""
    if shift is None:
        return rows @ kernel
    shift = shift.to(rows.dtype)
    if rows.T.is_contiguous():
        return torch.addmm(shift.unsqueeze(1), kernel, rows.T).T
    return torch.addmm(shift, rows, kernel)


def _by_channels(rows: Tensor) -> bool:
    """Tell whether these are float32, and channels come first in memory."""
    first = rows.T.is_contiguous() and not rows.is_contiguous()
    return first and rows.dtype is torch.float32


def _sums_in_float32(rows: Tensor) -> bool:
    """Tell whether products of bfloat16 numbers can stay in float32; autograd cannot follow."""
    return rows.is_cuda and rows.dtype is not torch.float32 and not torch.is_grad_enabled()
