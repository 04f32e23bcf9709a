"""Progress for people."""

from __future__ import annotations

import io
import itertools
import time
from collections.abc import Callable

import pytest
from rich.console import Console

from nst import Progress
from nst.progress_bar import ProgressBar
from nst.text import duration


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


def _shown(*steps: int, terminal: bool, clock: Callable[[], float] = time.monotonic) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=80, color_system=None)
    with ProgressBar(console=console, clock=clock) as show:
        for step in steps:
            show(_progress(step))
    return file.getvalue()


def test_a_terminal_sees_a_bar_that_fits() -> None:
    text = _shown(1, 100, 200, terminal=True)
    for words in ("━", "100%", "256×192", "step 200/200", "1 min 40 s left", "content 0.2"):
        assert words in text
    assert "…" not in text  # nothing was cut off at 80 columns


def test_anything_else_sees_plain_lines_now_and_then() -> None:
    clock = itertools.count(1000.0, 0.125)  # an eighth of a second per step
    lines = _shown(*range(1, 201), terminal=False, clock=lambda: next(clock)).splitlines()
    assert lines[0] == (
        "  0%  256×192  step 1/200  1 min 40 s left  loss 0.3457 (content 0.2, style 0.1457)"
    )
    assert lines[-1].startswith("100%  256×192  step 200/200")
    steps = [line.split("step ")[1].split("/")[0] for line in lines]
    assert steps == ["1", "41", "81", "121", "161", "200"]  # every five seconds, and the last


def test_without_a_context_it_ends_with_the_run() -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=80)
    bar = ProgressBar(console=console)
    bar(_progress(199))
    assert "\x1b[?25l" in file.getvalue()  # the cursor is hidden
    bar(_progress(200))
    assert "\x1b[?25h" in file.getvalue()  # and there again
    assert "100%" in file.getvalue()


@pytest.mark.parametrize("terminal", [True, False])
def test_several_pictures_are_counted(terminal: bool) -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=80, color_system=None)
    with ProgressBar(3, console=console) as bar:
        for number in range(1, 4):
            bar(_progress(100))
            bar(_progress(200))
            bar.count(f"picture {number} is done")
    text = file.getvalue()
    assert [f"picture {number} is done" in text for number in range(1, 4)] == [True] * 3
    if terminal:
        assert "3/3" in text
        assert text.rindex("3/3") > text.index("picture 3")


def test_nothing_is_said_of_a_time_that_is_not_known() -> None:
    file = io.StringIO()
    ProgressBar(console=Console(file=file))(_progress(1, seconds_left=None))
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
