"""Colour apart from lightness: how much it varies from pixel to pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import torch
from torch import Tensor

from nst.colour_axes import chroma_of, from_chroma

# What counts as the variation of a style image without colours, half a grey level.
_FLOOR: Final = 2e-3


@dataclass(frozen=True, slots=True, eq=False)
class ChromaVariationLoss:
    """The total variation of a picture's chroma relative to the style image's.

    Statistics of feature maps leave colours of single pixels free: they come out as coloured
    threads, most in styles that have few colours, which therefore weigh most here. After Mahendran
    and Vedaldi 2015, equation 4, β = 2, in chroma alone: strokes are drawn in lightness.

    Attributes:
        variation: of the style image, a scalar above 0.
    """

    variation: Tensor

    @classmethod
    def of(cls, picture: Tensor) -> Self:
        """Take the target from a style image, (1, 3, h, w), normalised."""
        return cls(_variation(chroma_of(picture)) + _FLOOR)

    @classmethod
    def mixed(cls, losses: Sequence[Self], shares: Sequence[float]) -> Self:
        """Average the variations: that of a picture of which each style covers its share."""
        variations = torch.stack([loss.variation for loss in losses])
        return cls(variations @ variations.new_tensor(shares))

    @property
    def target(self) -> tuple[Tensor, ...]:
        """The variation."""
        return (self.variation,)

    def value(self, picture: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the loss of a picture (1, 3, h, w), a scalar."""
        return _variation(chroma_of(picture), mask) / self.variation

    def add_gradient(
        self, gradient: Tensor, picture: Tensor, *, weight: float, mask: Tensor | None = None
    ) -> Tensor:
        """Add the derivative of weight · value to `gradient`, in place; return weight · value."""
        chroma = chroma_of(picture)
        slope, value = torch.zeros_like(chroma), self.variation.new_zeros(())
        for axis in (2, 3):
            steps, weights = _steps(chroma, axis, mask)
            weighted = weights * steps
            value = value + (weighted * steps).sum()
            slope.narrow(axis, 1, steps.shape[axis]).add_(weighted, alpha=2)
            slope.narrow(axis, 0, steps.shape[axis]).sub_(weighted, alpha=2)
        factor = weight / self.variation
        gradient.add_(from_chroma(slope) * factor)
        return value * factor


def _variation(chroma: Tensor, mask: Tensor | None = None) -> Tensor:
    """Return the mean squared difference of neighbours, by rows and by columns."""
    parts = [_steps(chroma, axis, mask) for axis in (2, 3)]
    return torch.stack([(weights * steps.square()).sum() for steps, weights in parts]).sum()


def _steps(chroma: Tensor, axis: int, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return the differences of neighbours along an axis, and how much each counts.

    A side of one pixel has none. Masked ones count as little as the fainter of both pixels; all
    counts sum to 1.
    """
    steps = chroma.diff(dim=axis)
    if mask is None:
        return steps, steps.new_tensor(1 / max(1, steps.numel()))
    length = mask.shape[axis] - 1
    weights = torch.minimum(mask.narrow(axis, 0, length), mask.narrow(axis, 1, length))
    return steps, weights / (weights.sum() * steps.shape[1]).clamp_min(1e-6)
