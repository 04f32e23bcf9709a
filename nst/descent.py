"""The loop that updates a picture: an evaluation and a step, again and again.

A GPU never waits for the host here: the evaluation is captured once as a CUDA graph and then
replayed, the step takes no decision on the host (`nst.optimisers`), and the losses are read while
the next step is already running.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

import torch
from torch import Tensor

from nst.objective import Losses
from nst.optimisers import LBFGS, Adam

_log = logging.getLogger(__name__)

_Result = tuple[Losses, Tensor]


class Objective(Protocol):
    """What is minimised; `nst.objective.PictureObjective` is one."""

    def value_and_gradient(self, picture: Tensor, *, lean: bool = False) -> _Result:
        """The losses and the derivative of their total by the picture."""


def descend(
    objective: Objective,
    picture: Tensor,
    optimiser: Adam | LBFGS,
    steps: int,
    *,
    lean: bool = False,
) -> Iterator[Losses]:
    """Update the picture in place.

    Args:
        objective: what is minimised.
        picture: (1, 3, height, width); the optimiser's own.
        optimiser: the update rule.
        steps: how many.
        lean: evaluate in less memory. Without it that is done as soon as memory runs out.

    Yields:
        The losses that each step started from. On a GPU they come when the next step is on its
        way already.

    Raises:
        torch.OutOfMemoryError: the lean evaluation does not fit either.
    """
    evaluation = Evaluation(objective, picture, lean=lean)
    on_their_way: deque[Callable[[], Losses]] = deque()
    ahead = 1 if picture.is_cuda else 0
    for _ in range(steps):
        losses, gradient = evaluation()
        optimiser.step(gradient, losses.total)
        on_their_way.append(_read(losses))
        while len(on_their_way) > ahead:
            yield on_their_way.popleft()()
    while on_their_way:
        yield on_their_way.popleft()()


class Evaluation:
    """The objective at a picture, wherever the picture has moved to.

    Args:
        objective: what is minimised.
        picture: looked at again in each evaluation.
        lean: see `descend`.

    Attributes:
        lean: whether evaluations are lean by now.
    """

    def __init__(self, objective: Objective, picture: Tensor, *, lean: bool = False) -> None:
        self._objective = objective
        self._picture = picture
        self.lean = lean
        self._captured: Callable[[], _Result] | None = None

    def __call__(self) -> _Result:
        """Evaluate; what it returns is overwritten by the next evaluation on a GPU."""
        try:
            return self._run()
        except torch.OutOfMemoryError:
            if self.lean:
                raise
            _log.warning("Memory is short: going on with less of it and a third slower.")
        # Not before the exception is gone, which holds the tensors of the failed attempt.
        self.lean, self._captured = True, None
        torch.cuda.empty_cache()
        return self._run()

    def _run(self) -> _Result:
        if not self._picture.is_cuda:
            return self._evaluate()
        if self._captured is None:
            self._captured = self._capture()
        return self._captured()

    def _evaluate(self) -> _Result:
        return self._objective.value_and_gradient(self._picture, lean=self.lean)

    def _capture(self) -> Callable[[], _Result]:
        """The evaluation as a CUDA graph, or as it is where it cannot be captured.

        https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
        """
        stream = torch.cuda.Stream(self._picture.device)  # type: ignore[no-untyped-call] # torch's
        current = torch.cuda.current_stream(self._picture.device)
        stream.wait_stream(current)
        with torch.cuda.stream(stream):
            for _ in range(2):  # libraries choose their kernels and take their workspaces
                self._evaluate()
        current.wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                result = self._evaluate()
        except torch.OutOfMemoryError:
            raise
        except RuntimeError:
            _log.warning("CUDA graphs do not work here; going on without.", exc_info=True)
            return self._evaluate

        def replay() -> _Result:
            graph.replay()
            return result

        return replay


def _read(losses: Losses) -> Callable[[], Losses]:
    """Start to bring the losses to the host; call what is returned to have them."""
    if not losses.total.is_cuda:
        return lambda: losses
    numbers = torch.stack(
        [losses.total, losses.content, losses.style, losses.tv, *losses.style_layers.values()]
    )
    host = torch.empty(numbers.shape, dtype=numbers.dtype, pin_memory=True)
    host.copy_(numbers, non_blocking=True)
    arrived = torch.cuda.Event()  # type: ignore[no-untyped-call] # torch's
    arrived.record()

    def wait() -> Losses:
        arrived.synchronize()
        total, content, style, tv, *layers = host.unbind()
        names = dict(zip(losses.style_layers, layers, strict=True))
        return Losses(total, content, style, tv, names)

    return wait
