"""Two small pictures and the network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from nst import Options, load_image, planning, setup
from nst.encoder import Encoder, load_encoder
from nst.method import Method
from nst.presets import method_for
from nst.speed import Speed

EXAMPLES = Path(__file__).parents[2] / "backend" / "examples"


def _small(path: Path, longest_side: int) -> Image.Image:
    image = load_image(path).image.copy()
    image.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    return image


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Small pictures gain nothing from threads, which wait for each other on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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
def encoder() -> Encoder:
    """Return the original weights in float32 on the CPU."""
    return load_encoder("original", torch.device("cpu"), torch.float32)


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a painting take five steps at each size, where what is around it is tested."""

    def shortened(options: Options) -> Method:
        usual = method_for(options)
        return replace(usual, steps=tuple((side, 5) for side, _ in usual.steps))

    monkeypatch.setattr(setup, "method_for", shortened)


@pytest.fixture
def speed(monkeypatch: pytest.MonkeyPatch) -> Speed:
    """Return a machine that needs 10 ms for a step and 1 µs for each pixel."""
    fixed = Speed(fixed=0.01, per_pixel=1e-6)
    monkeypatch.setattr(planning, "measure_speed", lambda encoder, method: fixed)
    return fixed
