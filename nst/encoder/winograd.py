"""Convolutions with fewer multiplications, in plain PyTorch.

Winograd's minimal filtering F(4 × 4, 3 × 3) of Lavin and Gray 2016, "Fast Algorithms for
Convolutional Neural Networks": a tile of 4 × 4 outputs takes 36 multiplications for each pair of
channels instead of 144. Kernel g and tile d of 6 × 6 inputs become G·g·Gᵀ and Bᵀ·d·B, their
products, summed over channels, are M, and Aᵀ·M·A are the outputs.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from nst.encoder.rectification import masked

# Where polynomials are evaluated, besides infinity. With each point its reciprocal is here, so that
# a kernel that is turned around has the same transform in another order.
_POINTS: Final = (0.0, 1.0, -1.0, 2.0, 0.5)
_RECIPROCALS: Final = (5, 1, 2, 4, 3, 0)
_STEP: Final = 4  # outputs along each side of a tile
_SIDE: Final = 6  # inputs
# Tiles at a time: enough to be worth reading the kernels for, few enough to stay in a cache.
_TILES: Final = 256


class Winograd:
    """A convolution whose kernels are transformed once, for both directions.

    Args:
        kernel: (out, in, 3, 3), float32, on the CPU.
        bias: (out,).
    """

    def __init__(self, kernel: Tensor, bias: Tensor) -> None:
        self.kernel = kernel
        self._bias = bias
        transform = torch.kron(_matrices()[1], _matrices()[1]).float()  # (36, 9)
        rows = kernel.permute(2, 3, 1, 0).reshape(9, -1)
        self._transformed = (transform @ rows).view(_SIDE**2, kernel.shape[1], kernel.shape[0])

    def forward(self, maps: Tensor, padding: int = 1, *, rectify: bool = False) -> Tensor:
        """Return the convolution of (1, in, h, w), bias included, channels last in memory."""
        found = _filtered(maps, self._transformed, self._bias, padding, *_transforms())
        return functional.relu_(found) if rectify else found

    def backward(self, gradient: Tensor, padding: int = 1, mask: Tensor | None = None) -> Tensor:
        """Return the derivative by the input, given that by the output; see `Way.backward`."""
        if mask is not None:
            masked(gradient, mask, gradient)
        turned = self._transformed.transpose(1, 2)
        none = gradient.new_zeros(turned.shape[2])
        return _filtered(gradient, turned, none, padding, *_turned_transforms())


def _filtered(
    maps: Tensor, kernels: Tensor, bias: Tensor, padding: int, inwards: Tensor, out: Tensor
) -> Tensor:
    """Return maps (1, c, h, w) convolved with kernels (36, c, d), plus a bias (d,).

    Args:
        maps: in any layout.
        kernels: transformed.
        bias: of the outputs.
        padding: zeros on each side.
        inwards: (36, 36), transforms tiles of inputs.
        out: (16, 36), transforms tiles of products to outputs.
    """
    channels = maps.shape[1]
    height, width = (side + 2 * padding - 2 for side in maps.shape[2:])
    rows, columns = -(-height // _STEP), -(-width // _STEP)
    padded = maps.new_zeros(_STEP * rows + 2, _STEP * columns + 2, channels)
    inside = padded[padding : height + 2 - padding, padding : width + 2 - padding]
    inside.copy_(maps[0].permute(1, 2, 0))
    tiles = padded.unfold(0, _SIDE, _STEP).unfold(1, _SIDE, _STEP).permute(3, 4, 0, 1, 2)
    found = maps.new_empty(rows, _STEP, columns, _STEP, kernels.shape[2])
    step = max(1, _TILES // columns)
    for part, target in zip(torch.split(tiles, step, 2), torch.split(found, step), strict=True):
        transformed = (inwards @ part.reshape(_SIDE**2, -1)).view(_SIDE**2, -1, channels)
        products = torch.bmm(transformed, kernels)
        outputs = (out @ products.flatten(1)).view(_STEP, _STEP, *part.shape[2:4], -1)
        torch.add(outputs.permute(2, 0, 3, 1, 4), bias, out=target)
    whole = found.flatten(2, 3).flatten(0, 1)[:height, :width].contiguous()
    return whole.permute(2, 0, 1).unsqueeze(0)


@lru_cache
def _matrices() -> tuple[Tensor, Tensor, Tensor]:
    """Return Bᵀ (6, 6), G (6, 3) and Aᵀ (4, 6), float64.

    Toom and Cook's product of polynomials: evaluate both, multiply, interpolate. Filtering is its
    transpose. Rows of Bᵀ are scaled to a largest number of 1, and those of G the other way.
    """
    points = torch.tensor(_POINTS, dtype=torch.float64)

    def evaluation(length: int) -> Tensor:
        powers = points.unsqueeze(1) ** torch.arange(length)
        at_infinity = functional.one_hot(torch.tensor([length - 1]), length)
        return torch.cat([powers, at_infinity])

    inputs = torch.linalg.inv(evaluation(_SIDE)).T
    scale = inputs.abs().amax(1, keepdim=True)
    return inputs / scale, evaluation(3) * scale, evaluation(_STEP).T


@lru_cache
def _transforms() -> tuple[Tensor, Tensor]:
    """Return what transforms tiles (36, 36) and products (16, 36), float32."""
    inputs, _, outputs = _matrices()
    return torch.kron(inputs, inputs).float(), torch.kron(outputs, outputs).float()


@lru_cache
def _turned_transforms() -> tuple[Tensor, Tensor]:
    """Return the same for kernels that are turned around, transformed as they were before.

    A polynomial p(x) read backwards is x²·p(1/x): its value at a point is that of p at the
    reciprocal, times a factor.
    """
    inputs, kernels, outputs = _matrices()
    order = list(_RECIPROCALS)
    backwards = kernels.flip(1)[order]
    factors = backwards.sum(1) / kernels.sum(1)
    inputs, outputs = inputs[order], outputs[:, order] * factors
    return torch.kron(inputs, inputs).float(), torch.kron(outputs, outputs).float()
