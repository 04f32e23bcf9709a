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


def _length(step: Tensor) -> float:
    return float(step.square().mean().sqrt())


def test_lbfgs_bounds_every_step() -> None:
    picture = torch.zeros(100)
    optimiser = LBFGS(picture, first_step=0.02, longest_step=0.2)
    optimiser.step(torch.full((100,), 1e9), torch.tensor(1e9))
    assert _length(picture) == pytest.approx(0.02)
    before = picture.clone()
    # A gradient that hardly changed promises a minimum far away.
    optimiser.step(torch.full((100,), 0.999e9), torch.tensor(0.9e9))
    assert _length(picture - before) == pytest.approx(0.2)


@pytest.mark.parametrize("disaster", [math.inf, math.nan, 1e6])
def test_lbfgs_takes_back_a_step_that_overshot(disaster: float) -> None:
    picture = torch.ones(10)
    optimiser = LBFGS(picture, first_step=0.02, longest_step=0.2)
    optimiser.step(torch.ones(10), torch.tensor(5.0))
    good = picture.clone()
    optimiser.step(torch.ones(10) * 0.5, torch.tensor(4.0))
    step = picture - good
    bad = torch.full((10,), disaster), torch.tensor(disaster)
    for left in (0.25, 0.0625):
        optimiser.step(*bad)
        torch.testing.assert_close(picture - good, left * step)
    # It goes on from there, carefully at first.
    before = picture.clone()
    optimiser.step(torch.ones(10) * 0.49, torch.tensor(3.9))
    assert 0 < _length(picture - before) <= _length(step) * 0.0625 * 1.01


def test_lbfgs_is_not_stuck_before_a_wall() -> None:
    """A gentle slope promises a minimum far away, again and again; a wall stands at 0.1."""

    def evaluate(position: Tensor) -> tuple[Tensor, Tensor]:
        position = position.clone().requires_grad_()
        slope = 0.2 - position + 0.01 * position.square()
        loss = (slope + 1e4 * (position - 0.1).clamp_min(0).square()).mean()
        return torch.autograd.grad(loss, position)[0], loss.detach()

    picture = torch.zeros(10)
    optimiser = LBFGS(picture)
    losses = []
    for _ in range(20):
        gradient, loss = evaluate(picture)
        losses.append(float(loss))
        optimiser.step(gradient, loss)
    assert min(losses) < 0.11


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
