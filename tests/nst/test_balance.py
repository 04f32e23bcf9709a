"""How much the photo counts with which style and size."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw

from nst import Options, StyleImage
from nst.balance import for_side, for_style, rank
from nst.inputs import load_inputs
from nst.method import Calibration
from nst.regions import Regions
from nst.setup import Setup, Sizes

SQUARE = Calibration(layers=("relu1_1",), usual=10.0, power=2.0, most=1.5)


def test_a_rank_is_the_number_of_directions_that_features_vary_in() -> None:
    for count in (1, 3, 8):
        directions = torch.zeros(8)
        directions[:count] = 2.5
        assert rank(torch.diag(directions)) == pytest.approx(count)
    assert rank(torch.zeros(8, 8)) == 1
    assert 1 < rank(torch.diag(torch.tensor([9.0, 1.0, 0.0]))) < 2


def test_the_weight_grows_with_the_rank_within_bounds() -> None:
    factors = [for_style([[torch.eye(count)]], SQUARE) for count in range(1, 40)]
    assert factors == sorted(factors)
    assert (factors[0], factors[-1]) == (0.2, 1.5)
    assert factors[9] == 1
    assert for_style([[torch.ones(9), torch.eye(9)]], SQUARE) == pytest.approx(0.81)
    assert for_style([[torch.ones(3)]], SQUARE) == for_style([], SQUARE) == 1


def test_ranks_of_several_layers_count_by_their_geometric_mean() -> None:
    assert for_style([[torch.eye(5)], [torch.eye(20)]], SQUARE) == pytest.approx(1)
    assert for_style([[torch.eye(4)], [torch.eye(16)]], SQUARE) == pytest.approx(0.64)


def test_the_weight_grows_with_the_side() -> None:
    assert for_side(256, 0.5) == 1
    assert for_side(1024, 0.5) == for_side(4096, 0.5) == 2
    assert for_side(64, 0.5) == 0.5
    assert for_side(77, 0.0) == 1


def _regions(styles: list[StyleImage], **options: Any) -> tuple[Regions, Setup]:
    inputs = load_inputs(Image.new("RGB", (96, 72)), styles)
    setup = Setup.of(Sizes.of(inputs), Options(**{"size": 256, **options}), "cpu")
    return Regions(inputs, setup, setup.encoder()), setup


def _balance(styles: list[StyleImage], **options: Any) -> float:
    """Return what the content weight is multiplied with."""
    regions, setup = _regions(styles, **options)
    return regions.method.content_weight / setup.method.content_weight


def _half(*, left: bool) -> Image.Image:
    mask = Image.new("L", (96, 72), 0)
    mask.paste(255, (0, 0, 48, 72) if left else (48, 0, 96, 72))
    return mask


def test_a_style_of_a_few_lines_leaves_less_of_the_photo() -> None:
    lines, noise = _lines(), Image.effect_noise((96, 96), 90).convert("RGB")
    few, many = (_balance([StyleImage(each)]) for each in (lines, noise))
    assert 0.2 <= few < 0.7 * many
    both = [StyleImage(lines, mask=_half(left=True)), StyleImage(noise, mask=_half(left=False))]
    assert _balance(both) == pytest.approx((few * many) ** 0.5, rel=0.03)


def test_larger_pictures_and_larger_shapes_keep_more_of_the_photo() -> None:
    usual = _balance([StyleImage(_lines())])
    assert _balance([StyleImage(_lines())], size=1024) == pytest.approx(4**1.1 * usual)
    assert _balance([StyleImage(_lines())], shapes=4.0) == pytest.approx(2 * usual)


def test_at_no_strength_all_styles_keep_the_photo_alike() -> None:
    lines = [StyleImage(_lines())]
    assert _balance(lines, strength=0) == 1
    assert _balance(lines, strength=25) == pytest.approx(_balance(lines) ** 0.5)
    assert _balance(lines, strength=90) == _balance(lines)


def test_a_drawing_of_a_few_lines_gets_few_of_the_photos_details() -> None:
    def details(style: Image.Image, **options: Any) -> float:
        return _regions([StyleImage(style)], **options)[0].details

    noise = Image.effect_noise((96, 96), 90).convert("RGB")
    assert details(noise) == details(_lines(), method_version=6) == 0.5
    assert details(_lines()) < 0.25
    assert details(_lines(), strength=0) == 1
    assert details(_lines(), strength=100) == 0


def test_earlier_versions_weigh_all_styles_and_sizes_alike() -> None:
    for version in (1, 2, 3):
        assert _balance([StyleImage(_lines())], method_version=version, size=512) == 1


def test_version_4_weighed_no_style_above_the_usual() -> None:
    many = [StyleImage(Image.effect_noise((96, 96), 90).convert("RGB"))]
    assert _balance(many) > 1 == _balance(many, method_version=4)
    few = _balance([StyleImage(_lines())], method_version=4, size=1024)
    assert few == pytest.approx(4**0.42 * _balance([StyleImage(_lines())], method_version=4))


def _lines() -> Image.Image:
    image = Image.new("RGB", (96, 96), "black")
    pen = ImageDraw.Draw(image)
    for number in range(4):
        pen.line([(0, 25 * number), (95, 95 - 17 * number)], fill="white", width=2)
    return image
