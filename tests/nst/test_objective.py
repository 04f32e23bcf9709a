"""The losses as objects, and the total with its derivative against autograd's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from nst import LoadedImage, Preset
from nst.encoder import Encoder
from nst.losses import (
    ContentLoss,
    CosineLoss,
    GramLoss,
    MeanSquaredLoss,
    RelativeSquaredLoss,
    StandardisedStatisticsLoss,
    StatisticsLoss,
    StyleLoss,
    TotalVariationLoss,
)
from nst.objective import PictureObjective, Region, style_losses
from nst.plain import PlainObjective
from nst.tensors import to_tensor
from tests.nst import plain

_CPU = torch.device("cpu")


def _maps(seed: int, channels: int = 5, height: int = 7, width: int = 9) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    maps = torch.randn(1, channels, height, width, generator=generator) + 0.5
    return maps.contiguous(memory_format=torch.channels_last)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**31), masked=st.booleans(), mixed=st.booleans())
@pytest.mark.parametrize("kind", [GramLoss, StatisticsLoss, StandardisedStatisticsLoss])
def test_a_style_loss_and_its_derivative(
    kind: type[StyleLoss], seed: int, masked: bool, mixed: bool
) -> None:
    loss = kind.of(_maps(seed + 1, width=8))
    if mixed:
        loss = type(loss).mixed([loss, kind.of(_maps(seed + 2))], [0.25, 0.75])
    mask = torch.rand(1, 1, 7, 9, generator=torch.Generator().manual_seed(seed)) if masked else None
    maps = _maps(seed).requires_grad_()
    value = loss.value(maps, mask)
    (slope,) = torch.autograd.grad(3 * value, maps)
    gradient = torch.full_like(maps, 0.25)
    found = loss.add_gradient(gradient, maps.detach(), weight=3.0, mask=mask)
    torch.testing.assert_close(found, 3 * value.detach(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(gradient - 0.25, slope, rtol=2e-3, atol=1e-4)


@pytest.mark.parametrize(
    "kind", [MeanSquaredLoss, RelativeSquaredLoss, CosineLoss, partial(CosineLoss, amplitude=0.7)]
)
def test_a_content_loss_and_its_derivative(kind: Callable[[Tensor, float], ContentLoss]) -> None:
    loss = kind(_maps(1), 0.4)
    maps = _maps(2).requires_grad_()
    value = loss.value(maps)
    (slope,) = torch.autograd.grad(3 * value, maps)
    gradient = torch.full_like(maps, 0.25)
    found = loss.add_gradient(gradient, maps.detach(), weight=3.0)
    torch.testing.assert_close(found, 3 * value.detach(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(gradient - 0.25, slope, rtol=1e-4, atol=1e-5)
    assert loss.value(_maps(1)).item() == pytest.approx(0, abs=1e-5)


def test_a_picture_loss_and_its_derivative() -> None:
    loss = TotalVariationLoss(_maps(1, 3))
    picture = _maps(2, 3).requires_grad_()
    value = loss.value(picture)
    (slope,) = torch.autograd.grad(3 * value, picture)
    gradient = torch.zeros_like(picture)
    found = loss.add_gradient(gradient, picture.detach(), weight=3.0)
    torch.testing.assert_close(found, 3 * value.detach())
    torch.testing.assert_close(gradient, slope)


@pytest.mark.parametrize("kind", [GramLoss, StatisticsLoss, StandardisedStatisticsLoss])
def test_styles_mixed_are_those_of_one_picture_with_both(kind: type[StyleLoss]) -> None:
    one, other = _maps(1, height=6), _maps(2, height=2)
    together = kind.of(torch.cat([one, other], dim=2))
    weights = [0.75, 0.25]
    if kind is GramLoss:  # undivided, so that they add up
        weights = [1.0, 1.0]
    mixed = kind.mixed([kind.of(one), kind.of(other)], weights)
    for found, expected in zip(mixed.target, together.target, strict=True):
        torch.testing.assert_close(found, expected)


def test_a_mean_is_seen_beside_the_spread_of_the_styles_features() -> None:
    maps = _maps(1)
    for spread in (1.0, 4.0):
        loss = StandardisedStatisticsLoss.of(spread * maps)
        off = loss.value(spread * (maps + 1))  # the covariance is the same
        covariance = loss.target[1].square().sum().sqrt()
        torch.testing.assert_close(off, maps.shape[1] * spread**2 / covariance, rtol=1e-3, atol=0)


def test_the_mean_of_a_plain_style_counts_ten_times_at_most() -> None:
    plain = torch.ones(1, 5, 7, 9)
    once, often = (
        kind.of(plain).value(2 * plain) for kind in (StatisticsLoss, StandardisedStatisticsLoss)
    )
    torch.testing.assert_close(often, 10 * once)


def _pictures(photo: Image.Image, style: Image.Image) -> tuple[Tensor, Tensor, Tensor]:
    content, look = (to_tensor(image, 64, 48, _CPU) for image in (photo, style))
    noise = torch.randn(content.shape, generator=torch.Generator().manual_seed(1))
    picture = (content + 0.3 * noise).contiguous(memory_format=torch.channels_last)
    return content, look, picture


@pytest.mark.slow
@pytest.mark.parametrize("preset", Preset)
def test_the_derivative_by_hand_is_autograds(
    preset: Preset, photo: Image.Image, style: Image.Image, encoder: Encoder
) -> None:
    content, look, picture = _pictures(photo, style)
    leaf = picture.clone().requires_grad_()
    total = PlainObjective(content, look, preset.method)(leaf)
    (slope,) = torch.autograd.grad(total, leaf)
    loaded = LoadedImage(colour=style, alpha=None, sha256="the style of this test alone")
    objective = PictureObjective.of_one_style(
        encoder, content, loaded, preset.method, size=(64, 48)
    )
    losses, gradient = objective.value_and_gradient(picture)
    torch.testing.assert_close(losses.total, total.detach(), rtol=1e-4, atol=0)
    assert (gradient - slope).norm() < 1e-4 * slope.norm()
    torch.testing.assert_close(sum(losses.terms.values()), losses.total)


@pytest.mark.slow
def test_the_plain_network_is_the_published_one(photo: Image.Image, style: Image.Image) -> None:
    content, look, picture = _pictures(photo, style)
    with torch.no_grad():
        found = PlainObjective(content, look, Preset.REFERENCE.method).features(picture)
        expected = plain.features(picture)
    for name, maps in expected.items():
        torch.testing.assert_close(found[f"relu{name}"], maps, rtol=1e-3, atol=1e-4)


def test_a_term_without_weight_is_not_computed(
    photo: Image.Image, style: Image.Image, encoder: Encoder
) -> None:
    content, _, picture = _pictures(photo, style)
    method = Preset.STANDARD.method
    still = replace(method, terms={"tv": replace(method.terms["tv"], weight=0.0)})
    loaded = LoadedImage(colour=style, alpha=None, sha256="the style of this test alone")
    weights = method.style_layer_weights
    losses = style_losses(encoder, loaded, (64, 48), tuple(weights), method.style_loss)
    regions = [Region(losses)]
    with_tv, without = (
        PictureObjective(encoder, content, regions, weights, each).value_and_gradient(picture)[0]
        for each in (method, still)
    )
    assert list(with_tv.terms) == ["content", "style", "tv"]
    assert list(without.terms) == ["content", "style"]
    assert without.total == with_tv.terms["content"] + with_tv.terms["style"]
