"""Progress for people."""

from __future__ import annotations

import io
import itertools

import pytest
from rich.console import Console

from nst import Progress
from nst.cli.progress_bar import duration, progress_bar


def _progress(step: int, **changes: float | None) -> Progress:
    values = {
        "evaluations": step,
        "fraction": step / 200,
        "total_loss": 0.34567,
        "losses": {"content": 0.2, "style": 0.14567},
        "seconds": 3.0,
        "seconds_left": 100.0,
        "width": 256,
        "height": 192,
    }
    return Progress(step=step, steps=200, **(values | changes))  # type: ignore[arg-type]


def _shown(*steps: int, terminal: bool) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=80, color_system=None)
    with progress_bar(console) as show:
        for step in steps:
            show(_progress(step))
    return file.getvalue()


def test_a_terminal_sees_a_bar_that_fits() -> None:
    text = _shown(1, 100, 200, terminal=True)
    for words in ("━", "100%", "256×192", "step 200/200", "1 min 40 s left", "content 0.2"):
        assert words in text
    assert "…" not in text  # nothing was cut off at 80 columns


def test_anything_else_sees_plain_lines_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(1000.0, 0.125)  # an eighth of a second per step
    monkeypatch.setattr("nst.cli.progress_bar.time.monotonic", lambda: next(clock))
    lines = _shown(*range(1, 201), terminal=False).splitlines()
    assert lines[0] == (
        "  0%  256×192  step 1/200  1 min 40 s left  loss 0.3457 (content 0.2, style 0.1457)"
    )
    assert lines[-1].startswith("100%  256×192  step 200/200")
    steps = [line.split("step ")[1].split("/")[0] for line in lines]
    assert steps == ["1", "41", "81", "121", "161", "200"]  # every five seconds, and the last


def test_nothing_is_said_of_a_time_that_is_not_known() -> None:
    file = io.StringIO()
    with progress_bar(Console(file=file)) as show:
        show(_progress(1, seconds_left=None))
    assert "left" not in file.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3599.7, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text
