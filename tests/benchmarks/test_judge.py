"""The benchmarks' judge knows the photo and the style when it sees them."""

from __future__ import annotations

import pytest
import torch
from PIL import Image

from benchmarks.judge import Judge, sliced_wasserstein
from benchmarks.other_network import OTHER_LAYERS, OtherNetwork
from nst import load_image
from nst.encoder import load_encoder
from tests.nst.conftest import EXAMPLES


@pytest.fixture(scope="module")
def pictures() -> tuple[Image.Image, Image.Image]:
    paths = EXAMPLES / "photos" / "chelsea.jpg", EXAMPLES / "styles" / "night_wind.jpg"
    photo, style = (load_image(path).image.resize((96, 64)) for path in paths)
    return photo, style


@pytest.mark.slow
@pytest.mark.parametrize("which", ["VGG19", "other"])
def test_photo_and_style_are_at_the_ends(
    pictures: tuple[Image.Image, Image.Image], which: str
) -> None:
    photo, style = pictures
    cpu = torch.device("cpu")
    judge = (
        Judge(photo, style, 96, load_encoder("original", cpu, torch.float32))
        if which == "VGG19"
        else Judge(photo, style, 96, OtherNetwork(cpu), OTHER_LAYERS)
    )
    assert judge(photo).content == pytest.approx(0, abs=1e-5)
    assert judge(style).style == pytest.approx(0, abs=1e-5)
    mixed = judge(Image.blend(photo, style, 0.5))
    assert 0 < mixed.content < judge(style).content
    assert 0 < mixed.style < judge(photo).style


def test_the_distance_forgets_where_things_are_and_how_many() -> None:
    maps = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(0))
    assert sliced_wasserstein(maps.flip(2), maps) == pytest.approx(0, abs=1e-6)
    assert sliced_wasserstein(maps.repeat(1, 1, 2, 2), maps) < 0.05
    # A shift by two standard deviations in every direction's own units.
    assert sliced_wasserstein(maps + 2, maps) > 1
