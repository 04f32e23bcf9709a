"""Pooling and its derivative."""

from __future__ import annotations

import pytest
import torch

from nst import pooling
from nst.pooling_kernels import max_pool, max_unpool


@pytest.mark.parametrize("average", [False, True], ids=["max", "average"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize(("height", "width"), [(2, 2), (6, 8), (7, 9), (13, 4)])
@pytest.mark.parametrize("stripe", [1, 100, 2**19], ids=["rows", "stripes", "whole"])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format], ids=str)
@pytest.mark.parametrize("pictures", [1, 3])
def test_unpooling_is_autograds(
    pictures: int,
    layout: torch.memory_format,
    average: bool,
    dtype: torch.dtype,
    height: int,
    width: int,
    stripe: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(pooling.STRIPE, "cpu", stripe)
    generator = torch.Generator().manual_seed(height)
    # Few different values: many windows have their maximum twice, many are 0 throughout.
    raw = torch.randint(-2, 3, (pictures, 5, height, width), generator=generator).to(dtype)
    raw = raw.contiguous(memory_format=layout).requires_grad_()
    pooled = pooling.pool(torch.relu(raw), average=average)
    assert pooled.shape == (pictures, 5, height // 2, width // 2)
    gradient = torch.randn(pooled.shape, generator=generator).to(pooled)
    (expected,) = torch.autograd.grad(pooled, raw, gradient)
    with torch.no_grad():
        maps = torch.relu(raw)
        assert torch.equal(pooling.pool(maps, average=average), pooled)
        found = pooling.unpool(gradient, maps, average=average)
    assert torch.equal(found, expected)
    assert found.data_ptr() == maps.data_ptr()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize(("height", "width"), [(2, 2), (6, 8), (7, 9), (13, 4), (130, 97)])
def test_the_kernels_are_pytorchs_pooling(dtype: torch.dtype, height: int, width: int) -> None:
    generator = torch.Generator().manual_seed(height)
    raw = torch.randint(-2, 3, (3, 64, height, width), generator=generator).to(dtype)
    maps = torch.relu(raw).contiguous(memory_format=torch.channels_last)
    maps[:, :8] *= -0.0  # minus zero, and nothing else, in some channels
    gradient = torch.randn(pooling.pool(maps, average=False).shape, generator=generator)
    gradient = gradient.to(dtype).contiguous(memory_format=torch.channels_last)
    there = maps.to("cuda")
    pooled = max_pool(there)
    assert pooled is not None
    assert torch.equal(pooled.cpu(), pooling.pool(maps, average=False))
    assert max_unpool(gradient.to("cuda"), there)
    assert torch.equal(there.cpu(), pooling.unpool(gradient, maps, average=False))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_what_the_kernels_cannot_read_is_pytorchs_business() -> None:
    maps = torch.rand(1, 5, 6, 8, device="cuda").contiguous(memory_format=torch.channels_last)
    assert max_pool(maps) is None  # no whole number of packs
    assert max_pool(torch.rand(1, 8, 6, 8, device="cuda")) is None  # channels first
    with torch.no_grad():
        assert pooling.pool(maps, average=False).shape == (1, 5, 3, 4)
