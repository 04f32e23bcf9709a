"""Pooling between the blocks of a network, and its derivative in little memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from nst.pooling_kernels import max_pool, max_unpool
from nst.team import together

# Numbers in a stripe of `unpool`: what a cache holds; a GPU rather has few and large ones.
STRIPE: Final = {"cpu": 2**19, "cuda": 2**26, "mps": 2**26}
_INTEGERS: Final = {2: torch.int16, 4: torch.int32, 8: torch.int64}  # by bytes


def pool(maps: Tensor, *, average: bool) -> Tensor:
    """Return maxima, or averages, of 2 × 2 windows; a last odd row or column is left out.

    Args:
        maps: (pictures, c, h, w), at least 0.
        average: averages.

    Returns:
        (pictures, c, h // 2, w // 2).
    """
    if average:
        return functional.avg_pool2d(maps, 2)
    if maps.is_cuda and not torch.is_grad_enabled():
        pooled = max_pool(maps)
        if pooled is not None:
            return pooled
    if _by_rows(maps):
        pictures, channels, height, width = maps.shape
        pooled = maps.new_empty(pictures, channels, height // 2, width // 2)
        _by_channels(_pool_rows, maps, pooled)
        return pooled
    return functional.max_pool2d(maps, 2)


def unpool(gradient: Tensor, maps: Tensor, *, average: bool) -> Tensor:
    """Return the derivative by what was rectified to `maps` and then pooled.

    Stripe by stripe, because PyTorch's function needs 8 bytes for the place of each maximum; on a
    CPU that is also up to twice as fast, as its caches hold a stripe.

    Args:
        gradient: by the pooled maps, (pictures, c, h // 2, w // 2).
        maps: (pictures, c, h, w), at least 0; overwritten.
        average: the pooling was by averages.

    Returns:
        (pictures, c, h, w), in the memory of `maps`.
    """
    if maps.is_cuda and not average and max_unpool(gradient, maps):
        return maps
    if not average and _by_rows(maps):
        _by_channels(_unpool_rows, maps, gradient)
        return maps
    row = 2 * maps.shape[0] * maps.shape[1] * maps.shape[3]
    rows = STRIPE[maps.device.type] // row or 1
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


def _by_rows(maps: Tensor) -> bool:
    """Tell whether channels come first on a CPU, where PyTorch's maxima take ten times as long."""
    return maps.device.type == "cpu" and maps.is_contiguous() and not torch.is_grad_enabled()


def _windows(maps: Tensor) -> Tensor:
    """Return the windows' rows, (n, c, h, w) → (n, c, h // 2, 2, w // 2 · 2), a view."""
    pictures, channels, height, width = maps.shape
    rows, columns = height // 2, width // 2 * 2
    return maps[:, :, : 2 * rows, :columns].view(pictures, channels, rows, 2, columns)


def _by_channels(work: Callable[[Tensor, Tensor], None], maps: Tensor, other: Tensor) -> None:
    """Do something with a few channels at a time, which a cache holds."""
    step = STRIPE["cpu"] // (maps.shape[0] * maps.shape[2] * maps.shape[3]) or 1
    parts = zip(torch.split(maps, step, 1), torch.split(other, step, 1), strict=True)
    together([partial(work, *part) for part in parts])


def _pool_rows(maps: Tensor, pooled: Tensor) -> None:
    upper, lower = _windows(maps).unbind(3)
    rows = torch.maximum(upper, lower)
    torch.maximum(rows[..., 0::2], rows[..., 1::2], out=pooled)


def _unpool_rows(maps: Tensor, gradient: Tensor) -> None:
    """Do what `unpool` does, where channels come first: of equal numbers, the first one counts.

    Bits of numbers that are not negative are ordered as the numbers are. As integers, a difference
    shifted until only its sign is left is a mask: all bits for what is less, none for the others.
    """
    integers = _INTEGERS[maps.itemsize]
    sign = 8 * maps.itemsize - 1
    windows = _windows(maps).view(integers).clamp_(min=0)  # minus zero is the least integer
    lefts, rights = windows[..., 0::2], windows[..., 1::2]
    right_is_more = (lefts - rights).bitwise_right_shift_(sign)
    upper, lower = torch.maximum(lefts, rights).unbind(3)
    most = torch.maximum(upper, lower).view(maps.dtype)
    slope = torch.ops.aten.threshold_backward(gradient, most, 0).view(integers)
    of_lower = (upper - lower).bitwise_right_shift_(sign).bitwise_and_(slope)
    for row, found in enumerate((slope.bitwise_xor_(of_lower), of_lower)):
        of_right = right_is_more[:, :, :, row].bitwise_and_(found)
        rights[:, :, :, row] = of_right
        torch.bitwise_xor(found, of_right, out=lefts[:, :, :, row])
    maps[:, :, 2 * gradient.shape[2] :] = 0
    maps[..., 2 * gradient.shape[3] :] = 0
