"""The two update rules: Adam as PyTorch has it, and an L-BFGS made for pictures.

L-BFGS here takes full steps without a line search: one evaluation is one step, and an evaluation
is all the cost there is. Should a step overshoot, most of it is taken back. Every decision is
taken on the device, so that a GPU never waits for the host to look at a number.
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor

from nst.devices import exact_dtype

# A loss this many times the best one means that a step overshot.
_RUNAWAY: Final = 3.0
# What is left of a step that overshot.
_KEPT: Final = 0.25
_HISTORY: Final = 20
_SHORTEST_HISTORY: Final = 5
# 400 MB of history at most, unless even the shortest takes more.
_HISTORY_PIXELS: Final = 2**24


def history_for(pixels: int, steps: int) -> int:
    """Return how many pairs L-BFGS keeps: 20, fewer if the picture is huge or has few steps to go.

    A pair takes 24 bytes a pixel. Sizes beyond two megapixels have too few steps to fill a long
    history, and start from an enlarged picture that is nearly done.
    """
    return max(1, min(_HISTORY, steps, max(_SHORTEST_HISTORY, _HISTORY_PIXELS // pixels)))


class LBFGS:
    """Limited-memory BFGS in its compact form (Byrd, Nocedal and Schnabel 1994, equation 3.1).

    The same direction as the usual two loops over the history, but the history is read in three
    passes, for its products with two vectors and for a weighted sum, instead of pair by pair. All
    that a step changes is changed in place and counted on the device, so that a GPU can replay it.

    Args:
        picture: the tensor to update in place, float32, any shape; 4-dimensional ones channels
            last in memory.
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
        history: int = _HISTORY,
        first_step: float = 0.02,
        longest_step: float = 0.2,
    ) -> None:
        self._picture = picture
        self._history = history
        self._first_step = first_step
        self._longest_step = longest_step
        self._limit = torch.tensor(longest_step, device=picture.device)
        self._best_loss = torch.tensor(math.inf, device=picture.device)
        self._scale = torch.ones((), device=picture.device)  # of the curvature; γ in the paper
        self._taken = 0
        self._step = torch.zeros_like(_flat(picture))
        self._gradient = torch.zeros_like(self._step)
        # Pairs (step, change of the gradient) in a ring; those that were refused, or are not there
        # yet, are zeros, which change nothing.
        self._pairs = picture.new_zeros(history, 2, picture.numel())
        self._newest = torch.full((1,), -1, device=picture.device)  # its place in the ring
        self._places = torch.arange(history, device=picture.device)
        exact = exact_dtype(picture.device)
        products = torch.zeros(2, history, history, dtype=exact, device=picture.device)
        self._step_change, self._change_change = products

    @torch.no_grad()
    def step(self, gradient: Tensor, loss: Tensor) -> None:
        """Move the picture once, given the gradient and the loss (≥ 0) at where it is now."""
        gradient = _flat(gradient)
        if self._taken:
            good = loss < _RUNAWAY * self._best_loss
            along = self._remember(gradient, good)
            direction = self._direction(gradient, along)
        else:
            good = torch.ones((), dtype=torch.bool, device=gradient.device)
            direction = -gradient
        self._taken += 1
        self._best_loss.copy_(torch.where(good, torch.fmin(self._best_loss, loss), self._best_loss))
        step = torch.where(good, self._bounded(direction), _KEPT * self._step)
        # A step that overshot is replaced by a part of itself; the gradient before it stays the
        # one to compare with.
        change = torch.where(good, step, step - self._step)
        self._picture.add_(_shaped(change, self._picture))
        self._gradient.copy_(torch.where(good, gradient, self._gradient))
        limit = (2 * self._limit).clamp_max(self._longest_step)
        self._limit.copy_(torch.where(good, limit, _root_mean_square(step)))
        self._step.copy_(step)

    @property
    def _used(self) -> int:
        """How many places of the ring are looked at: on a GPU always all, zeros included."""
        return self._history if self._picture.is_cuda else min(self._taken, self._history)

    def _remember(self, gradient: Tensor, good: Tensor) -> Tensor:
        """Put the last step and what it did to the gradient in the place of the oldest pair.

        Returns:
            The products of all steps and all changes with the gradient, (used, 2).
        """
        change = gradient - self._gradient
        curvature, square = torch.dot(self._step, change), torch.dot(change, change)
        usable = good & (curvature > 1e-10 * square)
        self._scale.copy_(torch.where(usable, curvature / square, self._scale))
        pair = torch.stack([self._step, change])
        pair = torch.where(usable, pair, torch.zeros((), device=pair.device))
        self._newest.add_(1).remainder_(self._history)
        self._pairs.index_copy_(0, self._newest, pair.unsqueeze(0))
        used, rows = self._used, self._rows()
        # Two products with a vector are faster than one with a narrow matrix, on a GPU by far.
        with_change, along = (
            (rows @ vector).to(self._step_change.dtype).view(used, 2)
            for vector in (pair[1], gradient)
        )
        steps, changes = with_change[:, :1], with_change[:, 1:]
        self._step_change[:used].index_copy_(1, self._newest, steps)
        self._change_change[:used].index_copy_(1, self._newest, changes)
        self._change_change[:, :used].index_copy_(0, self._newest, changes.T)
        return along

    def _direction(self, gradient: Tensor, along: Tensor) -> Tensor:
        """Return −H·gradient, with H the approximation of the inverse Hessian.

        Args:
            gradient: at where the picture is now.
            along: what `_remember` returned.
        """
        used = self._used
        oldest_first = (self._newest + 1 + self._places[:used]) % used
        step_change, change_change = (
            products[oldest_first][:, oldest_first]
            for products in (self._step_change, self._change_change)
        )
        along = along[oldest_first]
        along_steps, along_changes = along[:, :1], along[:, 1:]
        diagonal = step_change.diagonal()
        triangle = step_change.triu() + torch.diag((diagonal == 0).to(diagonal.dtype))
        first = torch.linalg.solve_triangular(triangle, along_steps, upper=True)
        inner = diagonal.unsqueeze(1) * first
        inner += self._scale * (change_change @ first - along_changes)
        second = torch.linalg.solve_triangular(triangle.T, inner, upper=False)
        shares = torch.empty_like(along)
        shares.index_copy_(0, oldest_first, torch.cat([-second, self._scale * first], 1))
        direction: Tensor = shares.float().flatten() @ self._rows() - self._scale * gradient
        return direction

    def _rows(self) -> Tensor:
        """Return steps and changes in turn, (2 · used, numbers of the picture)."""
        return self._pairs[: self._used].flatten(0, 1)

    def _bounded(self, direction: Tensor) -> Tensor:
        """Return the direction at the length that the limit allows."""
        length = _root_mean_square(direction).clamp_min(1e-12)
        # Nothing tells how far to go before the first pair: take the first step's length.
        known = self._step_change.diagonal().any()
        factor = torch.where(
            known, (self._limit / length).clamp_max(1.0), self._first_step / length
        )
        return direction * factor


def _flat(tensor: Tensor) -> Tensor:
    """Return all numbers in a row, as they lie in memory where channels come last."""
    return tensor.movedim(1, -1).reshape(-1) if tensor.dim() == 4 else tensor.reshape(-1)


def _shaped(flat: Tensor, like: Tensor) -> Tensor:
    """Undo `_flat`; return a view."""
    if like.dim() != 4:
        return flat.view(like.shape)
    count, channels, height, width = like.shape
    return flat.view(count, height, width, channels).movedim(-1, 1)


def _root_mean_square(tensor: Tensor) -> Tensor:
    return tensor.square().mean().sqrt()


class Adam:
    """PyTorch's Adam behind the same `step(gradient)`."""

    def __init__(self, picture: Tensor, *, learning_rate: float) -> None:
        self._picture = picture
        self._adam = torch.optim.Adam(
            [picture], lr=learning_rate, fused=True, capturable=picture.is_cuda
        )

    def step(self, gradient: Tensor, loss: Tensor) -> None:  # noqa: ARG002 - the same signature
        """Move the picture once, given the gradient at where it is now."""
        self._picture.grad = gradient
        self._adam.step()
