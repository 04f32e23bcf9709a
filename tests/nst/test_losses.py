"""The losses against the same formulas written another way."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from nst.losses import (
    CosineLoss,
    gram_matrix,
    mean_and_covariance,
    relative_error,
    squared_error,
    total_variation,
)


def _maps(seed: int, channels: int = 5, height: int = 7, width: int = 9) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, channels, height, width, generator=generator)


feature_maps = st.builds(
    _maps,
    st.integers(0, 2**31),
    channels=st.integers(1, 8),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
)


@pytest.mark.parametrize("divisor", [1.0, 63.0])
def test_gram_matrix_is_the_product(divisor: float) -> None:
    maps = _maps(0)
    expected = torch.einsum("nchw,ndhw->cd", maps, maps) / divisor
    torch.testing.assert_close(gram_matrix(maps, divisor), expected, rtol=1e-5, atol=1e-4)


def test_gram_matrix_by_hand() -> None:
    maps = torch.tensor([[[[1.0, 2.0]], [[3.0, -1.0]]]])
    assert gram_matrix(maps).tolist() == [[5.0, 1.0], [1.0, 10.0]]
    assert gram_matrix(maps, 2.0).tolist() == [[2.5, 0.5], [0.5, 5.0]]


def test_mean_and_covariance_are_numpys() -> None:
    maps = _maps(1) + 3
    mean, covariance = mean_and_covariance(maps)
    rows = maps[0].flatten(1).numpy()
    np.testing.assert_allclose(mean.numpy(), rows.mean(1), rtol=1e-5)
    np.testing.assert_allclose(covariance.numpy(), np.cov(rows, ddof=0), rtol=1e-4, atol=1e-4)


def test_memory_layout_does_not_matter() -> None:
    maps = _maps(2)
    other = maps.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(gram_matrix(maps), gram_matrix(other))


@settings(deadline=None, max_examples=40)
@given(feature_maps)
def test_matrices_are_symmetric_and_positive_semidefinite(maps: Tensor) -> None:
    for matrix in (gram_matrix(maps), mean_and_covariance(maps)[1]):
        torch.testing.assert_close(matrix, matrix.T)
        lowest = float(torch.linalg.eigvalsh(matrix.double()).min())
        assert lowest > -1e-5 * (1 + float(matrix.abs().max()))


@settings(deadline=None, max_examples=40)
@given(feature_maps, st.randoms(use_true_random=False))
def test_statistics_forget_where_things_are(maps: Tensor, random: Random) -> None:
    positions = list(range(maps[0, 0].numel()))
    random.shuffle(positions)
    moved = maps.flatten(2)[..., positions].reshape(maps.shape)
    torch.testing.assert_close(gram_matrix(moved), gram_matrix(maps), rtol=1e-4, atol=1e-4)
    for ours, theirs in zip(mean_and_covariance(moved), mean_and_covariance(maps), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


@settings(deadline=None, max_examples=40)
@given(feature_maps, st.integers(0, 2**31))
def test_gradients_are_those_of_the_formula(maps: Tensor, seed: int) -> None:
    channels = maps.shape[1]
    generator = torch.Generator().manual_seed(seed)
    target = torch.randn(channels, channels, generator=generator)  # not symmetric on purpose
    shift = torch.randn(channels, generator=generator)

    def gradient(matrix: Tensor, mean: Tensor, picture: Tensor) -> Tensor:
        loss = (matrix * target).sum() + (mean * shift).sum()
        return torch.autograd.grad(loss, picture)[0]

    ours = maps.clone().requires_grad_()
    mean, covariance = mean_and_covariance(ours)
    plain = maps.clone().requires_grad_()
    rows = plain[0].flatten(1)
    centred = rows - rows.mean(1, keepdim=True)
    expected = gradient(centred @ centred.T / rows.shape[1], rows.mean(1), plain)
    torch.testing.assert_close(gradient(covariance, mean, ours), expected, rtol=1e-3, atol=1e-3)


def test_gram_gradient_by_finite_differences() -> None:
    maps = _maps(3, channels=3, height=2, width=3).requires_grad_()
    target = torch.full((3, 3), 0.5)

    def loss(value: Tensor) -> Tensor:
        return squared_error(gram_matrix(value), target)

    (gradient,) = torch.autograd.grad(loss(maps), maps)
    for index in range(maps.numel()):
        bump = torch.zeros(maps.numel())
        bump[index] = 1e-2
        bump = bump.view_as(maps)
        slope = (loss(maps + bump) - loss(maps - bump)).item() / 2e-2
        assert gradient.flatten()[index].item() == pytest.approx(slope, rel=2e-2, abs=1e-2)


def test_bfloat16_sums_in_float32() -> None:
    # 4096 ones: summed in bfloat16 the result would stick at 256.
    ones = torch.ones(1, 2, 64, 64, dtype=torch.bfloat16)
    mean, covariance = mean_and_covariance(ones)
    assert gram_matrix(ones)[0, 0].item() == pytest.approx(4096, rel=0.01)
    assert gram_matrix(ones).dtype == mean.dtype == covariance.dtype == torch.float32
    assert mean.tolist() == [1.0, 1.0]


def test_errors_are_zero_only_where_both_agree() -> None:
    maps, other = _maps(4), _maps(5)
    squared_norm = float(other.square().sum())
    assert squared_error(maps, maps).item() == 0
    assert relative_error(maps, maps, squared_norm).item() == 0
    assert squared_error(maps, other).item() == pytest.approx(
        float(np.mean((maps.numpy() - other.numpy()) ** 2)), rel=1e-5
    )
    assert relative_error(torch.zeros_like(other), other, squared_norm).item() == pytest.approx(1.0)


def test_total_variation() -> None:
    assert total_variation(torch.full((1, 3, 5, 6), 0.7)).item() == 0
    stripes = torch.zeros(1, 3, 4, 4)
    stripes[..., ::2] = 1
    assert total_variation(stripes).item() == 1.0
    assert total_variation(stripes.transpose(2, 3)).item() == 1.0


@settings(deadline=None, max_examples=20)
@given(feature_maps, st.floats(0.1, 10))
def test_the_cosine_forgets_how_strong_features_are(photo: Tensor, scale: float) -> None:
    loss = CosineLoss(photo)
    shift = _maps(1, photo.shape[1], 1, 1)
    assert loss.value(photo * scale + shift).item() == pytest.approx(
        loss.value(photo).item(), abs=1e-3
    )
    if photo.shape[2] * photo.shape[3] > 1:
        assert loss.value(photo).item() == pytest.approx(0, abs=1e-3)
        assert loss.value(-photo).item() == pytest.approx(4, abs=1e-3)


@pytest.mark.parametrize("blank", [0.0, 3.0])
def test_blank_pictures_and_photos_have_a_cosine(blank: float) -> None:
    plain, maps = torch.full((1, 5, 7, 9), blank), _maps(2)
    for photo, picture in ((plain, maps), (maps, plain), (plain, plain)):
        gradient = torch.zeros_like(picture)
        value = CosineLoss(photo).add_gradient(gradient, picture, weight=1.0)
        assert value.item() == pytest.approx(2, abs=0.01)
        assert gradient.isfinite().all()
