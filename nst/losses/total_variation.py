"""Smoothness: how much neighbouring pixels differ."""

from __future__ import annotations

import torch
from torch import Tensor


class TotalVariationLoss:
    """The mean squared difference of neighbouring pixels; see `total_variation`."""

    def __init__(self, photo: Tensor) -> None:
        """Compare with nothing: the photo is what other picture losses may look at."""

    def value(self, picture: Tensor) -> Tensor:
        """Return the loss of a picture (1, 3, height, width), a scalar."""
        return total_variation(picture)

    def add_gradient(self, gradient: Tensor, picture: Tensor, *, weight: float) -> Tensor:
        """Add the derivative of weight · value to `gradient`, in place; return weight · value."""
        return add_total_variation(gradient, picture, weight=weight)


def total_variation(image: Tensor) -> Tensor:
    """Return the mean squared difference of neighbours, by rows and by columns.

    Mahendran and Vedaldi 2015, equation 4, β = 2.

    Args:
        image: (1, 3, height, width).

    Returns:
        A scalar, at least 0.
    """
    rows = (image[..., 1:, :] - image[..., :-1, :]).square().mean()
    columns = (image[..., :, 1:] - image[..., :, :-1]).square().mean()
    return rows + columns


def add_total_variation(gradient: Tensor, image: Tensor, *, weight: float) -> Tensor:
    """Add the derivative of weight · `total_variation`.

    Args:
        gradient: shaped like the image; the derivative is added to it.
        image: (1, 3, height, width); a side of one pixel varies nothing.
        weight: of the loss.

    Returns:
        The weighted loss, a scalar.
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
