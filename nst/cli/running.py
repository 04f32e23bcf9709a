"""Painting from the command line: progress, snapshots, Ctrl-C, the result's file."""

from __future__ import annotations

import logging
import os
import re
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console

from nst.cli.base import Device
from nst.cli.reports import Reports
from nst.errors import OptionsError
from nst.options import MAX_SIZE, Preset
from nst.text import duration

if TYPE_CHECKING:
    from nst.inputs import StyleImage
    from nst.progress import Progress
    from nst.result import Result

STOPPED: Final = 128 + signal.SIGINT


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFlags:
    """How the work goes, whatever the picture."""

    device: Device = "auto"
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            help="Keep the state of the run in this file, and go on from it after a crash; "
            "removed at the end."
        ),
    ] = None
    show_every: Annotated[
        int, typer.Option(metavar="N", min=0, help="Save OUT-STEP every N steps; 0 for never.")
    ] = 0
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False

    def check(self, out: Path, inputs: Sequence[Path], reports: Reports) -> None:
        """Refuse, before any work, files that could not be written or that are inputs.

        Args:
            out: file of the result.
            inputs: the pictures that it is made from.
            reports: files wanted besides.

        Raises:
            OptionsError, ImageError, ReportError: the text says which file and why.
        """
        _check_target(out, inputs, snapshots=self.show_every > 0)
        if self.checkpoint is not None:
            _check_checkpoint(self.checkpoint, (out, *inputs))
        reports.check(out, *inputs, *([self.checkpoint] if self.checkpoint else ()))


def paint(
    work: Callable[..., Result],
    content: Path,
    styles: Sequence[StyleImage],
    out: Path,
    *,
    run: RunFlags,
    reports: Reports,
) -> None:
    """Paint, show how it goes, and save the result to `out`; Ctrl-C stops and keeps it.

    Args:
        work: paints; takes the further arguments of `nst.stylize`.
        content: the photo, for the sheet.
        styles: the style images, for the same.
        out: the result's file.
        run: how the work goes.
        reports: files wanted besides.
    """
    from nst.progress_bar import ProgressBar  # noqa: PLC0415 - see the package's text

    recording = reports.begin(run.checkpoint)
    bar = ProgressBar(console=Console(stderr=True, quiet=run.quiet))
    with notes_shown(quiet=run.quiet), stop_on_interrupt() as should_stop, bar:
        result = work(
            on_progress=_with_snapshots(reports.saving(bar, recording), out, run.show_every),
            should_stop=should_stop,
            preview_seconds=0.0 if run.show_every else None,
            preview_size=MAX_SIZE,
            checkpoint=run.checkpoint,
            recording=recording,
            device=run.device,
        )
    paths = [result.save(out), *(reports.write(recording) if recording else ())]
    paths += reports.write_sheet(content, [style.image for style in styles], result.image)
    if not run.quiet:
        preset = Preset(result.recipe["options"]["preset"])
        _report(result, paths, run.show_every or preset.method.table_every)
    if result.stopped:
        raise typer.Exit(STOPPED)


def _report(result: Result, paths: Sequence[Path], every: int) -> None:
    """Print the table of losses, if any, what was written, and how long it took."""
    from nst.report import loss_table  # noqa: PLC0415 - see the package's text
    from nst.report.files import table_lines  # noqa: PLC0415

    size_text = f"{result.image.width}×{result.image.height}"
    steps = f"{len(result.history)} steps in {duration(result.seconds)}"
    stopped = ", stopped early; the picture is as far as it had come" if result.stopped else ""
    for line in table_lines(loss_table(result.history, every)) if every else ():
        typer.echo(line)
    for path in paths[1:]:
        typer.echo(f"{path}")
    for note in result.notes:
        typer.echo(note)
    typer.echo(f"{paths[0]}: {size_text}, {steps}{stopped}.")


def _check_target(out: Path, inputs: Sequence[Path], *, snapshots: bool) -> None:
    """Refuse a result that could not be written, or would overwrite an input."""
    from nst import images  # noqa: PLC0415 - see the package's text

    images.check_target(out)
    check_not_input(out, inputs)
    snapshot = re.compile(rf"{re.escape(out.stem)}-\d+{re.escape(out.suffix)}")
    for path in inputs:
        beside = path.parent.resolve() == out.parent.resolve()
        if snapshots and beside and snapshot.fullmatch(path.name):
            raise OptionsError(f"{path} is an input and could be overwritten; rename {out}.")


def check_not_input(out: Path, inputs: Sequence[Path]) -> None:
    """Refuse a result that would overwrite an input.

    Raises:
        OptionsError: says which.
    """
    if any(out.exists() and path.exists() and path.samefile(out) for path in inputs):
        raise OptionsError(f"{out} is one of the inputs; write the result to another file.")


def _check_checkpoint(checkpoint: Path, pictures: Sequence[Path]) -> None:
    from nst.checkpoint import could_be_replaced  # noqa: PLC0415 - see the package's text

    if not checkpoint.parent.is_dir():
        raise OptionsError(f"There is no folder {checkpoint.parent} for the checkpoint.")
    if checkpoint.is_dir():
        raise OptionsError(f"The checkpoint {checkpoint} is a folder; name a file.")
    if any(path.resolve() == checkpoint.resolve() for path in pictures):
        raise OptionsError(f"The checkpoint {checkpoint} is one of the pictures; name another.")
    if not could_be_replaced(checkpoint):
        raise OptionsError(f"The checkpoint {checkpoint} is another file; name a new one.")


def _with_snapshots(
    show: Callable[[Progress], None], out: Path, every: int
) -> Callable[[Progress], None]:
    """Return `show` that also saves the picture beside `out` every few steps; 0 for never."""
    from nst.images import save_image  # noqa: PLC0415 - see the package's text

    if not every:
        return show

    def report(progress: Progress) -> None:
        show(progress)
        if progress.preview and progress.step % every == 0:
            path = out.with_stem(f"{out.stem}-{progress.step}")
            save_image(progress.preview, path, recipe=None)

    return report


class _Notes(logging.Handler):
    """Prints what nst warns of, as lines among the others."""

    def emit(self, record: logging.LogRecord) -> None:
        typer.echo(f"Note: {record.getMessage()}", err=True)


@contextmanager
def notes_shown(*, quiet: bool) -> Iterator[None]:
    """Let nst's warnings be printed as notes; not at all if it is to be quiet."""
    log, notes = logging.getLogger("nst"), _Notes(logging.WARNING)
    if quiet:
        notes.setLevel(logging.ERROR)
    log.addHandler(notes)
    try:
        yield
    finally:
        log.removeHandler(notes)


@contextmanager
def stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Yield what tells whether Ctrl-C was pressed; pressing it a second time aborts as usual."""
    pressed = False

    def remember(_number: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        # Straight to the descriptor: Python's own streams may be in the middle of a write.
        os.write(2, b"\nStopping after this step; press Ctrl-C again to abort.\n")

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)
