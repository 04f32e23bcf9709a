"""The command line: `nst stylize`, `nst recipe`, `nst doctor`.

Nothing heavy is imported before a command runs, so that `nst --help` answers at once.

Exit status: 0 done; 1 `doctor` found something broken; 2 wrong input, one line says what;
130 stopped by Ctrl-C (`stylize` has then saved the picture as far as it had come).
"""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from nst.errors import NstError, OptionsError
from nst.options import (
    MAX_SEED,
    MAX_SIZE,
    MAX_STRENGTH,
    MIN_SIZE,
    MIN_STRENGTH,
    Colours,
    Options,
    Preset,
)

if TYPE_CHECKING:
    from nst.progress import Progress

_STOPPED = 128 + signal.SIGINT


class _Commands(TyperGroup):
    """Every error that nst raises on purpose becomes one line and exit status 2."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except NstError as error:
            typer.echo(f"Error: {error}", err=True)
            raise typer.Exit(2) from error


app = typer.Typer(
    cls=_Commands,
    help="Paint a photo in the style of a picture.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_DEFAULTS = Options()
_Device = Annotated[str, typer.Option(help="auto (the first GPU, else the CPU), cpu, cuda:0 …")]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nst {version('stylize-bot')}")
        raise typer.Exit


@app.callback()
def _main(
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


@app.command()
def stylize(  # noqa: PLR0913 - one parameter per command line option
    content: Annotated[Path, typer.Argument(help="The photo.")],
    style: Annotated[Path, typer.Argument(help="The picture whose look is wanted.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Result: .png, .webp or .jpg; overwritten.")
    ],
    *,
    preset: Annotated[
        Preset, typer.Option(help="How much patience the picture is worth.")
    ] = _DEFAULTS.preset,
    strength: Annotated[
        int,
        typer.Option(help=f"{MIN_STRENGTH} keeps the photo, {MAX_STRENGTH} is all style."),
    ] = _DEFAULTS.strength,
    size: Annotated[
        int, typer.Option(help=f"Longest side in pixels, {MIN_SIZE} to {MAX_SIZE}.")
    ] = _DEFAULTS.size,
    seed: Annotated[
        int, typer.Option(help=f"Another seed is another take; 0 to {MAX_SEED}.")
    ] = _DEFAULTS.seed,
    colours: Annotated[Colours, typer.Option(help="Whose colours the result has.")] = (
        _DEFAULTS.colours
    ),
    weights: Annotated[
        str, typer.Option(help="original, torchvision, or a file (PATH or PATH#SHA256).")
    ] = _DEFAULTS.weights,
    device: _Device = "auto",
    show_every: Annotated[
        int, typer.Option(metavar="N", min=0, help="Save OUT-STEP every N steps; 0 for never.")
    ] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Paint CONTENT in the style of STYLE. Ctrl-C stops and keeps the picture as it is."""
    options = Options(
        preset=preset,
        strength=strength,
        size=size,
        seed=seed,
        colours=colours,
        weights=weights,
    )
    _check_target(out, inputs=(content, style), snapshots=show_every > 0)
    # Imported late, see the module's text.
    from nst import transfer  # noqa: PLC0415
    from nst.meters import duration, meter  # noqa: PLC0415

    with _stop_on_interrupt() as should_stop, meter(Console(stderr=True, quiet=quiet)) as show:
        result = transfer.stylize(
            content,
            style,
            options,
            on_progress=_with_snapshots(show, out, show_every) if show_every else show,
            should_stop=should_stop,
            preview_seconds=0.0 if show_every else None,
            preview_size=size,
            device=device,
        )
    path = result.save(out)
    if not quiet:
        size_text = f"{result.image.width}×{result.image.height}"
        steps = f"{len(result.history)} steps in {duration(result.seconds)}"
        stopped = ", stopped early; the picture is as far as it had come" if result.stopped else ""
        typer.echo(f"{path}: {size_text}, {steps}{stopped}.")
    if result.stopped:
        raise typer.Exit(_STOPPED)


@app.command()
def recipe(
    file: Annotated[Path, typer.Argument(help="A picture that nst made.")],
) -> None:
    """Show what a picture was made from and with, as JSON."""
    from nst.images import read_recipe  # noqa: PLC0415 - see the module's text

    typer.echo(json.dumps(read_recipe(file), indent=2, ensure_ascii=False))


@app.command()
def doctor(device: _Device = "auto") -> None:
    """Check versions, device and weights, and tell how long a picture will take."""
    try:
        from nst.doctor import examine  # noqa: PLC0415 - see the module's text

        for subject, finding in examine(device):
            typer.echo(f"{subject:<18}{finding}")
    except (NstError, ImportError, OSError, RuntimeError) as error:
        typer.echo(f"Error: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(1) from error


def _check_target(out: Path, inputs: tuple[Path, ...], *, snapshots: bool) -> None:
    """Refuse a result that could not be written, or would overwrite an input, before any work."""
    from nst.images import check_target  # noqa: PLC0415 - see the module's text

    check_target(out)
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
    from nst.images import save_image  # noqa: PLC0415 - see the module's text

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
