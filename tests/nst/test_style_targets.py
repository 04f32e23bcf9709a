"""Statistics of style images that are kept for the next picture in the same style."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import Image

from nst import LoadedImage, Options, Preset, stylize
from nst.inputs import as_loaded
from nst.objective import StyleTargets
from nst.presets import Objective
from nst.vgg import VGG19

LAYERS = ("relu1_1", "relu2_1")
SIZE = (32, 32)


@pytest.fixture
def loaded(style: Image.Image) -> LoadedImage:
    return replace(as_loaded(style), sha256="a style of this test alone")


def _other_pixels(image: LoadedImage) -> LoadedImage:
    """Another picture under the same digest: only what is kept can tell that they differ."""
    return replace(image, colour=Image.new("RGB", image.colour.size, "orange"))


def test_a_second_picture_takes_the_targets_of_the_first(
    photo: Image.Image, loaded: LoadedImage
) -> None:
    options = Options(preset=Preset.DRAFT, size=96)  # two scales
    first = stylize(photo, loaded, options, device="cpu")
    again = stylize(photo, _other_pixels(loaded), options, device="cpu")
    assert again.image.tobytes() == first.image.tobytes()
    unknown = replace(_other_pixels(loaded), sha256="another style of this test alone")
    assert stylize(photo, unknown, options, device="cpu").image.tobytes() != first.image.tobytes()


def test_what_targets_depend_on_tells_them_apart(vgg: VGG19, loaded: LoadedImage) -> None:
    kept = StyleTargets()
    found = [
        kept.get(vgg, loaded, SIZE, LAYERS, Objective.STATISTICS),
        kept.get(vgg, loaded, (48, 32), LAYERS, Objective.STATISTICS),
        kept.get(vgg, loaded, SIZE, LAYERS[:1], Objective.STATISTICS),
        kept.get(vgg, loaded, SIZE, LAYERS, Objective.GRAM),
        kept.get(vgg, replace(loaded, sha256="b"), SIZE, LAYERS, Objective.STATISTICS),
    ]
    assert len({id(targets) for targets in found}) == len(found)
    assert kept.get(vgg, loaded, SIZE, LAYERS, Objective.STATISTICS) is found[0]


def test_what_was_not_used_for_longest_goes_first(vgg: VGG19, loaded: LoadedImage) -> None:
    def get(name: str) -> object:
        image = replace(loaded, sha256=name)
        return kept.get(vgg, image, SIZE, LAYERS, Objective.STATISTICS)

    kept = StyleTargets(capacity=2 * 4 * (64 + 64**2 + 128 + 128**2))  # float32, two styles
    first, second = get("first"), get("second")
    assert get("first") is first
    get("third")
    assert get("first") is first
    assert get("second") is not second


def test_targets_too_large_to_keep_are_still_found(vgg: VGG19, loaded: LoadedImage) -> None:
    kept = StyleTargets(capacity=1)
    targets = kept.get(vgg, loaded, SIZE, LAYERS, Objective.STATISTICS)
    assert targets.keys() == set(LAYERS)
    assert kept.get(vgg, loaded, SIZE, LAYERS, Objective.STATISTICS) is targets
