"""Several styles, masks, starts and colours, each tested by what it does to the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from nst import (
    Colours,
    Init,
    LoadedImage,
    Options,
    OptionsError,
    Pooling,
    Preset,
    Result,
    StyleImage,
    stylize,
)
from nst.colour import match_covariance, match_histogram, to_oklab
from nst.encoder import Encoder
from nst.losses import gram_matrix, mean_and_covariance
from nst.tensors import to_tensor

_DRAFT = Options(preset=Preset.DRAFT, size=64)
Picture = Image.Image


def _pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"), dtype=int)


def _disc(size: tuple[int, int]) -> Image.Image:
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).ellipse((8, 8, size[0] - 8, size[1] - 8), fill=255)
    return mask


def _paint(photo: Picture, style: Any, options: Options = _DRAFT, **more: Any) -> Picture:
    return stylize(photo, style, options, device="cpu", **more).image


def _distance(encoder: Encoder, picture: Picture, style: Picture) -> float:
    """Between the Gram matrices at relu2_1, as the losses see them."""

    def gram(image: Picture) -> Tensor:
        tensor = to_tensor(image, *image.size, torch.device("cpu"))
        maps = encoder.features(tensor, ["relu2_1"])["relu2_1"]
        return gram_matrix(maps, maps.shape[2] * maps.shape[3])

    ours, theirs = gram(picture), gram(style)
    return float((ours - theirs).norm() / theirs.norm())


@pytest.fixture
def other(style: Picture) -> Picture:
    """Return a style unlike the first: its negative, turned."""
    return Image.eval(style, lambda value: 255 - value).transpose(Image.Transpose.ROTATE_90)


@pytest.mark.usefixtures("few_steps")
def test_only_the_ratio_of_layer_weights_counts(photo: Picture, style: Picture) -> None:
    one, same = (
        _pixels(
            _paint(photo, style, replace(_DRAFT, style_layers={"relu1_1": f, "relu2_1": 2 * f}))
        )
        for f in (1.0, 8.0)
    )
    assert np.array_equal(one, same)


@pytest.mark.usefixtures("few_steps")
def test_the_picture_meets_the_photo_at_the_edge_of_a_mask(photo: Picture, style: Picture) -> None:
    mask = _disc(photo.size)
    raw = stylize(photo, style, _DRAFT, mask=mask, device="cpu").raw
    far = np.asarray(mask.resize(raw.size, Image.Resampling.BOX)) == 0
    small = _pixels(photo.resize(raw.size, Image.Resampling.LANCZOS))
    assert np.array_equal(_pixels(raw)[far], small[far])


@pytest.mark.slow
def test_a_second_style_pulls_the_picture_towards_it(
    photo: Picture, style: Picture, other: Picture, encoder: Encoder
) -> None:
    pictures = [
        _paint(photo, [StyleImage(style), StyleImage(other, weight)]) for weight in (0.1, 1.0, 10.0)
    ]
    small = other.resize((64, 64))
    distances = [_distance(encoder, picture, small) for picture in pictures]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 0.7 * distances[0]


@pytest.mark.usefixtures("few_steps")
def test_only_the_ratio_of_weights_counts(photo: Picture, style: Picture, other: Picture) -> None:
    one, same = (
        _pixels(_paint(photo, [StyleImage(style, factor), StyleImage(other, 3 * factor)]))
        for factor in (1.0, 4.0)
    )
    assert np.array_equal(one, same)


@pytest.mark.slow
def test_a_style_beside_itself_is_that_style(
    photo: Picture, style: Picture, painted: Result
) -> None:
    twice = _pixels(_paint(photo, [StyleImage(style), StyleImage(style)]))
    assert np.abs(twice - _pixels(painted.image)).mean() < 6


@pytest.mark.slow
def test_a_mask_leaves_the_outside_as_it_was(photo: Picture, style: Picture) -> None:
    mask = _disc(photo.size)
    painted = _paint(photo, style, mask=mask)
    outside = np.asarray(mask.resize(painted.size, Image.Resampling.BILINEAR)) == 0
    small = _pixels(photo.resize(painted.size, Image.Resampling.LANCZOS))
    assert outside.any()
    assert np.array_equal(_pixels(painted)[outside], small[outside])
    assert np.abs(_pixels(painted) - small)[~outside].mean() > 5


@pytest.mark.slow
@pytest.mark.parametrize("colours", [Colours.STYLE, Colours.PHOTO])
def test_a_white_mask_is_none(
    photo: Picture, style: Picture, colours: Colours, painted: Result
) -> None:
    options = replace(_DRAFT, colours=colours)
    masked = _pixels(_paint(photo, style, options, mask=Image.new("L", (9, 9), 255)))
    plain = painted.image if colours is Colours.STYLE else _paint(photo, style, options)
    assert np.abs(masked - _pixels(plain)).mean() < 6


@pytest.mark.slow
def test_each_region_has_its_own_style(
    photo: Picture, style: Picture, other: Picture, encoder: Encoder
) -> None:
    left = Image.new("L", (64, 64), 0)
    left.paste(255, (0, 0, 32, 64))
    right = Image.eval(left, lambda value: 255 - value)
    painted = _paint(photo, [StyleImage(style, mask=left), StyleImage(other, mask=right)])
    halves = [
        painted.crop((0, 0, painted.width // 2 - 4, painted.height)),
        painted.crop((painted.width // 2 + 4, 0, painted.width, painted.height)),
    ]
    styles = [each.resize((64, 64)) for each in (style, other)]
    near = [_distance(encoder, half, own) for half, own in zip(halves, styles, strict=True)]
    far = [
        _distance(encoder, half, own) for half, own in zip(halves, reversed(styles), strict=True)
    ]
    assert all(own < others for own, others in zip(near, far, strict=True))


@pytest.mark.usefixtures("few_steps")
def test_transparent_parts_of_a_mask_are_not_painted(photo: Picture, style: Picture) -> None:
    white = Image.new("RGB", photo.size, "white")
    see_through = LoadedImage(colour=white, alpha=_disc(photo.size), sha256="m")
    one, same = (
        _pixels(_paint(photo, style, mask=mask)) for mask in (see_through, _disc(photo.size))
    )
    assert np.array_equal(one, same)


@pytest.mark.parametrize("matching", [match_histogram, match_covariance])
def test_a_matched_style_has_the_photos_colours(
    photo: Picture, style: Picture, matching: Any
) -> None:
    matched = _pixels(matching(style, photo)).reshape(-1, 3)
    wanted = _pixels(photo).reshape(-1, 3)
    before = _pixels(style).reshape(-1, 3)
    for measure in (np.mean, np.std):
        gap = np.abs(measure(matched, 0) - measure(wanted, 0)).max()
        assert gap < max(6, 0.4 * np.abs(measure(before, 0) - measure(wanted, 0)).max())


@pytest.mark.parametrize("flat", [(10, 200, 30), (255, 255, 255)])
def test_matching_flat_pictures(photo: Picture, flat: tuple[int, int, int]) -> None:
    blank = Image.new("RGB", (20, 10), flat)
    assert match_covariance(blank, photo).size == blank.size
    for matching in (match_covariance, match_histogram):
        assert np.abs(_pixels(matching(photo, blank)) - flat).mean() < 3


@pytest.mark.slow
@pytest.mark.parametrize("colours", [Colours.HISTOGRAM, Colours.COVARIANCE, Colours.PHOTO])
def test_kept_colours_are_nearer_to_the_photos(
    photo: Picture, style: Picture, colours: Colours, painted: Result
) -> None:
    def chroma_gap(picture: Picture) -> float:
        small = photo.resize(picture.size)
        gap = to_oklab(picture)[..., 1:].mean((0, 1)) - to_oklab(small)[..., 1:].mean((0, 1))
        return float(np.linalg.norm(gap))

    kept = chroma_gap(_paint(photo, style, replace(_DRAFT, colours=colours)))
    assert kept < 0.5 * chroma_gap(painted.image)


@pytest.mark.slow
def test_raw_is_before_colours_and_masks(photo: Picture, style: Picture, painted: Result) -> None:
    options = replace(_DRAFT, colours=Colours.PHOTO)
    kept = stylize(photo, style, options, device="cpu")
    assert np.array_equal(_pixels(kept.raw), _pixels(painted.image))
    assert np.array_equal(_pixels(painted.raw), _pixels(painted.image))
    assert np.abs(_pixels(kept.image) - _pixels(kept.raw)).mean() > 3


def test_starts_are_different_and_repeatable(photo: Picture, style: Picture) -> None:
    def first(init: Init | None) -> np.ndarray:
        options = replace(_DRAFT, init=init)
        return _pixels(_paint(photo, style, options, should_stop=lambda: True))

    content, noise, of_style = (first(init) for init in (Init.CONTENT, Init.NOISE, Init.STYLE))
    small = _pixels(photo.resize((content.shape[1], content.shape[0])))
    assert np.abs(content - small).mean() < 0.5 * np.abs(noise - small).mean()
    wanted = _pixels(style).reshape(-1, 3).mean(0)
    gaps = [np.abs(each.reshape(-1, 3).mean(0) - wanted).max() for each in (of_style, noise)]
    assert gaps[0] < 25
    assert np.array_equal(noise, first(Init.NOISE))
    assert np.array_equal(content, first(None))


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"pooling": Pooling.AVERAGE},
        {"style_scale": 0.5},
        {"style_layers": {"relu1_1": 1.0}},
        {"content_layers": {"relu2_2": 1.0}},
        {"style_layers": {"relu5_1": 1.0}},
    ],
)
def test_options_change_the_picture(
    photo: Picture, style: Picture, changes: dict[str, Any], painted: Result
) -> None:
    changed = _pixels(_paint(photo, style, replace(_DRAFT, **changes)))
    assert np.abs(changed - _pixels(painted.image)).mean() > 1


@pytest.mark.slow
def test_total_variation_smooths(photo: Picture, style: Picture) -> None:
    def roughness(weight: float) -> float:
        pixels = _pixels(_paint(photo, style, replace(_DRAFT, tv_weight=weight)))
        return float(np.abs(np.diff(pixels, axis=1)).mean())

    assert roughness(3.0) < 0.8 * roughness(0.0)


def test_a_masked_gram_matrix_is_that_of_the_part(encoder: Encoder) -> None:
    maps = torch.rand(1, 8, 6, 10, generator=torch.Generator().manual_seed(0))
    mask = torch.zeros(1, 1, 6, 10)
    mask[..., :5] = 1
    part = maps[..., :5]
    assert torch.allclose(gram_matrix(maps, mask=mask), 2 * gram_matrix(part), atol=1e-4)
    for ours, theirs in zip(
        mean_and_covariance(maps, mask), mean_and_covariance(part), strict=True
    ):
        assert torch.allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize(
    ("styles", "more", "words"),
    [
        ([], {}, "1 to 8 style images, not 0"),
        ([1.0] * 9, {}, "1 to 8 style images, not 9"),
        ([0.0], {}, "above 0"),
        ([float("nan")], {}, "above 0"),
        ([1e308, 1e308], {}, "at most 1000000000"),
        ([10**400], {}, "at most 1000000000"),
        (["2"], {}, "above 0 .* not '2'"),
        ([None], {}, "above 0"),
        ([1.0], {"mask": Image.new("L", (4, 4), 0)}, "black everywhere"),
        ([1.0], {"steps": 3}, "together with a picture to go on from"),
        *(
            ([1.0], {"init_image": Image.new("RGB", (64, 43)), "steps": steps}, "at least 0")
            for steps in (-1, 2.5, float("nan"), "3")
        ),
        ([1.0], {"init_image": Image.new("RGB", (43, 64))}, "another shape"),
    ],
)
def test_what_cannot_be_painted(
    photo: Picture, style: Picture, styles: Sequence[Any], more: dict[str, Any], words: str
) -> None:
    with pytest.raises(OptionsError, match=words):
        _paint(photo, [StyleImage(style, weight) for weight in styles], **more)


def test_masks_that_do_not_meet(photo: Picture, style: Picture) -> None:
    left = Image.new("L", (64, 64), 0)
    left.paste(255, (0, 0, 32, 64))
    right = Image.eval(left, lambda value: 255 - value)
    with pytest.raises(OptionsError, match="nothing in common"):
        _paint(photo, [StyleImage(style, mask=left)], mask=right)
