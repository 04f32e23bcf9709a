"""Painting from the command line: progress, snapshots, Ctrl-C, the result's file."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console

from nst.cli.base import Device
from nst.cli.reports import Reports, loss_lines
from nst.errors import OptionsError
from nst.options import Options

if TYPE_CHECKING:
    from nst.images import LoadedImage
    from nst.progress import Progress
    from nst.result import Result

_STOPPED: Final = 128 + signal.SIGINT


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
        reports.check(out, *inputs)


def paint(
    content: Path | LoadedImage,
    styles: list[Any],
    options: Options,
    out: Path,
    arguments: Mapping[str, Any],
    *,
    run: RunFlags,
    reports: Reports,
) -> None:
    """Paint, show how it goes, and save the result to `out`; Ctrl-C stops and keeps it.

    What it takes is what `nst.stylize` takes; `arguments` are its further ones.
    """
    from nst import transfer  # noqa: PLC0415 - see the package's text
    from nst.cli.progress_bar import progress_bar  # noqa: PLC0415

    recording = reports.begin(run.checkpoint)
    shown = progress_bar(Console(stderr=True, quiet=run.quiet))
    with _stop_on_interrupt() as should_stop, shown as show:
        report = _with_snapshots(reports.saving(show, recording), out, run.show_every)
        result = transfer.stylize(
            content,
            styles,
            options,
            on_progress=report,
            should_stop=should_stop,
            preview_seconds=0.0 if run.show_every else None,
            preview_size=options.size,
            checkpoint=run.checkpoint,
            recording=recording,
            device=run.device,
            **arguments,
        )
    paths = [result.save(out), *(reports.write(recording) if recording else ())]
    paths += reports.write_sheet(content, [style.image for style in styles], result.image)
    if not run.quiet:
        _report(result, paths, run.show_every or options.preset.method.table_every)
    if result.stopped:
        raise typer.Exit(_STOPPED)


def _report(result: Result, paths: Sequence[Path], every: int) -> None:
    """Print the table of losses, if any, what was written, and how long it took."""
    from nst.cli.progress_bar import duration  # noqa: PLC0415 - see the package's text

    size_text = f"{result.image.width}×{result.image.height}"
    steps = f"{len(result.history)} steps in {duration(result.seconds)}"
    stopped = ", stopped early; the picture is as far as it had come" if result.stopped else ""
    for line in loss_lines(result.history, every) if every else ():
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
    snapshot = re.compile(rf"{re.escape(out.stem)}-\d+{re.escape(out.suffix)}")
    for path in inputs:
        if out.exists() and path.exists() and path.samefile(out):
            raise OptionsError(f"{out} is one of the inputs; write the result to another file.")
        beside = path.parent.resolve() == out.parent.resolve()
        if snapshots and beside and snapshot.fullmatch(path.name):
            raise OptionsError(f"{path} is an input and could be overwritten; rename {out}.")


def _check_checkpoint(checkpoint: Path, pictures: Sequence[Path]) -> None:
    if not checkpoint.parent.is_dir():
        raise OptionsError(f"There is no folder {checkpoint.parent} for the checkpoint.")
    if checkpoint.is_dir():
        raise OptionsError(f"The checkpoint {checkpoint} is a folder; name a file.")
    if any(path.resolve() == checkpoint.resolve() for path in pictures):
        raise OptionsError(f"The checkpoint {checkpoint} is one of the pictures; name another.")


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


@contextmanager
def _stop_on_interrupt() -> Iterator[Callable[[], bool]]:
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
