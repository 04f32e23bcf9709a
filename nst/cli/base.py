"""What all commands share: the application and its errors; two options of nearly all."""

from __future__ import annotations

import errno
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from nst.errors import NstError

Device = Annotated[
    str, typer.Option(help="auto (the first CUDA GPU, else the CPU), cpu, cuda:0 …, mps")
]
Out = Annotated[Path, typer.Option("--out", "-o", help="Result: .png, .webp or .jpg; overwritten.")]

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


class _Commands(TyperGroup):
    """Every error that nst raises on purpose becomes one line and exit status 2.

    So does what the system says of a file that was named.
    """

    def main(self, *args: Any, **more: Any) -> Any:
        try:
            return super().main(*args, **more)
        except OSError as error:
            if error.errno not in _FULL:
                raise
            # Of standard output, help and version included: for files it is said where they are.
            with suppress(OSError):  # what is left in its buffer would fail once more at the end
                sys.stdout.close()
            typer.echo(f"Error: What is printed cannot be written: {error.strerror}.", err=True)
            sys.exit(2)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except NstError as error:
            typer.echo(f"Error: {error}", err=True)
            raise typer.Exit(2) from error
        except OSError as error:
            if error.filename is None:  # a pipe that is closed, or something that nobody named
                raise
            typer.echo(f"Error: {error.filename}: {error.strerror}.", err=True)
            raise typer.Exit(2) from error


app = typer.Typer(
    cls=_Commands,
    help="Paint a photo in the style of a picture.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


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
