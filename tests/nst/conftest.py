"""Two small pictures and the network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from nst import Options, Preset, Result, diagnosis, load_image, planning, setup, stylize
from nst.encoder import Encoder, load_encoder
from nst.method import Method
from nst.presets import method_for
from nst.speed import Speed

EXAMPLES = Path(__file__).parents[2] / "backend" / "examples"


def _small(path: Path, longest_side: int) -> Image.Image:
    image = load_image(path).image.copy()
    image.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    return image


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module", autouse=True)
def _threads() -> Iterator[None]:
    """Small pictures gain nothing from threads, which wait for each other on a busy machine."""
    with _one_thread():
        yield


@pytest.fixture(scope="session")
def photo() -> Image.Image:
    """Return a cat, 96 px wide."""
    return _small(EXAMPLES / "photos" / "chelsea.jpg", 96)


@pytest.fixture(scope="session")
def photos() -> list[Image.Image]:
    """All bundled photos, longest side 256 px."""
    return [_small(path, 256) for path in sorted((EXAMPLES / "photos").glob("*.jpg"))]


@pytest.fixture(scope="session")
def style() -> Image.Image:
    """Brush strokes, longest side 96 px."""
    return _small(EXAMPLES / "styles" / "night_wind.jpg", 96)


@pytest.fixture(scope="session")
def painted(photo: Image.Image, style: Image.Image) -> Result:
    """Return a draft of the two pictures, 64 px wide: what others are compared with."""
    with _one_thread():
        return stylize(photo, style, Options(preset=Preset.DRAFT, size=64), device="cpu")


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """Return the original weights in float32 on the CPU."""
    return load_encoder("original", torch.device("cpu"), torch.float32)


def shorten(monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    """Let a painting take so many steps at each size."""

    def shortened(options: Options) -> Method:
        usual = method_for(options)
        return replace(usual, steps=tuple((side, steps) for side, _ in usual.steps))

    monkeypatch.setattr(setup, "method_for", shortened)


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a painting take five steps at each size, where what is around it is tested."""
    shorten(monkeypatch, 5)


@pytest.fixture
def speed(monkeypatch: pytest.MonkeyPatch) -> Speed:
    """Return a machine that needs 10 ms for a step and 1 µs for each pixel."""
    fixed = Speed(fixed=0.01, per_pixel=1e-6)
    for module in (planning, diagnosis):
        monkeypatch.setattr(module, "measure_speed", lambda encoder, method: fixed)
    return fixed
