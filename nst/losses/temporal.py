"""Coherence of a film: how far a frame is from where the frames before it have moved to."""

from __future__ import annotations

import torch
from torch import Tensor


class TemporalLoss:
    """The mean squared distance to a target, each pixel with a weight of its own.

    Ruder, Dosovitskiy and Brox 2016, "Artistic style transfer for videos", equation 7: the target
    is what was painted before, moved along the optical flow; the weight is 0 where something came
    into view and at the edges of what moves. Targets of several earlier frames have weights that
    do not overlap (their equation 9), so that one target holds them all.

    Args:
        target: (1, 3, height, width), normalised as the picture.
        weights: (1, 1, height, width), 0 to 1.
    """

    def __init__(self, target: Tensor, weights: Tensor) -> None:
        self._target = target
        self._weights = weights
        self._share = 1 / target.numel()

    def value(self, picture: Tensor) -> Tensor:
        """Return the loss of a picture (1, 3, height, width), a scalar."""
        return ((picture - self._target).square() * self._weights).sum() * self._share

    def add_gradient(self, gradient: Tensor, picture: Tensor, *, weight: float) -> Tensor:
        """Add the derivative of weight · value to `gradient`, in place; return weight · value."""
        difference = picture - self._target
        weighted = difference * self._weights
        gradient.add_(weighted, alpha=2 * weight * self._share)
        return torch.sum(difference * weighted) * (weight * self._share)
