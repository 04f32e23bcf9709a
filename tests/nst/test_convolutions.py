"""The ways to compute a convolution agree, and a picture is the same to the bit again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from nst import setup, stylize
from nst.encoder import Encoder, load_encoder
from nst.encoder.convolutions import Direct, Way, available_ways, describe
from nst.encoder.nnpack import Nnpack
from nst.encoder.winograd import Winograd
from nst.inputs import as_loaded
from nst.networks import VGG19
from nst.objective import PictureObjective
from nst.options import Options, Preset
from nst.plain import PlainObjective
from nst.tensors import to_tensor

_CPU = torch.device("cpu")
_WAYS: dict[str, tuple[type[Way], ...]] = {
    "as it is here": available_ways(),
    "without NNPACK": (Direct, Winograd),
    "as before": (Direct,),
}
_LAYOUTS = (torch.contiguous_format, torch.channels_last)
_needs_nnpack = pytest.mark.skipif(Nnpack not in available_ways(), reason="no NNPACK")


def _random(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


def _noise(width: int, height: int) -> Image.Image:
    pixels = np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


@pytest.fixture(params=[1, 2], ids=["one thread", "two threads"])
def threads(request: pytest.FixtureRequest) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("channels", sorted(set(VGG19.channels)), ids=str)
def test_forward_and_backward(channels: tuple[int, int]) -> None:
    into, out = channels
    kernel, bias = _random(out, into, 3, 3), _random(out)
    ways = [way(kernel, bias) for way in available_ways() if way is not Direct]
    assert all(torch.equal(way.kernel, kernel) for way in ways)
    for number, size in enumerate([(4, 4), (3, 5), (1, 9), (14, 21), (9, 34)]):
        layout = _LAYOUTS[number % 2]
        maps = _random(1, into, *size).contiguous(memory_format=layout)
        gradient = _random(1, out, *size).contiguous(memory_format=layout)
        leaf = maps.clone().requires_grad_()
        expected = functional.conv2d(leaf, kernel, bias, padding=1)
        (slope,) = torch.autograd.grad(expected, leaf, gradient)
        for way in ways:
            _assert_near(way.forward(maps), expected.detach())
            _assert_near(way.backward(gradient), slope)


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize(
    ("channels", "size"),
    [((16, 32), (91, 82)), ((16, 32), (37, 64)), ((16, 32), (3, 5)), ((130, 256), (37, 64))],
    ids=str,
)
@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("way", [Direct, Winograd, pytest.param(Nnpack, marks=_needs_nnpack)])
def test_paddings_and_rectification(
    way: type[Way], padding: int, channels: tuple[int, int], size: tuple[int, int]
) -> None:
    into, out = channels
    kernel, bias, maps = _random(out, into, 3, 3), _random(out), _random(1, into, *size)
    raw = functional.conv2d(maps.requires_grad_(), kernel, bias, padding=padding)
    gradient = _random(*raw.shape)
    (slope,) = torch.autograd.grad(raw, maps, gradient, retain_graph=True)
    (masked,) = torch.autograd.grad(raw.relu(), maps, gradient)
    found = way(kernel, bias)
    with torch.no_grad():
        _assert_near(found.forward(maps, padding), raw)
        _assert_near(found.forward(maps, padding, rectify=True), raw.relu())
        _assert_near(found.backward(gradient, 2 - padding), slope)
        # The same units are cut off for both, those within a last bit of 0 as well.
        _assert_near(found.backward(gradient, 2 - padding, raw.relu()), masked)


def _assert_near(found: Tensor, expected: Tensor) -> None:
    assert found.shape == expected.shape
    assert (found - expected).abs().max() < 1e-4 * expected.abs().max()
    # Losses look at one row per position: in neither layout may that be a copy.
    assert any(found.is_contiguous(memory_format=layout) for layout in _LAYOUTS)


@_needs_nnpack
@pytest.mark.parametrize("out", [128, 256], ids=["kept transformed", "transformed anew"])
@pytest.mark.parametrize("size", [(91, 82), (37, 64), (12, 16)], ids=str)
def test_nnpack_gives_the_same_bits_to_any_number_of_threads(
    size: tuple[int, int], out: int
) -> None:
    way = Nnpack(_random(out, 80, 3, 3), _random(out))
    maps, gradient = _random(1, 80, *size), _random(1, out, *size)
    before, found = torch.get_num_threads(), []
    for count in (1, 2, 3, 8):
        torch.set_num_threads(count)
        there = way.forward(maps, rectify=True)
        found.append((there, way.backward(gradient.clone(), 1, there)))
    torch.set_num_threads(before)
    for there, back in found:
        assert torch.equal(there, found[0][0])
        assert torch.equal(back, found[0][1])


@pytest.mark.slow
@pytest.mark.parametrize("ways", _WAYS.values(), ids=_WAYS)
@pytest.mark.parametrize("size", [(137, 75), (97, 61)], ids=str)
def test_an_evaluation_is_autograds(size: tuple[int, int], ways: tuple[type[Way], ...]) -> None:
    method, style = Preset.STANDARD.method, as_loaded(_noise(*size))
    photo, picture = 0.5 * _random(2, 1, 3, *reversed(size))
    leaf = picture.clone().requires_grad_()
    plain = PlainObjective(photo, to_tensor(style.image, *size, _CPU), method)
    expected = plain(leaf)
    (slope,) = torch.autograd.grad(expected, leaf)

    encoder = Encoder("original", _CPU, torch.float32, ways=ways)
    objective = PictureObjective.of_one_style(encoder, photo, style, method)
    found, gradient = objective.value_and_gradient(picture)
    assert abs(found.total - expected) < 1e-4 * expected
    # Units within a last bit of being cut off, and of being the maximum, are another one's.
    assert (gradient - slope).norm() < 5e-3 * slope.norm()

    again, same = objective.value_and_gradient(picture, recompute=True)
    assert torch.equal(gradient, same)
    assert torch.equal(found.total, again.total)


@pytest.mark.slow
@pytest.mark.parametrize("ways", _WAYS.values(), ids=_WAYS)
@pytest.mark.parametrize("size", [(137, 75), (97, 61)], ids=str)
def test_several_pictures_at_once_are_those_alone(
    size: tuple[int, int], ways: tuple[type[Way], ...]
) -> None:
    encoder = Encoder("original", _CPU, torch.float32, ways=ways).with_repeated_edge()
    pictures = _random(3, 3, *reversed(size)).contiguous(memory_format=torch.channels_last)

    def hook(layer: str, maps: Tensor, gradient: Tensor) -> Tensor:
        gradient.add_(maps, alpha=2)
        return maps.square().sum((1, 2, 3))

    layers = ("relu1_1", "conv2_2", "relu4_1")
    for recompute in (False, True):
        found, together = encoder.backpropagate(pictures, layers, hook, recompute=recompute)
        for number, picture in enumerate(torch.split(pictures, 1)):
            alone, slope = encoder.backpropagate(picture, layers, hook)
            _assert_near(together[number : number + 1], slope)
            for layer in layers:
                torch.testing.assert_close(found[layer][number], alone[layer][0])


@pytest.mark.slow
@pytest.mark.usefixtures("few_steps")
def test_a_picture_is_repeated_to_the_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "fast_dtype", lambda _device: torch.float32)
    photo, style = _noise(150, 130), _noise(160, 120)

    first = stylize(photo, style, preset="draft", size=96, device="cpu")
    load_encoder.cache_clear()
    again = stylize(photo, style, preset="draft", size=96, device="cpu")
    assert np.array_equal(np.asarray(first.image), np.asarray(again.image))
    assert first.recipe["convolutions"] == describe(available_ways())


@pytest.mark.slow
def test_recipes_tell_the_ways() -> None:
    def of(dtype: torch.dtype, ways: tuple[type[Way], ...] | None = None) -> str:
        return Encoder("original", _CPU, dtype, ways=ways).convolutions

    assert of(torch.bfloat16) == of(torch.float32, (Direct,)) == "direct"
    assert of(torch.float32, (Direct, Winograd)) == "winograd 2"
    assert of(torch.float32, (Direct, Winograd, Nnpack)) == "winograd nnpack 2"


def test_pictures_of_the_first_version_are_computed_as_they_were() -> None:
    for preset in Preset:
        options = Options(preset=preset, method_version=1)
        old = setup.Setup.of(setup.Sizes(content=(64, 48)), options, "cpu")
        assert old.encoder().ways == (Direct,)
    newest = Options(preset=Preset.REFERENCE)
    new = setup.Setup.of(setup.Sizes(content=(64, 48)), newest, "cpu")
    assert new.encoder().ways == available_ways()
