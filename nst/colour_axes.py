"""Lightness and chroma of tensors that are normalised for the networks.

Two axes at right angles to grey in sRGB, in units of the normalised image. A linear pair is enough
to tell colour from lightness, and gradients pass through it. The colour axes of Oklab are even to
the eye instead, in dark pictures too.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from nst.colour import FROM_LMS, FROM_OKLAB, TO_LMS, TO_OKLAB
from nst.weights import IMAGENET_MEAN, IMAGENET_STD


def chroma_of(picture: Tensor) -> Tensor:
    """Return the chroma (1, 2, h, w) of a picture (1, 3, h, w), normalised; 0 for grey."""
    axes, offset = _axes(picture.device)
    return torch.einsum("ij,bjhw->bihw", axes, picture) + offset


def from_chroma(slope: Tensor) -> Tensor:
    """Return the derivative by the picture, (1, 3, h, w), of what has that by its chroma."""
    axes, _ = _axes(slope.device)
    return torch.einsum("ij,bihw->bjhw", axes, slope)


def with_chroma(picture: Tensor, change: Tensor) -> Tensor:
    """Return a picture (1, 3, h, w) with its chroma changed by (1, 2, h, w), its lightness kept."""
    return picture + torch.einsum("ij,bihw->bjhw", _back(picture.device), change)


def oklab_of(picture: Tensor) -> Tensor:
    """Return a picture (1, 3, h, w), normalised, in Oklab: lightness and two colour axes.

    Values outside of what an image can show count as the nearest that it can.
    """
    std, mean, to_lms, to_oklab, _, _ = _oklab(picture.device)
    encoded = (picture * std + mean).clamp(0, 1)
    linear = torch.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    lms = torch.einsum("ij,bjhw->bihw", to_lms, linear) ** (1 / 3)
    return torch.einsum("ij,bjhw->bihw", to_oklab, lms)


def from_oklab(oklab: Tensor) -> Tensor:
    """Return a picture (1, 3, h, w), normalised, that was in Oklab; out-of-range values clipped."""
    std, mean, _, _, from_lms, from_axes = _oklab(oklab.device)
    lms = torch.einsum("ij,bjhw->bihw", from_axes, oklab) ** 3
    linear = torch.einsum("ij,bjhw->bihw", from_lms, lms).clamp(0, 1)
    bright = 1.055 * linear.clamp_min(0.0031308) ** (1 / 2.4) - 0.055
    encoded = torch.where(linear <= 0.0031308, linear * 12.92, bright)
    normalised: Tensor = (encoded - mean) / std
    return normalised


@lru_cache
def _oklab(device: torch.device) -> tuple[Tensor, ...]:
    """Return deviation and mean of the normalised image, and Oklab's matrices there and back."""
    std, mean = (torch.tensor(each, device=device) for each in (IMAGENET_STD, IMAGENET_MEAN))
    matrices = [torch.from_numpy(each) for each in (TO_LMS, TO_OKLAB, FROM_LMS, FROM_OKLAB)]
    on_device = [matrix.to(device) for matrix in matrices]
    return std.view(1, 3, 1, 1), mean.view(1, 3, 1, 1), *on_device


@lru_cache
def _axes(device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the axes (2, 3), and what makes 0 of grey, (1, 2, 1, 1)."""
    std, mean = (torch.tensor(each, device=device) for each in (IMAGENET_STD, IMAGENET_MEAN))
    opponent, unit = _opponent(device), std.mean()
    return opponent * std / unit, (opponent @ mean / unit).view(1, 2, 1, 1)


@lru_cache
def _back(device: torch.device) -> Tensor:
    """Return how each channel moves with the chroma, (2, 3)."""
    std = torch.tensor(IMAGENET_STD, device=device)
    back: Tensor = _opponent(device) * std.mean() / std
    return back


def _opponent(device: torch.device) -> Tensor:
    """Red against green, and yellow against blue, each of length 1 and orthogonal to grey."""
    red_green, yellow_blue = (1.0, -1.0, 0.0), (1.0, 1.0, -2.0)
    axes = torch.tensor([red_green, yellow_blue], device=device)
    lengths: Tensor = torch.linalg.vector_norm(axes, dim=1, keepdim=True)
    return axes / lengths
