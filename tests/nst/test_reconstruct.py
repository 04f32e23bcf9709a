"""Reconstructions by their effect: what a layer knows comes back, what it does not is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from nst import DeviceError, ImageError, Options, OptionsError, Preset
from nst.reconstruct import (
    ReconstructionOptions,
    figure,
    reconstruct_content,
    reconstruct_style,
    trade_off,
)
from tests.nst import plain

_QUICK = ReconstructionOptions(size=96, steps=60, device="cpu")


def _difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of grey levels, 0 to 255."""
    first, second = (np.asarray(image.convert("RGB"), dtype=float) for image in (one, other))
    return float(np.abs(first - second).mean())


def _gram_error(image: Image.Image, target: Image.Image, layer: str) -> float:
    """‖G − Gₜ‖² / ‖Gₜ‖², by formulas that share nothing with the code under test."""
    made, wanted = (
        plain.gram(plain.features(plain.normalised(picture, 96))[layer])
        for picture in (image, target)
    )
    return float((made - wanted).square().sum() / wanted.square().sum())


@pytest.mark.slow
def test_shallow_layers_know_the_pixels_and_deep_ones_do_not(photo: Image.Image) -> None:
    differences = [
        _difference(reconstruct_content(photo, layer, _QUICK), photo)
        for layer in ("relu1_2", "relu4_2", "relu5_2")
    ]
    assert differences == sorted(differences)
    assert differences[0] < 6
    assert differences[2] > 4 * differences[0]


@pytest.mark.slow
def test_a_deep_layer_cannot_tell_its_reconstruction_from_the_photo(photo: Image.Image) -> None:
    def maps(image: Image.Image) -> torch.Tensor:
        return plain.features(plain.normalised(image, 64))["5_2"]

    made = reconstruct_content(
        photo, "relu5_2", ReconstructionOptions(size=64, steps=40, device="cpu")
    )
    wanted = maps(photo)
    grey = Image.new("RGB", photo.size, (124, 116, 104))
    distance, start = (float((maps(image) - wanted).norm()) for image in (made, grey))
    assert distance < 0.35 * start


_LAYERS = ("relu1_1", "relu2_1", "relu3_1")


@pytest.fixture(scope="module")
def deep(style: Image.Image) -> Image.Image:
    """Return the texture that three layers know of the style."""
    return reconstruct_style(style, _LAYERS, _QUICK)


@pytest.mark.slow
def test_gram_matrices_approach_the_target(
    style: Image.Image, photo: Image.Image, deep: Image.Image
) -> None:
    for layer in _LAYERS:
        assert _gram_error(deep, style, layer[4:]) < 0.03
        assert _gram_error(photo, style, layer[4:]) > 0.1
    # Its texture and not its arrangement.
    assert _difference(deep, style) > 20


@pytest.mark.slow
def test_more_layers_bring_larger_structures(style: Image.Image, deep: Image.Image) -> None:
    shallow = reconstruct_style(style, ("relu1_1",), _QUICK)
    assert _gram_error(deep, style, "3_1") < _gram_error(shallow, style, "3_1") / 3


def test_a_seed_is_one_picture(photo: Image.Image) -> None:
    first, again, other = (
        reconstruct_content(
            photo, "relu3_1", ReconstructionOptions(size=64, steps=3, seed=seed, device="cpu")
        )
        for seed in (1, 1, 2)
    )
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_steps_are_told(photo: Image.Image) -> None:
    told: list[tuple[int, int]] = []
    settings = ReconstructionOptions(size=64, steps=3, device="cpu")
    reconstruct_content(photo, "relu1_1", settings, on_step=lambda *step: told.append(step))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_the_figure(photo: Image.Image, style: Image.Image) -> None:
    told: list[tuple[int, int]] = []
    settings = ReconstructionOptions(size=64, steps=1, device="cpu")
    sheet = figure(photo, style, settings, on_step=lambda *step: told.append(step))
    assert told[-1] == (10, 10)
    assert sheet.width > 6 * 64
    assert sheet.height > 2 * 64 * photo.height / photo.width


@pytest.mark.usefixtures("few_steps")
@pytest.mark.slow
def test_the_trade_off(photo: Image.Image, style: Image.Image) -> None:
    told: list[tuple[int, int]] = []
    options = Options(preset=Preset.DRAFT, size=64)
    sheet = trade_off(photo, style, options, device="cpu", on_step=lambda *step: told.append(step))
    assert told[-1] == (20, 20)
    assert sheet.width > 4 * 64
    assert sheet.height > 5 * 64 * photo.height / photo.width
    own = replace(options, strength=90, style_layers={"relu1_1": 1.0})
    assert trade_off(photo, style, own, device="cpu").tobytes() == sheet.tobytes()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"size": 63}, "size must be a whole number from 64 to 4096, not 63"),
        ({"size": 5000}, "size must be"),
        ({"steps": 0}, "steps must be at least 1, not 0"),
        ({"steps": 2.5}, "steps must be at least 1, not 2.5"),
        ({"steps": float("nan")}, "steps must be at least 1, not nan"),
        ({"seed": -1}, "seed must be a whole number from 0"),
        ({"seed": 2**70}, "seed must be a whole number from 0"),
        ({"seed": None}, "seed must be a whole number from 0"),
        ({"weights": None}, "weights must be"),
    ],
)
def test_numbers_out_of_range(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionsError, match=words):
        ReconstructionOptions(**settings)


def test_what_cannot_be_reconstructed(photo: Image.Image, tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match="no layer 'relu6_1'"):
        reconstruct_content(photo, "relu6_1", _QUICK)
    with pytest.raises(OptionsError, match="at least one layer"):
        reconstruct_style(photo, (), _QUICK)
    with pytest.raises(OptionsError, match="too narrow"):
        reconstruct_content(Image.new("RGB", (1000, 20)), "relu1_1", _QUICK)
    with pytest.raises(ImageError):
        reconstruct_content(tmp_path / "none.jpg", "relu1_1", _QUICK)
    with pytest.raises(DeviceError):
        reconstruct_style(photo, ("relu1_1",), ReconstructionOptions(device="tpu"))
