"""Options are checked when they are made, and cost nothing to import."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nst
from nst import Options, OptionsError, Preset
from nst.networks import VGG19
from nst.options import (
    MAX_SEED,
    MAX_SIZE,
    MAX_STYLE_SCALE,
    MIN_SIZE,
    MIN_STYLE_SCALE,
    Colours,
    Init,
    Pooling,
)
from nst.presets import content_factor

WEIGHTS = st.dictionaries(st.sampled_from(VGG19.loss_layers), st.floats(0.01, 10), min_size=1)


@given(
    st.builds(
        Options,
        preset=st.sampled_from(Preset),
        strength=st.integers(0, 100),
        size=st.integers(MIN_SIZE, MAX_SIZE),
        seed=st.integers(0, MAX_SEED),
        colours=st.sampled_from(Colours),
        style_scale=st.floats(MIN_STYLE_SCALE, MAX_STYLE_SCALE),
        init=st.none() | st.sampled_from(Init),
        pooling=st.none() | st.sampled_from(Pooling),
        content_layers=st.none() | WEIGHTS,
        style_layers=st.none() | WEIGHTS,
        tv_weight=st.none() | st.floats(0, 10, allow_subnormal=False),
        weights=st.text(),
    )
)
def test_json_and_back(options: Options) -> None:
    assert Options(**json.loads(json.dumps(options.as_dict()))) == options


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("strength", -1),
        ("strength", 101),
        ("strength", 50.0),
        ("strength", True),
        ("size", 63),
        ("size", 4097),
        ("size", "256"),
        ("seed", -1),
        ("seed", 2**32),
        ("preset", "best"),
        ("preset", None),
        ("colours", "warm"),
        ("style_scale", 0.2),
        ("style_scale", float("nan")),
        ("init", "blank"),
        ("pooling", "min"),
        ("content_layers", {"conv4_2": 1.0}),
        ("style_layers", {"relu1_1": -1.0}),
        ("tv_weight", -1),
        ("style_layers", "relu1_1"),
        ("style_layers", 5),
        ("content_layers", ["relu4_2"]),
        ("weights", None),
        ("weights", 5),
    ],
)
def test_what_is_out_of_range_is_named(name: str, value: Any) -> None:
    with pytest.raises(OptionsError) as caught:
        Options(**{name: value})
    assert name in str(caught.value)
    if "at least one layer" not in str(caught.value):
        shown = next(iter(value)) if isinstance(value, dict) else value
        assert str(shown) in str(caught.value)


def test_a_weights_file_may_be_a_path() -> None:
    assert Options(weights=Path("vgg.pth")) == Options(weights="vgg.pth")  # type: ignore[arg-type]


def test_strength_is_monotone_around_one() -> None:
    factors = [content_factor(strength) for strength in range(101)]
    assert factors == sorted(factors, reverse=True)
    assert content_factor(50) == 1.0
    assert factors[0] == pytest.approx(1 / factors[100])


def test_every_exported_name_is_there() -> None:
    for name in nst.__all__:
        assert getattr(nst, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = nst.nothing


@pytest.mark.parametrize("module", ["nst", "nst.options", "nst.limits", "nst.progress", "nst.cli"])
def test_front_ends_import_nothing_heavy(module: str) -> None:
    code = (
        f"import sys, {module}\n"
        "heavy = {'torch', 'torchvision', 'PIL', 'numpy', 'asyncio', 'discord'}\n"
        "print(sorted(heavy.intersection(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
