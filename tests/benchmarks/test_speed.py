"""The programs that measure speed and memory, on something tiny."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import pytest
import torch

from benchmarks.gpu import Aim, main, milliseconds, pictures_a_minute, step_times
from benchmarks.pairs import sample
from benchmarks.peers import commands
from benchmarks.sizes import measure
from nst import Options, Preset
from tests.nst.conftest import few_steps

__all__ = ["few_steps"]


@pytest.mark.parametrize("recompute", [False, True])
def test_a_size_costs_time_and_memory(recompute: bool) -> None:
    cost = measure(64, 3, dtype=torch.float32, recompute=recompute, square=False)
    assert cost.pixels == 64 * 48
    assert cost.seconds > 0
    assert cost.peak > 100e6  # at least torch itself
    assert cost.bound > 0


def test_milliseconds_counts_only_the_repeats() -> None:
    calls = 0

    def call() -> None:
        nonlocal calls
        calls += 1

    assert milliseconds(call, torch.device("cpu"), repeats=5) < 1000
    assert calls == 3 + 5


@pytest.mark.slow
def test_a_step_is_timed_where_there_is_no_gpu_too() -> None:
    assert all(time > 0 for time in step_times(32, torch.device("cpu"), repeats=1))


def test_aims_are_held_or_missed() -> None:
    assert str(Aim("it", 0.9, 1.0, "ms")) == "| it | 0.90 ms | ≤ 1 ms | held |"
    assert str(Aim("it", 120.0, 240.0, "a minute", more=True)).endswith(
        "| ≥ 240 a minute | missed |"
    )
    assert str(Aim("it", None, 5.0, "s")).endswith("| – | ≤ 5 s | not measured |")


@pytest.mark.slow
@pytest.mark.usefixtures("few_steps")
def test_the_figures_of_a_gpu_are_tried_on_a_cpu(capsys: pytest.CaptureFixture[str]) -> None:
    tiny = "--device cpu --size 64 --sizes 64 --preset draft --repeats 1 --steps 2 --jobs 0"
    main(tiny.split())
    rows = capsys.readouterr().out.splitlines()[-6:]
    assert [row.split(" | ")[0] for row in rows] == [
        *("| evaluation", "| `draft`, warm", "| `reference`, 2 steps"),
        *("| four takes beside one", "| pictures a minute through the bot"),
        "| the same, two workers on a device",
    ]
    assert [row.endswith("| not measured |") for row in rows] == [False] * 4 + [True] * 2


@pytest.mark.slow
@pytest.mark.parametrize("painters", [1, 2])
def test_the_bots_pictures_a_minute_are_counted(painters: int) -> None:
    found = pictures_a_minute(Options(preset=Preset.DRAFT, size=64), 2, painters)
    assert found is not None
    assert found > 0


def test_a_sample_of_pairs_is_even_and_repeats() -> None:
    photos = [Path(f"content-{number}") for number in range(5)]
    styles = [Path(f"style-{number}") for number in range(4)]
    pairs = sample(photos, styles, 10)
    assert pairs == sample(photos, styles, 10)
    assert len(set(pairs)) == len(pairs) == 10
    counts = Counter(style for _, style in pairs)
    assert max(counts.values()) - min(counts.values()) <= 1
    assert len(set(sample(photos, styles, 1000))) == 20


def test_contestants_get_the_same_pair_and_size(tmp_path: Path) -> None:
    found = commands(
        argparse.Namespace(
            content=Path("photo.jpg"),
            style=Path("style.jpg"),
            out=tmp_path,
            size=256,
            steps=1000,
            presets=["draft", "standard"],
        )
    )
    assert [name.split()[0] for name in found] == ["pastiche", "nst", "nst"]
    for command in found.values():
        assert {"photo.jpg", "style.jpg", "256"} <= set(command)
