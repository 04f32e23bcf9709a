"""One painting from the command line: meter, snapshots, Ctrl-C, and the file at the end."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.console import Console

from nst.cli.arguments import StyleFile
from nst.errors import OptionsError
from nst.options import Options

if TYPE_CHECKING:
    from nst.progress import Progress

STOPPED: Final = 128 + signal.SIGINT


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What to paint, and where the result goes.

    Attributes:
        content: the photo.
        styles: at least one.
        options: what to make.
        out: the result's path.
        mask: white is painted.
        init_image: an earlier result to go on from.
        steps: as in `nst.stylize`.
        checkpoint: as in `nst.stylize`.
        device: as in `nst.stylize`.
        show_every: save a snapshot every so many steps; 0 for never.
        quiet: print nothing but errors.
    """

    content: Path
    styles: Sequence[StyleFile]
    options: Options
    out: Path
    mask: Path | None = None
    init_image: Path | None = None
    steps: int | None = None
    checkpoint: Path | None = None
    device: str = "auto"
    show_every: int = 0
    quiet: bool = False

    @property
    def inputs(self) -> list[Path]:
        """Every file that is read."""
        masks = (style.mask for style in self.styles)
        others = (self.mask, self.init_image, *masks)
        return [
            self.content,
            *(style.path for style in self.styles),
            *(path for path in others if path is not None),
        ]


def paint(run: Run) -> None:
    """Paint, save, and say so.

    Raises:
        NstError: an input or option is wrong.
        typer.Exit: with status 130, if Ctrl-C stopped it; the picture is saved as it is.
    """
    _check_target(run)
    # Imported late, so that `nst --help` does not wait for torch.
    from nst import transfer  # noqa: PLC0415
    from nst.inputs import StyleImage  # noqa: PLC0415
    from nst.meters import duration, meter  # noqa: PLC0415

    styles = [
        StyleImage(style.path, 1.0 if style.weight is None else style.weight, style.mask)
        for style in run.styles
    ]
    with _stop_on_interrupt() as should_stop, meter(Console(stderr=True, quiet=run.quiet)) as show:
        result = transfer.stylize(
            run.content,
            styles,
            run.options,
            mask=run.mask,
            init_image=run.init_image,
            steps=run.steps,
            checkpoint=run.checkpoint,
            on_progress=_with_snapshots(show, run) if run.show_every else show,
            should_stop=should_stop,
            preview_seconds=0.0 if run.show_every else None,
            preview_size=run.options.size,
            device=run.device,
        )
    path = result.save(run.out)
    if not run.quiet:
        size_text = f"{result.image.width}×{result.image.height}"
        steps = f"{len(result.history)} steps in {duration(result.seconds)}"
        stopped = ", stopped early; the picture is as far as it had come" if result.stopped else ""
        typer.echo(f"{path}: {size_text}, {steps}{stopped}.")
    if result.stopped:
        raise typer.Exit(STOPPED)


def _check_target(run: Run) -> None:
    """Refuse a result that could not be written, or would overwrite an input, before any work."""
    from nst.images import check_target  # noqa: PLC0415 - see above

    out = run.out
    check_target(out)
    snapshot = re.compile(rf"{re.escape(out.stem)}-\d+{re.escape(out.suffix)}")
    for path in run.inputs:
        if out.exists() and path.exists() and path.samefile(out):
            raise OptionsError(
                "{out} is one of the inputs; write the result to another file.", out=str(out)
            )
        beside = path.parent.resolve() == out.parent.resolve()
        if run.show_every and beside and snapshot.fullmatch(path.name):
            raise OptionsError(
                "{path} is an input and could be overwritten; rename {out}.",
                path=str(path),
                out=str(out),
            )
    _check_checkpoint(run)


def _check_checkpoint(run: Run) -> None:
    if run.checkpoint is None:
        return
    if not run.checkpoint.parent.is_dir():
        raise OptionsError(
            "There is no folder {folder} for the checkpoint; make it first.",
            folder=str(run.checkpoint.parent),
        )
    for path in (run.out, *run.inputs):
        if path.resolve() == run.checkpoint.resolve():
            raise OptionsError(
                "The checkpoint {path} would overwrite a picture; name another file.",
                path=str(run.checkpoint),
            )


def _with_snapshots(show: Callable[[Progress], None], run: Run) -> Callable[[Progress], None]:
    """`show`, and the picture saved beside the result every few steps."""
    from nst.images import save_image  # noqa: PLC0415 - see above

    def report(progress: Progress) -> None:
        show(progress)
        if progress.preview and progress.step % run.show_every == 0:
            path = run.out.with_stem(f"{run.out.stem}-{progress.step}")
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

    before: Any = signal.signal(signal.SIGINT, remember)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)
