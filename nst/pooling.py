"""Pooling between the blocks of a network, and its derivative in little memory."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from nst.pooling_kernels import max_pool, max_unpool

# Numbers in a stripe of `unpool`: what a cache holds; a GPU rather has few and large ones.
STRIPE: Final = {"cpu": 2**19, "cuda": 2**26, "mps": 2**26}


def pool(maps: Tensor, *, average: bool) -> Tensor:
    """Return maxima, or averages, of 2 × 2 windows; a last odd row or column is left out.

    Args:
        maps: (1, c, h, w), at least 0.
        average: averages.

    Returns:
        (1, c, h // 2, w // 2).
    """
    if maps.is_cuda and not average and not torch.is_grad_enabled():
        pooled = max_pool(maps)
        if pooled is not None:
            return pooled
    return functional.avg_pool2d(maps, 2) if average else functional.max_pool2d(maps, 2)


def unpool(gradient: Tensor, maps: Tensor, *, average: bool) -> Tensor:
    """Return the derivative by what was rectified to `maps` and then pooled.

    Stripe by stripe, because PyTorch's function needs 8 bytes for the place of each maximum; on a
    CPU that is also up to twice as fast, as its caches hold a stripe.

    Args:
        gradient: by the pooled maps, (1, c, h // 2, w // 2).
        maps: (1, c, h, w), at least 0; overwritten.
        average: the pooling was by averages.

    Returns:
        (1, c, h, w), in the memory of `maps`.
    """
    if maps.is_cuda and not average and max_unpool(gradient, maps):
        return maps
    rows = STRIPE[maps.device.type] // (2 * maps.shape[1] * maps.shape[3]) or 1
    height = gradient.shape[2]
    for start in range(0, height, rows):
        end = min(start + rows, height)
        # The last stripe takes along a last row that is left over; its derivative is 0.
        part = maps[:, :, 2 * start : 2 * end if end < height else None]
        spread = _spread(gradient[:, :, start:end], part, average=average)
        torch.ops.aten.threshold_backward.grad_input(spread, part, 0, grad_input=part)
    return maps


def _spread(gradient: Tensor, maps: Tensor, *, average: bool) -> Tensor:
    """Return the derivative of the pooling alone, by `maps`."""
    window = [2, 2], [2, 2], [0, 0]
    if average:
        averaged: Tensor = torch.ops.aten.avg_pool2d_backward(
            gradient, maps, *window, False, True, None
        )
        return averaged
    _, places = functional.max_pool2d_with_indices(maps, [2, 2])
    placed: Tensor = torch.ops.aten.max_pool2d_with_indices_backward(
        gradient, maps, *window, [1, 1], False, places
    )
    return placed
