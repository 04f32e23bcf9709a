"""Clean pictures: no coloured threads, no frame, no colours that the style lacks."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageOps
from torch import Tensor

from backend.examples import list_examples
from benchmarks.cleanliness import chroma_spread, fine_chroma, frame
from benchmarks.pairs import judges_of
from nst import Options, StyleImage, load_image, stylize
from nst.colour import to_oklab
from nst.colour_axes import chroma_of, from_oklab, oklab_of
from nst.edges import without_frame
from nst.encoder import Encoder
from nst.losses import ChromaVariationLoss
from nst.method import RELATIVE_SQUARED
from nst.options import completed
from nst.palette import Palette
from nst.presets import LATEST_VERSION, Preset, method_for
from nst.tensors import to_image, to_tensor, within_bounds

_CPU = torch.device("cpu")


def _paint(photo: Image.Image, style: Any, **options: Any) -> Image.Image:
    given = {"preset": "draft", "size": 64, **options}
    return stylize(photo, style, Options(**given), device="cpu").image


def _drawing(size: tuple[int, int] = (96, 72)) -> Image.Image:
    """Black lines on white, to the bit without colours."""
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    for start in range(-size[1], size[0], 7):
        pen.line([(start, size[1]), (start + size[1], 0)], fill=(30, 30, 30))
    return image


def _random(seed: int, *, colour: float = 1.0, size: tuple[int, int] = (20, 30)) -> Tensor:
    noise = torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(seed))
    return noise.mean(1, keepdim=True) * (1 - colour) + colour * noise


@pytest.mark.parametrize("masked", [False, True])
def test_the_chroma_loss_has_the_derivative_that_autograd_finds(masked: bool) -> None:
    loss, picture = ChromaVariationLoss.of(_random(1)), _random(2).requires_grad_()
    mask = torch.rand(1, 1, 20, 30, generator=torch.Generator().manual_seed(3)) if masked else None
    value = 0.7 * loss.value(picture, mask)
    (expected,) = torch.autograd.grad(value, picture)
    gradient = torch.ones_like(picture)
    found = loss.add_gradient(gradient, picture.detach(), weight=0.7, mask=mask)
    torch.testing.assert_close(found, value.detach())
    torch.testing.assert_close(gradient - 1, expected, rtol=1e-3, atol=1e-6)


def test_the_chroma_loss_sees_no_lightness() -> None:
    grey = Image.effect_noise((40, 30), 80).convert("RGB")
    loss = ChromaVariationLoss.of(_random(1))
    assert float(loss.value(to_tensor(grey, 40, 30, _CPU))) < 1e-6
    assert float(loss.value(_random(1))) == pytest.approx(1, rel=0.01)


def test_a_part_that_is_masked_does_not_count() -> None:
    loss, picture = ChromaVariationLoss.of(_random(1)), _random(2)
    mask = torch.ones(1, 1, 20, 30)
    mask[..., 15:] = 0
    torch.testing.assert_close(loss.value(picture, mask), loss.value(picture[..., :15]))


@pytest.mark.parametrize("perceived", [True, False])
@pytest.mark.parametrize("colours", ["grey", "faint", "strong"])
def test_a_picture_gets_no_more_colourful_than_its_palette(colours: str, perceived: bool) -> None:
    share = {"grey": 0.0, "faint": 0.1, "strong": 3.0}[colours]
    of = partial(Palette.of, perceived=perceived)
    palette, picture = of(within_bounds(_random(1, colour=share))), within_bounds(0.4 * _random(2))
    bounded = palette.bound(picture)
    found, once = of(bounded), of(picture)
    assert found.covariance.trace() <= 1.02 * palette.covariance.trace() + 1e-6
    assert found.fine <= 1.02 * palette.fine + 1e-6
    assert found.covariance.trace() <= once.covariance.trace() * (1 + 1e-5)  # rounding
    if colours == "strong":
        torch.testing.assert_close(bounded, picture)
    if not perceived:
        weights = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
        torch.testing.assert_close((bounded * weights).sum(1), (picture * weights).sum(1))


def test_oklab_is_that_of_finished_pictures_and_there_is_a_way_back() -> None:
    picture = within_bounds(_random(1))
    image = to_image(picture)
    found = oklab_of(to_tensor(image, *image.size, _CPU))[0].permute(1, 2, 0)
    torch.testing.assert_close(found, torch.from_numpy(to_oklab(image)), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(from_oklab(oklab_of(picture)), picture, atol=1e-3, rtol=1e-3)


def _speckled(level: float, colour: float) -> Image.Image:
    """Noise around a grey of that level, 0 to 1, some of it in colours."""
    noise = torch.randn(60, 80, 3, generator=torch.Generator().manual_seed(round(100 * level)))
    noise = noise.mean(2, keepdim=True) * (1 - colour) + colour * noise
    pixels = (level * (1 + 0.5 * noise)).clamp(0, 1) * 255
    return Image.fromarray(pixels.round().byte().numpy(), "RGB")


def test_dark_pictures_are_as_clean_as_they_look() -> None:
    """The style has its colours where it is bright; in the dark the same steps look larger."""
    style, dark = _speckled(0.7, 0.15), _speckled(0.05, 0)
    style.paste(dark.crop((0, 0, 40, 60)), (0, 0))
    picture = _speckled(0.1, 1)
    shares = {}
    for perceived in (True, False):
        palette = Palette.of(to_tensor(style, *style.size, _CPU), perceived=perceived)
        bounded = to_image(palette.bound(to_tensor(picture, *picture.size, _CPU)))
        shares[perceived] = fine_chroma(bounded) / fine_chroma(style)
    assert shares[True] < 1.05
    assert shares[False] > 1.2


def test_only_the_masked_part_gets_less_colourful() -> None:
    mask = torch.zeros(1, 1, 20, 30)
    mask[..., :15] = 1
    picture = within_bounds(_random(2))
    bounded = Palette.of(_random(1, colour=0)).bound(picture, mask)
    assert chroma_of(bounded)[..., :15].std((2, 3)).max() < 0.05
    torch.testing.assert_close(bounded[..., 15:], picture[..., 15:])


def test_the_network_sees_no_frame_around_a_plain_picture(encoder: Encoder) -> None:
    plain = torch.full((1, 3, 20, 24), 2.0)
    for network, same in ((encoder, False), (encoder.with_repeated_edge(), True)):
        maps = network.features(plain, ["relu1_1"])["relu1_1"]
        assert bool((maps - maps[..., 9:10, 9:10]).abs().max() < 1e-4) is same
    assert encoder.with_repeated_edge().with_repeated_edge().repeats_edge


def test_the_outermost_pixels_come_near_their_neighbours() -> None:
    picture = _random(1, size=(40, 30))
    picture[..., 0, :] += 3
    picture[..., -1] -= 3
    found = without_frame(picture)
    torch.testing.assert_close(found[..., 1:-1, 1:-1], picture[..., 1:-1, 1:-1])
    assert frame(to_image(found / 4)) <= 1.0 < frame(to_image(picture / 4))
    narrow = _random(2, size=(3, 3))
    torch.testing.assert_close(without_frame(narrow), narrow)


@pytest.mark.slow
def test_a_drawing_gives_a_drawing(photo: Image.Image) -> None:
    drawn = _paint(photo, _drawing())
    assert chroma_spread(drawn) < 0.005  # a grey level
    assert chroma_spread(_paint(photo, _drawing(), method_version=1)) > 0.01


@pytest.mark.slow
def test_a_drawing_in_one_half_is_one_there(photo: Image.Image, style: Image.Image) -> None:
    left = Image.new("L", photo.size)
    left.paste(255, (0, 0, photo.width // 2, photo.height))
    styles = [StyleImage(_drawing(), mask=left), StyleImage(style, mask=ImageOps.invert(left))]
    painted = _paint(photo, styles)
    halves = [(0, 0, 30, painted.height), (34, 0, 64, painted.height)]
    drawn, coloured = (painted.crop(half) for half in halves)
    assert chroma_spread(drawn) < 0.01
    assert chroma_spread(coloured) > 0.03


@pytest.mark.slow
def test_there_is_less_colour_noise_and_frame_than_before(
    photo: Image.Image, style: Image.Image
) -> None:
    now, before = (
        _paint(photo, style, size=96, method_version=version) for version in (LATEST_VERSION, 1)
    )
    assert fine_chroma(now) <= 1.05 * fine_chroma(style)
    assert fine_chroma(now) < fine_chroma(before)
    assert frame(now) <= 1.0
    assert frame(now) < frame(before)


def test_the_measures() -> None:
    ramp = np.tile(np.arange(60, dtype=np.uint8)[:, None, None] * 4, (1, 40, 3))
    grey = Image.fromarray(ramp)
    assert frame(grey) == pytest.approx(1, abs=0.01)
    assert chroma_spread(grey) < 1e-3
    assert frame(ImageOps.expand(grey.crop((1, 1, 39, 59)), 1, "red")) > 2
    noise = Image.merge("RGB", [Image.effect_noise((64, 64), 40) for _ in range(3)])
    assert fine_chroma(noise) > 2 * fine_chroma(noise.resize((16, 16)).resize((64, 64)))


def test_what_an_earlier_release_recorded_is_its_method() -> None:
    kept = {name: value for name, value in Options().as_dict().items() if name != "method_version"}
    assert Options(**completed(kept)).method_version == 1
    assert Options(**completed(Options().as_dict())) == Options()
    method = method_for(Options(method_version=1))
    assert list(method.terms) == ["tv"]
    assert not method.repeat_edge


def test_earlier_versions_keep_their_numbers() -> None:
    """And with them the pictures of recipes that people have."""
    for version, content_weight in ((1, 0.1), (2, 0.105)):
        method = method_for(Options(method_version=version))
        assert method.content_loss == RELATIVE_SQUARED
        assert method.content_weight == content_weight
        assert method.content_layer_weights == {"relu3_2": 0.4, "relu4_2": 0.6}
        layers = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
        weights = (0.37, 0.28, 0.19, 0.13, 0.03)
        assert method.style_layer_weights == dict(zip(layers, weights, strict=True))


@pytest.mark.slow
def test_pictures_are_nearer_to_both_than_those_of_the_first_release() -> None:
    """As two networks see it together; `benchmarks.cleanliness` says how much over many pairs."""
    paths = {example.path.stem: example.path for example in list_examples()}
    photo, style = load_image(paths["chelsea"]), load_image(paths["cubist_harbour"])
    judges = judges_of(photo, style, 256)

    def judged(version: int) -> tuple[float, float]:
        options = Options(preset=Preset.DRAFT, size=256, method_version=version)
        picture = stylize(photo, style, options, device="cpu").image
        found = [judge(picture) for judge in judges]
        return sum(each.style for each in found), sum(each.content for each in found)

    now, before = judged(LATEST_VERSION), judged(1)
    assert now[0] < 0.95 * before[0]
    assert now[1] < 0.95 * before[1]


def test_no_strength_keeps_the_photo(photo: Image.Image, style: Image.Image) -> None:
    """In its own colours and contrasts, though at strength 50 these are the style's."""

    def change(strength: int) -> float:
        painted = _paint(photo, style, strength=strength)
        apart = np.asarray(painted, float) - np.asarray(photo.resize(painted.size), float)
        return float(np.abs(apart).mean())

    changes = [change(strength) for strength in (0, 25, 50)]
    assert changes == sorted(changes)
    assert changes[0] < changes[-1] / 2


@pytest.mark.parametrize("paper", ["white", "black"])
def test_no_strength_keeps_how_bright_the_photo_is(photo: Image.Image, paper: str) -> None:
    drawing = _drawing() if paper == "white" else ImageOps.invert(_drawing())

    def shift(strength: int) -> float:
        painted = _paint(photo, drawing, strength=strength)
        now, then = (float(np.asarray(image.convert("L")).mean()) for image in (painted, photo))
        return abs(now - then)

    assert shift(50) > 40
    assert shift(0) < 5


def test_tensors_become_images_without_a_tint() -> None:
    grey = Image.effect_noise((32, 32), 60).convert("RGB")
    tensor = to_tensor(grey, 32, 32, _CPU)
    assert to_image(Palette.of(tensor).bound(tensor)).tobytes() == grey.tobytes()
