"""The derivative of rectification."""

from __future__ import annotations

import torch
from torch import Tensor


def masked(gradient: Tensor, maps: Tensor, into: Tensor) -> Tensor:
    """Return the gradient where rectified maps are above 0, and 0 elsewhere, written to `into`."""
    found: Tensor = torch.ops.aten.threshold_backward.grad_input(gradient, maps, 0, grad_input=into)
    return found
