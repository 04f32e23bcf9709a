"""What a library call gives back, in the forms that people go on with."""

from __future__ import annotations

import io
from importlib.metadata import version

import numpy as np
import pytest
import torch
from PIL import Image

import nst
from nst import OptionsError, Preset, Result, read_recipe, stylize

SIZE = 64


@pytest.fixture(scope="module")
def result() -> Result:
    rng = np.random.default_rng(3)
    photo = Image.fromarray(rng.integers(0, 255, (48, 64, 3), dtype=np.uint8))
    style = Image.linear_gradient("L").convert("RGB").resize((64, 64))
    return stylize(photo, style, size=SIZE, preset="draft", device="cpu")


@pytest.mark.slow
def test_options_by_name(result: Result) -> None:
    assert result.recipe["options"]["preset"] == Preset.DRAFT
    assert max(result.image.size) == SIZE


def test_names_that_are_no_options() -> None:
    picture = Image.linear_gradient("L")
    with pytest.raises(TypeError, match="sizze"):
        stylize(picture, picture, sizze=64)
    with pytest.raises(OptionsError, match="sketchy"):
        stylize(picture, picture, preset="sketchy")


def test_one_line_says_what_it_is(result: Result) -> None:
    assert repr(result).startswith("<nst.Result 64×48 px, ")
    assert "\n" not in repr(result)


def test_arrays_and_tensors_are_the_picture(result: Result) -> None:
    array, tensor = result.numpy(), result.tensor()
    assert array.shape == (48, 64, 3)
    assert array.dtype == np.uint8
    assert (tuple(tensor.shape), tensor.dtype) == ((3, 48, 64), torch.float32)
    assert np.array_equal(array, np.asarray(result.image))
    assert torch.equal((tensor * 255).round().byte().permute(1, 2, 0), torch.from_numpy(array))
    array[:] = 0
    assert not np.array_equal(array, np.asarray(result.image))


def test_notebooks_show_it(result: Result) -> None:
    shown = Image.open(io.BytesIO(result._repr_png_()))
    assert (shown.format, shown.size) == ("PNG", (64, 48))


@pytest.mark.parametrize(("suffix", "kind"), [(".png", "PNG"), (".jpg", "JPEG"), (".webp", "WEBP")])
def test_it_is_saved_to_a_file_object(result: Result, suffix: str, kind: str) -> None:
    file = io.BytesIO()
    result.save(file, suffix=suffix)
    file.seek(0)
    assert read_recipe(file) == result.recipe
    file.seek(0)
    assert Image.open(file).format == kind


def test_the_version_is_that_of_the_package() -> None:
    assert nst.__version__ == version("stylize-bot")
