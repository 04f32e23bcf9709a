"""Painting from the command line: progress, snapshots, Ctrl-C, the result's file."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.console import Console

from nst.cli.reports import Reports, loss_lines
from nst.errors import OptionsError
from nst.options import Options, Preset

if TYPE_CHECKING:
    from nst.images import LoadedImage
    from nst.progress import Progress
    from nst.transfer import Result

_STOPPED: Final = 128 + signal.SIGINT
_TABLE_EVERY: Final = 500  # steps; how often the reference recipe prints its loss


def paint(
    content: Path | LoadedImage,
    styles: list[Any],
    options: Options,
    out: Path,
    arguments: Mapping[str, Any],
    *,
    reports: Reports | None = None,
    show_every: int,
    quiet: bool,
) -> None:
    """Paint, show how it goes, and save the result; Ctrl-C stops and keeps it.

    Args:
        content: the photo.
        styles: of `nst.StyleImage`.
        options: what to make.
        out: file of the result.
        arguments: further ones of `nst.stylize`.
        reports: files wanted besides the picture.
        show_every: save a snapshot every so many steps; 0 for never.
        quiet: print nothing but errors.
    """
    # Imported late, see the package's text.
    from nst import transfer  # noqa: PLC0415
    from nst.meters import meter  # noqa: PLC0415

    reports = reports or Reports()
    recording = reports.begin(arguments.get("checkpoint"))
    with _stop_on_interrupt() as should_stop, meter(Console(stderr=True, quiet=quiet)) as show:
        report = reports.saving(show, recording)
        result = transfer.stylize(
            content,
            styles,
            options,
            on_progress=_with_snapshots(report, out, show_every) if show_every else report,
            should_stop=should_stop,
            preview_seconds=0.0 if show_every else None,
            preview_size=options.size,
            recording=recording,
            **arguments,
        )
    paths = [result.save(out)]
    if recording:
        paths += reports.write(recording)
    paths += reports.write_sheet(content, [style.image for style in styles], result.image)
    if not quiet:
        every = show_every or (_TABLE_EVERY if options.preset is Preset.REFERENCE else 0)
        _report(result, paths, every)
    if result.stopped:
        raise typer.Exit(_STOPPED)


def _report(result: Result, paths: Sequence[Path], every: int) -> None:
    """The table of losses, if any, what was written, and how long it took."""
    from nst.meters import duration  # noqa: PLC0415 - see the package's text

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


def check_target(
    out: Path, inputs: Sequence[Path], *, snapshots: bool, checkpoint: Path | None = None
) -> None:
    """Refuse a result that could not be written, or would overwrite an input, before any work."""
    from nst import images  # noqa: PLC0415 - see the package's text

    images.check_target(out)
    snapshot = re.compile(rf"{re.escape(out.stem)}-\d+{re.escape(out.suffix)}")
    for path in inputs:
        if out.exists() and path.exists() and path.samefile(out):
            raise OptionsError(f"{out} is one of the inputs; write the result to another file.")
        beside = path.parent.resolve() == out.parent.resolve()
        if snapshots and beside and snapshot.fullmatch(path.name):
            raise OptionsError(f"{path} is an input and could be overwritten; rename {out}.")
    if checkpoint is not None:
        _check_checkpoint(checkpoint, (out, *inputs))


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
    """`show`, and the picture saved beside `out` every few steps."""
    from nst.images import save_image  # noqa: PLC0415 - see the package's text

    def report(progress: Progress) -> None:
        show(progress)
        if progress.preview and progress.step % every == 0:
            path = out.with_stem(f"{out.stem}-{progress.step}")
            save_image(progress.preview, path, recipe=None)

    return report


@contextmanager
def _stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Tells whether Ctrl-C was pressed; pressing it a second time aborts as usual."""
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
