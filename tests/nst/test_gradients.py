"""The derivatives that are written out, against autograd's of the losses that they belong to."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from nst.losses import (
    TemporalLoss,
    add_gram_error,
    add_squared_distance,
    add_statistics_error,
    add_total_variation,
    gram_matrix,
    mean_and_covariance,
    squared_error,
    total_variation,
)


def _maps(seed: int, channels: int = 5, height: int = 7, width: int = 9) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    maps = torch.randn(1, channels, height, width, generator=generator) + 0.5
    return maps.contiguous(memory_format=torch.channels_last)


def _mask(seed: int, maps: Tensor) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, 1, *maps.shape[2:], generator=generator)


feature_maps = st.builds(
    _maps,
    st.integers(0, 2**31),
    channels=st.integers(1, 8),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
)


def _check(
    maps: Tensor, loss: Callable[[Tensor], Tensor], add: Callable[[Tensor, Tensor], Tensor]
) -> None:
    """`add` returns the loss and adds its derivative to whatever is there."""
    leaf = maps.clone(memory_format=torch.preserve_format).requires_grad_()
    expected = loss(leaf)
    (slope,) = torch.autograd.grad(expected, leaf)
    there = torch.full_like(maps, 0.25)
    found = add(there, maps)
    torch.testing.assert_close(found, expected.detach(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(there - 0.25, slope, rtol=2e-3, atol=1e-4)


@settings(deadline=None, max_examples=40)
@given(feature_maps, st.integers(0, 2**31))
def test_squared_distance(maps: Tensor, seed: int) -> None:
    target = _maps(seed, *maps.shape[1:])
    _check(
        maps,
        lambda value: 0.7 * squared_error(value, target),
        lambda gradient, value: add_squared_distance(
            gradient, value, target, weight=0.7 / value.numel()
        ),
    )


@settings(deadline=None, max_examples=40)
@given(feature_maps, st.integers(0, 2**31), st.booleans())
def test_gram_error(maps: Tensor, seed: int, masked: bool) -> None:
    target = gram_matrix(_maps(seed, *maps.shape[1:]))
    mask = _mask(seed, maps) if masked else None
    _check(
        maps,
        lambda value: 1e-4 * (gram_matrix(value, mask=mask) - target).square().sum(),
        lambda gradient, value: add_gram_error(gradient, value, target, weight=1e-4, mask=mask),
    )


@settings(deadline=None, max_examples=40)
@given(feature_maps, st.integers(0, 2**31), st.booleans())
def test_statistics_error(maps: Tensor, seed: int, masked: bool) -> None:
    mean, covariance = mean_and_covariance(_maps(seed, *maps.shape[1:]))
    mask = _mask(seed, maps) if masked else None

    def loss(value: Tensor) -> Tensor:
        ours, others = mean_and_covariance(value, mask)
        return 0.3 * (ours - mean).square().sum() + 0.1 * (others - covariance).square().sum()

    def add(gradient: Tensor, value: Tensor) -> Tensor:
        return add_statistics_error(
            gradient, value, mean, covariance, mean_weight=0.3, covariance_weight=0.1, mask=mask
        )

    _check(maps, loss, add)


@pytest.mark.parametrize(("height", "width"), [(5, 6), (1, 6), (5, 1), (1, 1)])
def test_total_variation(height: int, width: int) -> None:
    def loss(value: Tensor) -> Tensor:
        # Without neighbours in a direction there is nothing to vary.
        along = [value.diff(dim=axis) for axis in (2, 3) if value.shape[axis] > 1]
        return sum((0.2 * part.square().mean() for part in along), value.sum() * 0)

    _check(
        _maps(1, 3, height, width),
        loss,
        lambda gradient, value: add_total_variation(gradient, value, weight=0.2),
    )


def test_total_variation_is_the_one_of_the_losses() -> None:
    image = _maps(2, 3, 8, 9)
    found = add_total_variation(torch.zeros_like(image), image, weight=2.0)
    torch.testing.assert_close(found, 2 * total_variation(image))


def test_temporal_loss() -> None:
    target, weights = _maps(3, 3, 7, 9), _maps(4, 1, 7, 9).abs().clamp(max=1)
    loss = TemporalLoss(target, weights)

    def add(gradient: Tensor, value: Tensor) -> Tensor:
        return loss.add_gradient(gradient, value, weight=0.3)

    _check(_maps(5, 3, 7, 9), lambda value: 0.3 * loss.value(value), add)
    assert loss.value(target) == 0
    assert TemporalLoss(target, weights * 0).value(target + 1) == 0


@pytest.mark.parametrize("kind", ["gram", "statistics", "distance"])
def test_bfloat16_is_near_float32(kind: str) -> None:
    maps, other = _maps(3, 16, 20, 20).relu(), _maps(4, 16, 20, 20).relu()
    gram, (mean, covariance) = gram_matrix(other), mean_and_covariance(other)

    def gradient(value: Tensor) -> Tensor:
        found = torch.zeros_like(value)
        if kind == "gram":
            add_gram_error(found, value, gram, weight=1e-6)
        elif kind == "distance":
            add_squared_distance(found, value, other.to(value.dtype), weight=1e-3)
        else:
            add_statistics_error(
                found, value, mean, covariance, mean_weight=1.0, covariance_weight=1.0
            )
        return found.float()

    exact, near = gradient(maps), gradient(maps.bfloat16())
    assert (near - exact).norm() < 0.05 * exact.norm()


def test_a_gradient_that_cannot_be_added_to_in_place_is_refused() -> None:
    maps = _maps(5)
    part = torch.zeros(1, 5, 7, 18)[..., :9]
    with pytest.raises(RuntimeError, match="view"):
        add_gram_error(part, maps, torch.zeros(5, 5), weight=1.0)
