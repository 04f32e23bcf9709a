"""The update rules on functions whose minimum is known."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from nst.optimisers import LBFGS, Adam, history_for
from tests.nst.looking import no_looking


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
    torch.testing.assert_close(ours, theirs)


def _two_loops(gradient: Tensor, pairs: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """Nocedal and Wright 2006, algorithm 7.4."""
    direction = gradient.clone()
    weights = []
    for step, change in reversed(pairs):
        weights.append(step @ direction / (step @ change))
        direction -= weights[-1] * change
    step, change = pairs[-1]
    direction *= (step @ change) / (change @ change)
    for (step, change), weight in zip(pairs, reversed(weights), strict=True):
        direction += (weight - change @ direction / (step @ change)) * step
    return -direction


def test_the_compact_form_is_the_two_loops() -> None:
    curvatures, minimum = _quadratic(100.0)
    generator = torch.Generator().manual_seed(0)
    picture = torch.randn(40, generator=generator)
    optimiser = LBFGS(picture, history=4, longest_step=1e9)
    places, slopes = [], []
    for number in range(9):  # the history of four is overwritten more than once
        gradient = curvatures * (picture - minimum)
        places.append(picture.clone())
        slopes.append(gradient)
        optimiser.step(gradient, (gradient * (picture - minimum)).sum())
        if number:
            pairs = [(places[i + 1] - places[i], slopes[i + 1] - slopes[i]) for i in range(number)]
            expected = _two_loops(gradient, pairs[-4:])
            torch.testing.assert_close(picture - places[-1], expected, rtol=2e-3, atol=1e-5)


def test_lbfgs_on_a_picture_with_channels_last_and_a_gradient_that_is_not() -> None:
    picture = torch.zeros(1, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    plain = torch.zeros(60)
    minimum = torch.linspace(-1, 1, 60)
    optimisers = LBFGS(picture), LBFGS(plain)
    for _ in range(6):
        error = picture - minimum.view(1, 3, 4, 5)
        optimisers[0].step(error.contiguous(), error.square().sum())
        error = plain - minimum
        optimisers[1].step(error, error.square().sum())
    torch.testing.assert_close(picture.flatten(), plain)


def test_the_guard_against_looking_guards() -> None:
    with no_looking(), pytest.raises(AssertionError, match="_local_scalar_dense"):
        float(torch.ones(()) + 1)


@pytest.mark.parametrize("kind", ["lbfgs", "adam"])
def test_no_step_looks_at_a_number(kind: str) -> None:
    picture = torch.zeros(1, 3, 4, 5)
    optimiser = LBFGS(picture, history=3) if kind == "lbfgs" else Adam(picture, learning_rate=0.1)
    with torch.no_grad(), no_looking():
        for number in range(8):
            error = picture - 1
            # The fifth loss is one that makes L-BFGS take its step back.
            optimiser.step(error, error.square().sum() * (1e6 if number == 4 else 1))
    assert (picture - 1).abs().max() < 0.99


def test_huge_pictures_have_a_short_history() -> None:
    assert history_for(512 * 384, steps=25) == 20
    assert history_for(512 * 384, steps=4) == 4
    assert history_for(1536 * 1152, steps=40) == 9
    assert history_for(2048 * 2048, steps=40) == 5
    assert history_for(16384 * 16384, steps=40) == 5
    assert history_for(512 * 384, steps=0) == 1
