"""Losses of style images that are kept for the next picture in the same style."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
import torch
from PIL import Image

from nst import LoadedImage, Options, Preset, stylize
from nst.cache import Cache
from nst.encoder import Encoder
from nst.inputs import as_loaded
from nst.method import GRAM, STATISTICS
from nst.objective import style_losses

LAYERS = ("relu1_1", "relu2_1")
SIZE = (32, 32)


@pytest.fixture
def loaded(style: Image.Image) -> LoadedImage:
    return replace(as_loaded(style), sha256="a style of this test alone")


def _encoder(cache: Cache) -> Encoder:
    return Encoder("original", torch.device("cpu"), torch.float32, cache=cache)


def _other_pixels(image: LoadedImage) -> LoadedImage:
    """Another picture under the same digest: only what is kept can tell that they differ."""
    other = Image.linear_gradient("L").resize(image.colour.size).convert("RGB")
    return replace(image, colour=other)


@pytest.mark.slow
def test_a_second_picture_takes_the_losses_of_the_first(
    photo: Image.Image, loaded: LoadedImage
) -> None:
    # Two scales; version 1 looks at the style image for nothing else, its colours included.
    options = Options(preset=Preset.DRAFT, size=96, method_version=1)
    first = stylize(photo, loaded, options, device="cpu")
    again = stylize(photo, _other_pixels(loaded), options, device="cpu")
    assert again.image.tobytes() == first.image.tobytes()
    unknown = replace(_other_pixels(loaded), sha256="another style of this test alone")
    assert stylize(photo, unknown, options, device="cpu").image.tobytes() != first.image.tobytes()


def test_what_losses_depend_on_tells_them_apart(encoder: Encoder, loaded: LoadedImage) -> None:
    found = [
        style_losses(encoder, loaded, SIZE, LAYERS, STATISTICS),
        style_losses(encoder, loaded, (48, 32), LAYERS, STATISTICS),
        style_losses(encoder, loaded, SIZE, LAYERS[:1], STATISTICS),
        style_losses(encoder, loaded, SIZE, LAYERS, GRAM),
        style_losses(encoder, replace(loaded, sha256="b"), SIZE, LAYERS, STATISTICS),
    ]
    assert len({id(losses) for losses in found}) == len(found)
    assert style_losses(encoder, loaded, SIZE, LAYERS, STATISTICS) is found[0]


def test_what_was_not_used_for_longest_goes_first(loaded: LoadedImage) -> None:
    def get(name: str) -> object:
        return style_losses(encoder, replace(loaded, sha256=name), SIZE, LAYERS, STATISTICS)

    two_styles = 2 * 4 * (64 + 64**2 + 128 + 128**2)  # float32
    encoder = _encoder(Cache(two_styles))
    first, second = get("first"), get("second")
    assert get("first") is first
    get("third")
    assert get("first") is first
    assert get("second") is not second


def test_losses_too_large_to_keep_are_still_found(loaded: LoadedImage) -> None:
    encoder = _encoder(Cache(1))
    losses = style_losses(encoder, loaded, SIZE, LAYERS, STATISTICS)
    assert losses.keys() == set(LAYERS)
    assert style_losses(encoder, loaded, SIZE, LAYERS, STATISTICS) is losses


def test_what_two_threads_compute_at_once_is_kept_once() -> None:
    cache, both = Cache(100), Barrier(2)

    def compute() -> object:
        both.wait(timeout=10)
        return object()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: cache.get("one", compute, lambda _: 40), range(2))
    assert first is second
    cache.get("other", object, lambda _: 40)
    assert cache.get("one", object, lambda _: 40) is first
