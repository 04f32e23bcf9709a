"""Style as Gram matrices (Gatys et al. 2016, section 2.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from nst.losses.features import add_product, gram_matrix, squared_norm


@dataclass(frozen=True, slots=True, eq=False)
class GramLoss:
    """The mean squared error of undivided Gram matrices, over the size of the feature maps.

    As in the reference recipe: ‖F·Fᵀ − G‖² / (c² · c·h·w).

    Attributes:
        gram: of the style, (c, c), float32.
    """

    gram: Tensor

    @classmethod
    def of(cls, maps: Tensor) -> Self:
        """Take the target from a style image's feature maps."""
        return cls(gram_matrix(maps))

    @classmethod
    def mixed(cls, losses: Sequence[Self], shares: Sequence[float]) -> Self:
        """Average the Gram matrices: those of a picture of which each style covers its share."""
        return cls(weighted_sum([loss.gram for loss in losses], shares))

    @property
    def target(self) -> tuple[Tensor, ...]:
        """The Gram matrix."""
        return (self.gram,)

    def value(self, maps: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the loss of feature maps (1, c, h, w), a scalar."""
        error = gram_matrix(maps, mask=mask) - self.gram
        return error.square().sum() / self._divisor(maps)

    def add_gradient(
        self, gradient: Tensor, maps: Tensor, *, weight: float, mask: Tensor | None = None
    ) -> Tensor:
        """Add the derivative of weight · value to `gradient`, in place; return weight · value."""
        weight /= self._divisor(maps)
        return add_gram_error(gradient, maps, self.gram, weight=weight, mask=mask)

    def _divisor(self, maps: Tensor) -> int:
        return self.gram.numel() * maps.numel()


def add_gram_error(
    gradient: Tensor, maps: Tensor, target: Tensor, *, weight: float, mask: Tensor | None = None
) -> Tensor:
    """Add the derivative of weight · ‖F·Fᵀ − target‖², of undivided Gram matrices.

    Args:
        gradient: shaped like the maps; the derivative is added to it.
        maps: (1, c, h, w).
        target: (c, c), float32.
        weight: of the loss, with whatever it is divided by.
        mask: (1, 1, h, w), see `gram_matrix`.

    Returns:
        The weighted loss, a scalar, float32.
    """
    error = gram_matrix(maps, mask=mask) - target
    add_product(gradient, maps, error * (4 * weight), None, mask)
    return squared_norm(error) * weight


def weighted_sum(tensors: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """Return the sum of share · tensor; all tensors have one shape."""
    parts = [share * tensor for share, tensor in zip(shares, tensors, strict=True)]
    return torch.stack(parts).sum(0)
