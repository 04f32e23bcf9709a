"""The pictures that Python programs hold."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from nst import Options, Preset, stylize
from nst.errors import ImageError
from nst.sources import as_loaded
from tests.corpus.pictures import COLOURS, LUMA, corners, encoded, quadrants

_PIXELS = np.asarray(quadrants())
_UNIT = _PIXELS.astype(np.float32) / 255
_TENSOR = torch.from_numpy(_UNIT).permute(2, 0, 1)


@pytest.mark.parametrize(
    "source",
    [
        encoded(quadrants(), "PNG"),
        bytearray(encoded(quadrants(), "PNG")),
        io.BytesIO(encoded(quadrants(), "PNG")),
        quadrants(),
        quadrants().quantize(8),
        _PIXELS,
        _PIXELS[::-1][::-1],
        _UNIT,
        _UNIT.astype(np.float64),
        _UNIT.astype(np.float16),
        _TENSOR,
        _TENSOR[None],
        _TENSOR.double().requires_grad_(),
        _TENSOR.bfloat16(),
        torch.from_numpy(_PIXELS.copy()).permute(2, 0, 1),
    ],
    ids=lambda source: f"{type(source).__name__} {getattr(source, 'dtype', '')}",
)
def test_every_source_gives_the_same_picture(source: Any) -> None:
    loaded = as_loaded(source)
    np.testing.assert_allclose(corners(loaded.image), COLOURS, atol=2)
    assert loaded.alpha is None
    assert as_loaded(loaded) is loaded


def test_paths_are_sources(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(quadrants(), "PNG"))
    with path.open("rb") as file:
        assert as_loaded(file).sha256 == as_loaded(path).sha256 == as_loaded(str(path)).sha256


def test_grey_and_transparent_arrays() -> None:
    grey = as_loaded(np.asarray(quadrants(tuple(c[:1] for c in LUMA), mode="L")))
    np.testing.assert_allclose(corners(grey.image), LUMA)
    mask = np.eye(8, dtype=bool)
    np.testing.assert_array_equal(np.asarray(as_loaded(mask).image)[..., 0], 255 * mask)
    layered = np.dstack([_PIXELS, np.full(_PIXELS.shape[:2], 128, np.uint8)])
    loaded = as_loaded(layered)
    assert loaded.alpha is not None
    assert as_loaded(Image.fromarray(layered)).sha256 == loaded.sha256 != grey.sha256


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (None, "not NoneType"),
        (42, "not int"),
        ([1, 2], "not list"),
        (io.StringIO("text"), "not a file opened as text"),
        (np.zeros((3, 4, 5), np.uint8), r"shape \(3, 4, 5\)"),
        (np.zeros((4,), np.uint8), r"shape \(4,\)"),
        (np.zeros((0, 4, 3), np.uint8), "an empty array"),
        (Image.new("RGB", (0, 4)), "an empty image"),
        (np.zeros((4, 4, 3), np.int64), "an array of int64"),
        (np.full((4, 4, 3), 200.0), "floats from 200 to 200. Divide"),
        (np.full((4, 4, 3), np.nan), "floats from nan"),
        (torch.zeros(2, 3, 8, 8), r"a tensor of shape \(2, 3, 8, 8\)"),
        (torch.zeros(8, 8, 3), r"a tensor of shape \(8, 8, 3\)"),
    ],
)
def test_anything_else_is_told_what_is_taken(source: Any, words: str) -> None:
    with pytest.raises(ImageError, match=rf"A picture is a path.*torch tensor.*{words}"):
        as_loaded(source)


@pytest.mark.usefixtures("few_steps")
def test_images_and_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    data = encoded(Image.effect_noise((64, 48), 90), "PNG")
    closed = io.BytesIO(data)
    closed.close()
    with (
        Image.open(io.BytesIO(data[: len(data) // 2])) as cut_off,
        (tmp_path / "a.png").open("wb") as for_writing,
    ):
        for source in (cut_off, closed, for_writing):
            with pytest.raises(ImageError):
                as_loaded(source)


def test_stylize_takes_arrays_and_tensors() -> None:
    options = Options(size=64, preset=Preset.DRAFT, seed=1)
    style = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(0))
    one = stylize(_PIXELS, [style], options)
    other = stylize(_TENSOR[None], style.permute(1, 2, 0).numpy(), options)
    assert one.image.tobytes() == other.image.tobytes()
