"""Pictures of one size, painted together: one way through the network and back for all of them.

The network costs a GPU hardly more for several small pictures than for one, which leaves most of it
idle. What is each picture's own (its losses, its steps) are many small kernels: those of all
pictures run side by side. The numbers are those that each would have alone, but for rounding within
the convolutions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TypeVar

import torch
from torch import Tensor

from nst.objective import Losses, PictureObjective
from nst.optimisation_loop import Optimiser, optimise
from nst.painting import Painting
from nst.progress import Progress
from nst.pyramid import Scale

T = TypeVar("T")


def are_alike(one: Painting, other: Painting) -> bool:
    """Tell whether two pictures can be painted together from where they are now.

    Their sizes, steps and terms must be the same, and so must be the network, and the place in the
    schedule. Photos, styles, strengths and starts may differ.
    """
    ours, theirs = one.setup, other.setup
    return (
        ours.scales == theirs.scales
        and one.encoder is other.encoder
        and one.step == other.step
        and replace(ours.method, init=theirs.method.init) == theirs.method
    )


def paint_together(paintings: Sequence[Painting]) -> Iterator[tuple[Progress, ...]]:
    """Work through all scales; yield after each step, which is one of every picture.

    Args:
        paintings: one, or several that are alike.

    Raises:
        torch.OutOfMemoryError: several do not fit; they can go on in smaller groups. Or one does
            not fit at its coarsest scale; at finer ones it ends as it is.
    """
    first, *others = paintings
    for scale in first.setup.scales:
        steps = first.steps_left(scale)
        if not steps:  # done before the checkpoint, which may be of a finer scale
            continue
        coarser = first.picture
        for each in paintings:
            each.enter(scale)
        try:
            for losses in _optimise(paintings, scale, steps):
                yield tuple(
                    each.count(scale, its) for each, its in zip(paintings, losses, strict=True)
                )
        except torch.OutOfMemoryError:
            if others or scale is first.setup.scales[0]:
                raise
            first.settle_for(coarser)
            return


def _optimise(
    paintings: Sequence[Painting], scale: Scale, steps: int
) -> Iterator[Sequence[Losses]]:
    """Update the pictures in place; yield the losses that each step of each started from."""
    setup, count = paintings[0].setup, len(paintings)
    recompute = setup.must_recompute(replace(scale, steps=steps), count)
    if count == 1:
        (one,) = paintings
        objective, optimiser = one.objective(scale), one.optimiser(scale, steps)
        for losses in optimise(objective, one.picture, optimiser, steps, recompute=recompute):
            yield [losses]
        return
    pictures = torch.cat([each.picture for each in paintings])
    pictures = pictures.contiguous(memory_format=torch.channels_last)
    for number, each in enumerate(paintings):
        each.picture = _one(pictures, number)
    side_by_side = SideBySide(count, pictures.device)
    objectives = _Objectives([each.objective(scale) for each in paintings], side_by_side)
    optimisers = _Optimisers([each.optimiser(scale, steps) for each in paintings], side_by_side)
    for losses in optimise(objectives, pictures, optimisers, steps, recompute=recompute):
        yield losses.apart()


class SideBySide:
    """Does the same for several pictures, on a GPU at the same time: each on its own stream.

    A graph that is captured meanwhile gets a branch for each of them
    (https://docs.pytorch.org/docs/stable/notes/cuda.html#usage-with-multiple-streams). No stream
    takes memory of another one that is still in use, because all wait for each other at both ends.

    Args:
        count: of the pictures.
        device: where they are.
    """

    def __init__(self, count: int, device: torch.device) -> None:
        self._count, self._device = count, device
        self._streams = _streams(count, device) if device.type == "cuda" else ()

    def __call__(self, work: Callable[[int], T]) -> list[T]:
        """Return what `work` returns for each picture's number, from 0."""
        if not self._streams:
            return [work(number) for number in range(self._count)]
        here, found = torch.cuda.current_stream(self._device), []
        try:
            for number, stream in enumerate(self._streams):
                stream.wait_stream(here)
                with torch.cuda.stream(stream):
                    found.append(work(number))
        finally:
            for stream in self._streams[: len(found) + 1]:
                here.wait_stream(stream)
        return found


@lru_cache
def _streams(count: int, device: torch.device) -> tuple[torch.cuda.Stream, ...]:
    """Return streams that are kept: each has a workspace of its own for products of matrices."""
    return tuple(torch.cuda.Stream(device) for _ in range(count))  # type: ignore[no-untyped-call] # torch's


class _Objectives:
    """The objectives of several pictures as one."""

    def __init__(self, objectives: Sequence[PictureObjective], side_by_side: SideBySide) -> None:
        self._objectives, self._side_by_side = objectives, side_by_side
        self._layers = set().union(*(each.layers for each in objectives))

    @torch.no_grad()
    def value_and_gradient(
        self, pictures: Tensor, *, recompute: bool = False
    ) -> tuple[Losses, Tensor]:
        """Return the losses of each, and the derivative of each one's total by it."""
        encoder = self._objectives[0].encoder
        found, gradient = encoder.backpropagate(
            pictures, self._layers, self._hook, recompute=recompute
        )

        def complete(number: int) -> Losses:
            its = {layer: losses[number] for layer, losses in found.items()}
            objective = self._objectives[number]
            return objective.complete(its, _one(gradient, number), _one(pictures, number))

        return Losses.together(self._side_by_side(complete)), gradient

    def _hook(self, layer: str, maps: Tensor, gradient: Tensor) -> Tensor:
        def its(number: int) -> Tensor:
            objective = self._objectives[number]
            return objective.hook(layer, _one(maps, number), _one(gradient, number))

        return torch.stack(self._side_by_side(its))


class _Optimisers:
    """The update rules of several pictures as one."""

    def __init__(self, optimisers: Sequence[Optimiser], side_by_side: SideBySide) -> None:
        self._optimisers, self._side_by_side = optimisers, side_by_side

    def step(self, gradient: Tensor, loss: Tensor) -> None:
        """Move each picture once, given the gradients and losses, (pictures,)."""

        def step(number: int) -> None:
            self._optimisers[number].step(_one(gradient, number), loss[number])

        self._side_by_side(step)


def _one(tensor: Tensor, number: int) -> Tensor:
    """Return one picture's part of what belongs to several, (1, c, h, w): a view."""
    return tensor[number : number + 1]
