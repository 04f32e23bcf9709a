"""`nst recipe` and `nst doctor`: commands that paint nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from nst.cli.base import Device, app
from nst.errors import NstError


@app.command()
def recipe(
    file: Annotated[Path, typer.Argument(help="A picture that nst made.")],
) -> None:
    """Show what a picture was made from and with, as JSON."""
    from nst.images import read_recipe  # noqa: PLC0415 - see the package's text

    typer.echo(json.dumps(read_recipe(file), indent=2))  # in ASCII: a stranger may have written it


@app.command()
def doctor(device: Device = "auto") -> None:
    """Check versions, device and weights, and tell how long a picture will take."""
    try:
        from nst import diagnosis  # noqa: PLC0415 - see the package's text

        diagnosis.doctor(device, on_finding=typer.echo)
    except (NstError, ImportError, OSError, RuntimeError) as error:
        typer.echo(f"Error: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(1) from error
