"""The losses of `nst.losses` with their derivatives written out, added to a gradient in place.

Autograd would need a handful of small operations for each of these, and several passes over the
feature maps; on a GPU the small ones are what an evaluation of a small picture costs. Feature maps
F have shape (1, c, h, w), channels last in memory, and N = h·w positions.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nst.losses import feature_mean, gram_matrix, position_rows, position_weights


def add_squared_distance(
    gradient: Tensor, maps: Tensor, target: Tensor, *, weight: float
) -> Tensor:
    """weight · ‖F − target‖².

    The difference is taken in the maps' own format: of two bfloat16 numbers it is exact where they
    are near each other, so nothing is gained by converting them first.

    Args:
        gradient: shaped like the maps; the derivative is added to it.
        maps: any shape.
        target: the same shape.
        weight: of the loss, with whatever it is divided by.

    Returns:
        A scalar, float32.
    """
    difference = maps - target
    gradient.add_(difference, alpha=2 * weight)
    norm: Tensor = torch.linalg.vector_norm(difference, dtype=torch.float32)
    return norm.square() * weight


def add_gram_error(
    gradient: Tensor, maps: Tensor, target: Tensor, *, weight: float, mask: Tensor | None = None
) -> Tensor:
    """weight · ‖F·Fᵀ − target‖², of undivided Gram matrices.

    Args:
        gradient: shaped like the maps; the derivative is added to it.
        maps: (1, c, h, w).
        target: (c, c), float32.
        weight: of the loss, with whatever it is divided by.
        mask: (1, 1, h, w), see `nst.losses.gram_matrix`.

    Returns:
        A scalar, float32.
    """
    error = gram_matrix(maps, mask=mask) - target
    _add_product(gradient, maps, error * (4 * weight), None, mask)
    return _energy(error) * weight


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
    """mean_weight · ‖μ − target‖² + covariance_weight · ‖C − target‖².

    With C = F·Fᵀ/N − μ·μᵀ and the error E = C − target, the derivative by F·Fᵀ is
    2·covariance_weight·E/N, and that by μ is 2·mean_weight·(μ − target) − 4·covariance_weight·E·μ.

    Args:
        gradient: shaped like the maps; the derivative is added to it.
        maps: (1, c, h, w).
        mean_target: (c,), float32.
        covariance_target: (c, c), float32.
        mean_weight: of the means' error, with whatever it is divided by.
        covariance_weight: the same of the covariances'.
        mask: (1, 1, h, w), see `nst.losses.mean_and_covariance`.

    Returns:
        A scalar, float32.
    """
    positions = maps.shape[2] * maps.shape[3]
    gram, mean = gram_matrix(maps, mask=mask), feature_mean(maps, mask)
    opposite = torch.addr(covariance_target, mean, mean).sub_(gram, alpha=1 / positions)  # −E
    apart = mean - mean_target
    by_gram = opposite * (-4 * covariance_weight / positions)
    by_mean = torch.addmv(
        apart,
        opposite,
        mean,
        beta=2 * mean_weight / positions,
        alpha=4 * covariance_weight / positions,
    )
    _add_product(gradient, maps, by_gram, by_mean, mask)
    return (_energy(opposite) * covariance_weight).add_(_energy(apart), alpha=mean_weight)


def add_total_variation(gradient: Tensor, image: Tensor, *, weight: float) -> Tensor:
    """weight · `nst.losses.total_variation`.

    Args:
        gradient: shaped like the image; the derivative is added to it.
        image: (1, 3, height, width).
        weight: of the loss.

    Returns:
        A scalar.
    """
    value = torch.zeros((), device=image.device)
    for axis in (2, 3):
        length = image.shape[axis] - 1
        if not length:
            continue
        steps = image.diff(dim=axis)
        factor = 2 * weight / steps.numel()
        gradient.narrow(axis, 1, length).add_(steps, alpha=factor)
        gradient.narrow(axis, 0, length).sub_(steps, alpha=factor)
        value = value + steps.square().mean() * weight
    return value


def _add_product(
    gradient: Tensor, maps: Tensor, kernel: Tensor, shift: Tensor | None, mask: Tensor | None
) -> None:
    """Add kernel·F + shift, each position as much as the mask counts it.

    Args:
        gradient: shaped like the maps.
        maps: (1, c, h, w).
        kernel: (c, c), symmetric, float32.
        shift: (c,), float32; None for 0.
        mask: (1, 1, h, w), see `nst.losses.gram_matrix`.
    """
    rows, kernel = position_rows(maps), kernel.to(maps.dtype)
    sums = gradient.movedim(1, -1).view(rows.shape)  # raises where it would have to be a copy
    if shift is None and mask is None:
        sums.addmm_(rows, kernel)
        return
    product = rows @ kernel if shift is None else torch.addmm(shift.to(maps.dtype), rows, kernel)
    if mask is not None:
        product *= position_weights(mask).to(product.dtype)
    sums.add_(product)


def _energy(tensor: Tensor) -> Tensor:
    """The sum of squares, a scalar."""
    flat = tensor.flatten()
    return torch.dot(flat, flat)
