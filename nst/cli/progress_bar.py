"""Progress for people: a live bar on a terminal, a line now and then anywhere else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as LiveBar

from nst.progress import Progress

_SECONDS_BETWEEN_LINES: Final = 5.0

Show = Callable[[Progress], None]


@contextmanager
def progress_bar(console: Console) -> Iterator[Show]:
    """Yield what to call with each progress while the context lasts; write to `console`."""
    if not console.is_terminal:
        yield _lines(console)
        return
    columns = (BarColumn(bar_width=20), TaskProgressColumn(), TextColumn("{task.description}"))
    with LiveBar(*columns, console=console) as bar:
        task = bar.add_task("loading the network", total=1.0)
        # Two lines fit into 80 columns, one does not.
        yield lambda progress: bar.update(
            task, completed=progress.fraction, description="\n".join(_describe(progress))
        )


def duration(seconds: float) -> str:
    """Write seconds as people say them: `duration(200)` is `3 min 20 s`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _describe(progress: Progress) -> tuple[str, str]:
    """Tell where it stands (the scale's size, the step, the time left), and the losses."""
    place = f"{progress.width}×{progress.height}  step {progress.step}/{progress.steps}"
    if progress.seconds_left is not None:
        place += f"  {duration(progress.seconds_left)} left"
    return place, (
        f"loss {progress.total_loss:.4g} (content {progress.content_loss:.4g}, "
        f"style {progress.style_loss:.4g})"
    )


def _lines(console: Console) -> Show:
    """Print the first step, the last one, and one every few seconds between."""
    due = 0.0

    def show(progress: Progress) -> None:
        nonlocal due
        now = time.monotonic()
        if now >= due or progress.step == progress.steps:
            due = now + _SECONDS_BETWEEN_LINES
            line = "  ".join((f"{progress.fraction:4.0%}", *_describe(progress)))
            console.print(line, soft_wrap=True, markup=False, highlight=False)

    return show
