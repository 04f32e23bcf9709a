"""Progress for people: a bar in terminals and notebooks, a line now and then anywhere else."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from types import TracebackType
from typing import Any, Final, Self

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as LiveBar

from nst.progress import Progress
from nst.text import duration

_LINES: Final = 5.0
_TERMINAL: Final = 0.1
_NOTEBOOK: Final = 0.25


class ProgressBar:
    """A progress bar for `on_progress`; on no terminal and in no notebook, lines of text.

        nst.stylize("photo.jpg", "painting.jpg", on_progress=nst.ProgressBar())

    As a context it is there from the start and ends with the context, and it counts several
    pictures:

        with nst.ProgressBar(len(photos)) as bar:
            for painted in nst.stylize_many(photos, "painting.jpg", on_progress=bar):
                bar.count()

    Args:
        pictures: how many there will be; from two on, a second bar counts them.
        console: where to; standard error, or the notebook, if None.
        clock: tells seconds.
    """

    def __init__(
        self,
        pictures: int = 1,
        *,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console or Console(stderr=True)
        self._pictures, self._clock = pictures, clock
        self._done, self._due = 0, 0.0
        self._stays = pictures > 1  # or a context ends it
        self._display: Any = None
        self._bar: LiveBar | None = None
        self._pause, self._show = _LINES, self._print
        if self._console.is_terminal or self._console.is_jupyter:
            self._bar = LiveBar(
                *(BarColumn(bar_width=20), TaskProgressColumn(), TextColumn("{task.description}")),
                console=self._console,
                auto_refresh=False,  # a thread would go on after an exception
                redirect_stdout=False,  # what is piped into a file belongs there
            )
            self._all = self._bar.add_task("", total=pictures, visible=pictures > 1)
            self._task = self._bar.add_task("loading the network", total=1.0)
            self._pause = _NOTEBOOK if self._console.is_jupyter else _TERMINAL
            self._show = self._draw

    def __call__(self, progress: Progress) -> None:
        """Show where a run stands."""
        now, finished = self._clock(), progress.step == progress.steps
        if now < self._due and not finished:
            return
        self._due = now + self._pause
        self._show(progress)
        if finished and not self._stays:
            self.close()

    def __enter__(self) -> Self:
        """Show the bar at once, and until the context ends."""
        self._stays = True
        self._refresh()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the bar."""
        self.close()

    def count(self, text: str = "") -> None:
        """Count one more of several pictures as done, and print `text`, if any."""
        self._done, self._due = self._done + 1, 0.0
        if text:
            self._console.print(text, soft_wrap=True, markup=False, highlight=False)
        if self._bar:
            self._bar.update(
                self._all, completed=self._done, description=f"{self._done}/{self._pictures}"
            )
            self._bar.update(self._task, completed=0.0, description="")
            self._refresh()

    def close(self) -> None:
        """End the bar; what is shown stays."""
        if self._bar:
            self._bar.update(self._task, visible=self._pictures == 1)
            self._refresh()
            self._bar.stop()

    def _print(self, progress: Progress) -> None:
        line = "  ".join((f"{progress.fraction:4.0%}", *_describe(progress)))
        self._console.print(line, soft_wrap=True, markup=False, highlight=False)

    def _draw(self, progress: Progress) -> None:
        assert self._bar is not None  # noqa: S101 - for the type checker
        # Two lines fit into 80 columns, one does not.
        text = "\n".join(_describe(progress))
        self._bar.update(self._task, completed=progress.fraction, description=text)
        self._bar.update(self._all, completed=self._done + progress.fraction)
        self._refresh()

    def _refresh(self) -> None:
        """Draw the bars anew; notebooks show them as rich's own table, without ipywidgets."""
        if self._bar is None:
            return
        if not self._console.is_jupyter:
            self._bar.start()
            self._bar.refresh()
            return
        table = self._bar.make_tasks_table([task for task in self._bar.tasks if task.visible])
        if self._display is None:
            display = import_module("IPython.display").display
            self._display = display(table, display_id=True)
        else:
            self._display.update(table)


def _describe(progress: Progress) -> tuple[str, str]:
    """Tell where it stands (the scale's size, the step, the time left), and the losses."""
    place = f"{progress.width}×{progress.height}  step {progress.step}/{progress.steps}"
    if progress.seconds_left is not None:
        place += f"  {duration(progress.seconds_left)} left"
    return place, (
        f"loss {progress.total_loss:.4g} (content {progress.content_loss:.4g}, "
        f"style {progress.style_loss:.4g})"
    )
