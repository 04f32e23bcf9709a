"""Feature maps by layer name."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from nst.encoder import Encoder, load_encoder
from nst.errors import OptionsError
from nst.losses import mean_and_covariance, squared_error
from nst.networks import VGG19

_CHANNELS = {"1": 64, "2": 128, "3": 256, "4": 512, "5": 512}


@pytest.fixture
def picture() -> Tensor:
    return torch.randn(1, 3, 48, 64, generator=torch.Generator().manual_seed(1))


def test_layers_are_named_as_in_the_literature() -> None:
    assert VGG19.layers[0] == "conv1_1"
    assert VGG19.layers[-1] == "relu5_2"
    assert len(VGG19.layers) == 28
    assert {"relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu4_2", "conv4_4"} <= set(VGG19.layers)


def test_shapes_and_rectification(encoder: Encoder, picture: Tensor) -> None:
    with torch.no_grad():
        found = encoder.features(picture, VGG19.layers)
    assert set(found) == set(VGG19.layers)
    for layer, maps in found.items():
        block = layer[4]
        side = 2 ** (int(block) - 1)
        assert maps.shape == (1, _CHANNELS[block], 48 // side, 64 // side), layer
        if layer.startswith("conv"):
            assert maps.min() < 0, layer
            assert torch.equal(maps.clamp_min(0), found[layer.replace("conv", "relu")]), layer


def test_asking_for_less_gives_the_same(encoder: Encoder, picture: Tensor) -> None:
    with torch.no_grad():
        everything = encoder.features(picture, VGG19.layers)
        for layer in ("conv1_1", "relu2_2", "conv4_2", "relu5_1"):
            assert torch.equal(encoder.features(picture, [layer])[layer], everything[layer])


@pytest.mark.parametrize(
    ("layer", "convolutions"), [("relu1_1", 1), ("conv3_1", 5), ("relu4_2", 10)]
)
def test_nothing_above_the_last_layer_runs(
    encoder: Encoder,
    picture: Tensor,
    layer: str,
    convolutions: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = 0
    convolve = functional.conv2d

    def count(*args: Any, **kwargs: Any) -> Tensor:
        nonlocal calls
        calls += 1
        return convolve(*args, **kwargs)

    monkeypatch.setattr(functional, "conv2d", count)
    encoder.features(picture, [layer, "conv1_1"])
    assert calls == convolutions


def test_the_network_is_frozen(encoder: Encoder, picture: Tensor) -> None:
    maps = encoder.features(picture, ["relu2_1"])["relu2_1"]
    assert not maps.requires_grad
    picture.requires_grad_()
    (gradient,) = torch.autograd.grad(
        encoder.features(picture, ["relu2_1"])["relu2_1"].sum(), picture
    )
    assert gradient.shape == picture.shape
    assert gradient.abs().sum() > 0


@pytest.mark.parametrize("layer", ["relu6_1", "conv5_3", "pool1", "", "RELU1_1"])
def test_an_unknown_layer(encoder: Encoder, picture: Tensor, layer: str) -> None:
    with pytest.raises(OptionsError, match="conv1_1 … conv5_2"):
        encoder.features(picture, ["relu1_1", layer])


@pytest.mark.slow
@pytest.mark.parametrize(
    "layer", ["conv1_1", "relu1_2", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
)
def test_receptive_field_is_the_footprint_of_the_gradient(
    encoder: Encoder, layer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Averages for maxima, and no rectification: then nothing that is seen has gradient zero.
    monkeypatch.setattr(functional, "max_pool2d", functional.avg_pool2d)
    monkeypatch.setattr(functional, "relu_", lambda maps: maps)
    monkeypatch.setattr(functional, "relu", lambda maps: maps)
    side = 224
    picture = torch.zeros(1, 3, side, side, requires_grad=True)
    maps = encoder.features(picture, [layer])[layer]
    middle = maps.shape[-1] // 2
    (gradient,) = torch.autograd.grad(maps[0, :, middle, middle].sum(), picture)
    seen = gradient.abs().sum((0, 1)) > 0
    assert int(seen.any(0).sum()) == int(seen.any(1).sum()) == VGG19.receptive_field(layer)


def test_bfloat16_is_near_float32(encoder: Encoder, picture: Tensor) -> None:
    half = load_encoder("original", torch.device("cpu"), torch.bfloat16)
    with torch.no_grad():
        exact = encoder.features(picture, ["relu4_2"])["relu4_2"]
        near = half.features(picture, ["relu4_2"])["relu4_2"]
    assert near.dtype == torch.bfloat16
    error = (near.float() - exact).norm() / exact.norm()
    assert error < 0.03


def test_the_network_is_built_once() -> None:
    arguments = "original", torch.device("cpu"), torch.float32
    assert load_encoder(*arguments) is load_encoder(*arguments)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_gpu_agrees(encoder: Encoder, picture: Tensor) -> None:
    device = torch.device("cuda", 0)
    there = load_encoder("original", device, torch.float32)
    with torch.no_grad():
        exact = encoder.features(picture, ["relu4_2"])["relu4_2"]
        found = there.features(picture.to(device), ["relu4_2"])["relu4_2"].cpu()
    assert (found - exact).norm() / exact.norm() < 0.01


_HOOKED = ["relu1_1", "relu1_2", "relu2_1", "conv3_2", "relu3_2", "relu4_2", "conv4_4", "conv5_1"]


def _energies(_layer: str, maps: Tensor) -> Tensor:
    mean, covariance = mean_and_covariance(maps)
    return torch.stack([covariance.square().sum(), mean.sum(), squared_error(maps, maps * 0.9)])


def _hook(layer: str, maps: Tensor, gradient: Tensor) -> Tensor:
    """Return the same, with autograd's derivative."""
    leaf = maps.detach().requires_grad_()
    with torch.enable_grad():
        found = _energies(layer, leaf)
        gradient += torch.autograd.grad(found.sum(), leaf)[0]
    return found.detach()


@pytest.mark.parametrize("recompute", [False, True], ids=["plain", "recompute"])
@pytest.mark.parametrize("average", [False, True], ids=["max", "average"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("layers", [_HOOKED, ["relu1_2"], ["conv2_1"], ["relu4_4"]], ids=str)
def test_backpropagation_is_autograds(
    recompute: bool, average: bool, dtype: torch.dtype, layers: list[str]
) -> None:
    network = load_encoder("original", torch.device("cpu"), dtype, average_pooling=average)
    picture = torch.randn(1, 3, 51, 70, generator=torch.Generator().manual_seed(2))
    leaf = picture.clone().requires_grad_()
    expected = {
        layer: _energies(layer, maps) for layer, maps in network.features(leaf, layers).items()
    }
    (slope,) = torch.autograd.grad(torch.stack(list(expected.values())).sum(), leaf)
    losses, gradient = network.backpropagate(picture, layers, _hook, recompute=recompute)
    assert gradient.dtype == torch.float32
    assert losses.keys() == expected.keys()
    for layer, found in losses.items():
        torch.testing.assert_close(found, expected[layer].detach(), rtol=1e-4, atol=1e-4)
    tolerance = 1e-5 if dtype == torch.float32 else 0.02  # sums are rounded in another order
    assert (gradient - slope).norm() < tolerance * slope.norm()


def test_recomputing_numbers_are_the_same_numbers(encoder: Encoder, picture: Tensor) -> None:
    losses, gradient = encoder.backpropagate(picture, _HOOKED, _hook)
    recomputed_losses, recomputed_gradient = encoder.backpropagate(
        picture, _HOOKED, _hook, recompute=True
    )
    assert torch.equal(gradient, recomputed_gradient)
    assert all(torch.equal(losses[layer], recomputed_losses[layer]) for layer in _HOOKED)


def test_recomputing_computes_all_but_the_last_block_twice(
    encoder: Encoder, picture: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0
    convolve = functional.conv2d

    def count(*args: Any, **kwargs: Any) -> Tensor:
        nonlocal calls
        calls += 1
        return convolve(*args, **kwargs)

    monkeypatch.setattr(functional, "conv2d", count)
    encoder.backpropagate(picture, ["relu3_2"], _hook)
    assert calls == 2 * 6
    encoder.backpropagate(picture, ["relu3_2"], _hook, recompute=True)
    assert calls == 2 * 6 + 2 * 6 + 4


def test_backpropagating_nothing(encoder: Encoder, picture: Tensor) -> None:
    losses, gradient = encoder.backpropagate(picture, [], _hook)
    assert losses == {}
    assert torch.equal(gradient, torch.zeros_like(picture))
    with pytest.raises(OptionsError, match="relu9_9"):
        encoder.backpropagate(picture, ["relu9_9"], _hook)
