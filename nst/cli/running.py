"""Painting from the command line: progress, snapshots, Ctrl-C, the result's file."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.console import Console

from nst.errors import OptionsError
from nst.options import Options

if TYPE_CHECKING:
    from nst.images import LoadedImage
    from nst.progress import Progress
    from nst.transfer import Result

_STOPPED: Final = 128 + signal.SIGINT


def paint(
    content: Path | LoadedImage,
    styles: list[Any],
    options: Options,
    out: Path,
    arguments: Mapping[str, Any],
    *,
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
        show_every: save a snapshot every so many steps; 0 for never.
        quiet: print nothing but errors.
    """
    # Imported late, see the package's text.
    from nst import transfer  # noqa: PLC0415
    from nst.meters import meter  # noqa: PLC0415

    with _stop_on_interrupt() as should_stop, meter(Console(stderr=True, quiet=quiet)) as show:
        result = transfer.stylize(
            content,
            styles,
            options,
            on_progress=_with_snapshots(show, out, show_every) if show_every else show,
            should_stop=should_stop,
            preview_seconds=0.0 if show_every else None,
            preview_size=options.size,
            **arguments,
        )
    path = result.save(out)
    if not quiet:
        _report(result, path)
    if result.stopped:
        raise typer.Exit(_STOPPED)


def _report(result: Result, path: Path) -> None:
    from nst.meters import duration  # noqa: PLC0415 - see the package's text

    size_text = f"{result.image.width}×{result.image.height}"
    steps = f"{len(result.history)} steps in {duration(result.seconds)}"
    stopped = ", stopped early; the picture is as far as it had come" if result.stopped else ""
    typer.echo(f"{path}: {size_text}, {steps}{stopped}.")


def check_target(out: Path, inputs: tuple[Path, ...], *, snapshots: bool) -> None:
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
