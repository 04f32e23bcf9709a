"""The two update rules: Adam as PyTorch has it, and an L-BFGS made for pictures.

L-BFGS here takes full steps without a line search: one evaluation is one step, and an evaluation
is all the cost there is. Should a step overshoot, most of it is taken back.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

import torch
from torch import Tensor

# A loss this many times the best one means that a step overshot.
_RUNAWAY: Final = 3.0
# What is left of a step that overshot.
_KEPT: Final = 0.25


class LBFGS:
    """Limited-memory BFGS, two-loop recursion (Nocedal and Wright 2006, algorithm 7.4).

    Args:
        picture: the tensor to update in place, float32, any shape.
        history: pairs of steps and gradient differences that are kept.
        first_step: root mean square of the very first step, in units of the picture; nothing is
            known of the curvature then.
        longest_step: no step's root mean square is larger. After a step that overshot the limit
            is what was left of that step, and doubles with each good one until it is back here.
    """

    def __init__(
        self,
        picture: Tensor,
        *,
        history: int = 20,
        first_step: float = 0.02,
        longest_step: float = 0.2,
    ) -> None:
        self._picture = picture
        self._pairs: deque[tuple[Tensor, Tensor, Tensor]] = deque(maxlen=history)
        self._first_step = first_step
        self._longest_step = longest_step
        self._limit = torch.tensor(longest_step, device=picture.device)
        self._last: tuple[Tensor, Tensor] | None = None
        self._best_loss = math.inf

    @torch.no_grad()
    def step(self, gradient: Tensor, loss: Tensor) -> None:
        """Move the picture once, given the gradient and the loss (≥ 0) at where it is now."""
        value = float(loss)
        if self._last is not None and not value < _RUNAWAY * self._best_loss:
            self._take_back(*self._last)
            return
        self._best_loss = min(self._best_loss, value)
        if self._last is not None:
            self._remember(*self._last, gradient)
        direction = self._direction(gradient)
        length = _root_mean_square(direction).clamp_min(1e-12)
        # Nothing tells how far to go before the first pair: take the first step's length.
        factor = (self._limit / length).clamp_max(1.0) if self._pairs else self._first_step / length
        step = direction * factor
        self._picture.add_(step)
        self._last = step, gradient.clone()
        self._limit = (2 * self._limit).clamp_max(self._longest_step)

    def _take_back(self, step: Tensor, before: Tensor) -> None:
        """Keep a part of the last step; the gradient before it stays the one to compare with."""
        kept = _KEPT * step
        self._picture.add_(kept - step)
        self._last = kept, before
        self._limit = _root_mean_square(kept)

    def _remember(self, step: Tensor, before: Tensor, gradient: Tensor) -> None:
        change = gradient - before
        curvature = torch.sum(step * change)
        if curvature > 1e-10 * torch.sum(change * change):
            self._pairs.append((step, change, 1 / curvature))

    def _direction(self, gradient: Tensor) -> Tensor:
        direction = gradient.neg()
        if not self._pairs:
            return direction
        weights = []
        for step, change, inverse in reversed(self._pairs):
            weight = inverse * torch.sum(step * direction)
            direction.sub_(weight * change)
            weights.append(weight)
        _, change, inverse = self._pairs[-1]
        direction.mul_(1 / (inverse * torch.sum(change * change)))
        for (step, change, inverse), weight in zip(self._pairs, reversed(weights), strict=True):
            direction.add_((weight - inverse * torch.sum(change * direction)) * step)
        return direction


def _root_mean_square(tensor: Tensor) -> Tensor:
    return tensor.square().mean().sqrt()


class Adam:
    """PyTorch's Adam behind the same `step(gradient)`."""

    def __init__(self, picture: Tensor, *, learning_rate: float) -> None:
        self._picture = picture
        self._adam = torch.optim.Adam([picture], lr=learning_rate)

    def step(self, gradient: Tensor, loss: Tensor) -> None:  # noqa: ARG002 - the same signature
        """Move the picture once, given the gradient at where it is now."""
        self._picture.grad = gradient
        self._adam.step()
