"""Pooling and its derivative."""

from __future__ import annotations

import pytest
import torch

from nst import pooling


@pytest.mark.parametrize("average", [False, True], ids=["max", "average"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize(("height", "width"), [(2, 2), (6, 8), (7, 9), (13, 4)])
@pytest.mark.parametrize("stripe", [1, 100, 2**19], ids=["rows", "stripes", "whole"])
def test_unpooling_is_autograds(
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
    raw = torch.randint(-2, 3, (1, 5, height, width), generator=generator).to(dtype)
    raw = raw.contiguous(memory_format=torch.channels_last).requires_grad_()
    pooled = pooling.pool(torch.relu(raw), average=average)
    assert pooled.shape == (1, 5, height // 2, width // 2)
    gradient = torch.randn(pooled.shape, generator=generator).to(pooled)
    (expected,) = torch.autograd.grad(pooled, raw, gradient)
    with torch.no_grad():
        maps = torch.relu(raw)
        found = pooling.unpool(gradient, maps, average=average)
    assert torch.equal(found, expected)
    assert found.data_ptr() == maps.data_ptr()
