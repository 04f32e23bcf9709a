"""The update rules on functions whose minimum is known."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from nst.optimisers import LBFGS, Adam


def _quadratic(condition: float, count: int = 40) -> tuple[Tensor, Tensor]:
    """Curvatures and the minimum of Σ curvature·(x − minimum)²/2."""
    curvatures = torch.logspace(0, math.log10(condition), count)
    return curvatures, torch.linspace(-1, 1, count)


@pytest.mark.parametrize(("condition", "steps"), [(1.0, 25), (100.0, 80)])
def test_lbfgs_finds_the_minimum_of_a_quadratic(condition: float, steps: int) -> None:
    curvatures, minimum = _quadratic(condition)
    picture = torch.zeros_like(minimum)
    optimiser = LBFGS(picture)
    for _ in range(steps):
        error = picture - minimum
        optimiser.step(curvatures * error, (curvatures * error.square()).sum() / 2)
    assert (picture - minimum).abs().max() < 1e-2


def test_lbfgs_needs_far_fewer_steps_than_adam() -> None:
    curvatures, minimum = _quadratic(100.0)

    def left(optimiser: Adam | LBFGS, picture: Tensor) -> float:
        for _ in range(60):
            error = picture.detach() - minimum
            optimiser.step(curvatures * error, (curvatures * error.square()).sum() / 2)
        return float((picture.detach() - minimum).square().sum())

    first = torch.zeros_like(minimum)
    second = torch.zeros_like(minimum).requires_grad_()
    assert left(LBFGS(first), first) < left(Adam(second, learning_rate=0.003), second) / 100


def test_lbfgs_bounds_every_step() -> None:
    picture = torch.zeros(100)
    optimiser = LBFGS(picture, first_step=0.02, longest_step=0.5)
    optimiser.step(torch.full((100,), 1e9), torch.tensor(1e9))
    assert picture.square().mean().sqrt().item() == pytest.approx(0.02)
    before = picture.clone()
    # A gradient that hardly changed promises a minimum far away.
    optimiser.step(torch.full((100,), 0.999e9), torch.tensor(0.9e9))
    assert (picture - before).square().mean().sqrt().item() <= 0.5 + 1e-6


@pytest.mark.parametrize("disaster", [math.inf, math.nan, 1e6])
def test_lbfgs_goes_back_to_the_best_picture(disaster: float) -> None:
    picture = torch.ones(10)
    optimiser = LBFGS(picture)
    optimiser.step(torch.ones(10), torch.tensor(5.0))
    best = picture.clone()
    optimiser.step(torch.ones(10) * 0.5, torch.tensor(1.0))
    assert not torch.equal(picture, best)
    optimiser.step(torch.full((10,), disaster), torch.tensor(disaster))
    assert torch.equal(picture, best)
    # It goes on from there, more carefully than at first.
    optimiser.step(torch.ones(10), torch.tensor(1.0))
    stride = (picture - best).square().mean().sqrt().item()
    assert stride == pytest.approx(0.01)


def test_lbfgs_stays_where_the_gradient_is_zero() -> None:
    picture = torch.ones(10)
    optimiser = LBFGS(picture)
    for _ in range(3):
        optimiser.step(torch.zeros(10), torch.tensor(0.0))
    assert torch.equal(picture, torch.ones(10))


def test_adam_is_pytorchs() -> None:
    ours = torch.zeros(5, requires_grad=True)
    theirs = torch.zeros(5, requires_grad=True)
    optimiser, expected = Adam(ours, learning_rate=0.1), torch.optim.Adam([theirs], lr=0.1)
    for step in range(1, 5):
        gradient = torch.arange(5.0) * step
        optimiser.step(gradient.clone(), torch.tensor(1.0))
        theirs.grad = gradient
        expected.step()
    assert torch.equal(ours, theirs)
