"""The two update rules: Adam as PyTorch has it, and an L-BFGS made for pictures.

L-BFGS here takes full steps without a line search: one evaluation is one step, and an evaluation
is all the cost there is. Should a step overshoot, the picture goes back to the best one so far.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

import torch
from torch import Tensor

# A loss this many times the best one means that a step overshot.
_RUNAWAY: Final = 3.0


class LBFGS:
    """Limited-memory BFGS, two-loop recursion (Nocedal and Wright 2006, algorithm 7.4).

    Args:
        picture: the tensor to update in place, float32, any shape.
        history: pairs of steps and gradient differences that are kept.
        first_step: root mean square of the very first step, in units of the picture; nothing is
            known of the curvature then.
        longest_step: no step's root mean square is larger.
    """

    def __init__(
        self,
        picture: Tensor,
        *,
        history: int = 20,
        first_step: float = 0.02,
        longest_step: float = 0.5,
    ) -> None:
        self._picture = picture
        self._pairs: deque[tuple[Tensor, Tensor, Tensor]] = deque(maxlen=history)
        self._first_step = first_step
        self._longest_step = longest_step
        self._last: tuple[Tensor, Tensor] | None = None
        self._best_loss = math.inf
        self._best_picture = picture.detach().clone()

    @torch.no_grad()
    def step(self, gradient: Tensor, loss: Tensor) -> None:
        """Move the picture once, given the gradient and the loss at where it is now."""
        value = float(loss)
        if not value < _RUNAWAY * self._best_loss:
            self._go_back()
            return
        if value < self._best_loss:
            self._best_loss = value
            self._best_picture.copy_(self._picture)
        if self._last is not None:
            self._remember(*self._last, gradient)
        direction = self._direction(gradient)
        length = direction.square().mean().sqrt()
        limit = self._longest_step if self._pairs else self._first_step
        factor = limit / length.clamp_min(1e-12)
        step = direction * (factor.clamp_max(1.0) if self._pairs else factor)
        self._picture.add_(step)
        self._last = step, gradient.clone()

    def _go_back(self) -> None:
        """To the best picture, with nothing known of the curvature and half the stride."""
        self._picture.copy_(self._best_picture)
        self._pairs.clear()
        self._last = None
        self._first_step /= 2

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


class Adam:
    """PyTorch's Adam behind the same `step(gradient)`."""

    def __init__(self, picture: Tensor, *, learning_rate: float) -> None:
        self._picture = picture
        self._adam = torch.optim.Adam([picture], lr=learning_rate)

    def step(self, gradient: Tensor, loss: Tensor) -> None:  # noqa: ARG002 - the same signature
        """Move the picture once, given the gradient at where it is now."""
        self._picture.grad = gradient
        self._adam.step()
