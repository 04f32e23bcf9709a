"""`nst recipe` and `nst doctor`: what a picture was made from, and whether all is well here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from nst.cli.arguments import Device
from nst.cli.group import app
from nst.errors import NstError


@app.command()
def recipe(
    file: Annotated[Path, typer.Argument(help="A picture that nst made.")],
) -> None:
    """Show what a picture was made from and with, as JSON."""
    from nst.images import read_recipe  # noqa: PLC0415 - torch and Pillow are loaded when needed

    typer.echo(json.dumps(read_recipe(file), indent=2, ensure_ascii=False))


@app.command()
def doctor(device: Device = "auto") -> None:
    """Check versions, device and weights, and tell how long a picture will take."""
    try:
        from nst.doctor import examine  # noqa: PLC0415 - torch is loaded when needed

        for subject, finding in examine(device):
            typer.echo(f"{subject:<18}{finding}")
    except (NstError, ImportError, OSError, RuntimeError) as error:
        typer.echo(f"Error: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(1) from error
