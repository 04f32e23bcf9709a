"""The loop that updates a picture: an evaluation and a step, again and again.

A GPU never waits for the host here: after the first steps, evaluation and update are captured as
one CUDA graph and then replayed, no decision is taken on the host (`nst.optimisers`), and the
losses are read while the next step is already running.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Protocol

import torch
from torch import Tensor

from nst.objective import Losses

_log = logging.getLogger(__name__)

# Steps before a graph is captured: libraries choose their kernels and take their workspaces, and
# the second step of an optimiser is the first that is like all others.
_WARM: Final = 2


class Objective(Protocol):
    """What is minimised; `nst.objective.PictureObjective` is one."""

    def value_and_gradient(
        self, picture: Tensor, *, recompute: bool = False
    ) -> tuple[Losses, Tensor]:
        """Return the losses and the derivative of their total by the picture."""


class Optimiser(Protocol):
    """How the picture is updated; see `nst.optimisers`."""

    def step(self, gradient: Tensor, loss: Tensor) -> None:
        """Move the picture once, given the gradient and the loss at where it is now."""


def optimise(
    objective: Objective,
    picture: Tensor,
    optimiser: Optimiser,
    steps: int,
    *,
    recompute: bool = False,
) -> Iterator[Losses]:
    """Update the picture in place.

    Args:
        objective: what is minimised.
        picture: (1, 3, height, width), or several of that size; the optimiser's own.
        optimiser: the update rule.
        steps: how many.
        recompute: evaluate in less memory. Without it that is done as soon as memory runs out.

    Yields:
        The losses that each step started from. On a GPU they come when the next step is on its
        way already.

    Raises:
        torch.OutOfMemoryError: an evaluation in less memory does not fit either.
    """
    step = Step(objective, picture, optimiser, recompute=recompute)
    on_their_way: deque[Callable[[], Losses]] = deque()
    ahead = 1 if picture.is_cuda else 0
    for _ in range(steps):
        on_their_way.append(_read(step()))
        while len(on_their_way) > ahead:
            yield on_their_way.popleft()()
    while on_their_way:
        yield on_their_way.popleft()()


class Step:
    """One evaluation and one update of the picture, wherever it has moved to by now.

    Args:
        objective: what is minimised.
        picture: updated in place.
        optimiser: of this picture.
        recompute: see `optimise`.

    Attributes:
        recompute: whether evaluations take less memory by now.
    """

    def __init__(
        self,
        objective: Objective,
        picture: Tensor,
        optimiser: Optimiser,
        *,
        recompute: bool = False,
    ) -> None:
        self._objective = objective
        self._picture = picture
        self._optimiser = optimiser
        self._replay: Callable[[], Losses] | None = None
        self._taken = 0  # as it is, without a graph
        self.recompute = recompute

    def __call__(self) -> Losses:
        """Take the step; the losses that it returns are overwritten by the next one on a GPU."""
        try:
            return self._run()
        except torch.OutOfMemoryError:
            if self.recompute:
                raise
            _log.warning("Memory is short: going on with less of it and a third slower.")
        # Not before the exception is gone, which holds the tensors of the failed attempt.
        self.recompute, self._taken, self._replay = True, 0, None
        torch.cuda.empty_cache()
        return self._run()

    def _run(self) -> Losses:
        if self._replay is None and self._taken >= _WARM and self._picture.is_cuda:
            self._replay = self._capture()
        if self._replay is not None:
            return self._replay()
        losses = self._take()
        self._taken += 1
        return losses

    def _take(self) -> Losses:
        losses, gradient = self._objective.value_and_gradient(
            self._picture, recompute=self.recompute
        )
        self._optimiser.step(gradient, losses.total)
        return losses

    def _capture(self) -> Callable[[], Losses]:
        """Capture the step as a CUDA graph; return it as it is where that cannot be done.

        https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
        """
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                losses = self._take()
        except torch.OutOfMemoryError:
            raise
        except RuntimeError:
            _log.warning("CUDA graphs do not work here; going on without.", exc_info=True)
            return self._take

        def replay() -> Losses:
            graph.replay()
            return losses

        return replay


def _read(losses: Losses) -> Callable[[], Losses]:
    """Start to bring the losses to the host; call what is returned to have them there."""
    if not losses.total.is_cuda:
        return lambda: losses
    numbers = losses.stacked()
    host = torch.empty(numbers.shape, dtype=numbers.dtype, pin_memory=True)
    host.copy_(numbers, non_blocking=True)
    arrived = torch.cuda.Event()  # type: ignore[no-untyped-call] # torch's
    arrived.record()

    def wait() -> Losses:
        arrived.synchronize()
        return losses.unstacked(host)

    return wait
