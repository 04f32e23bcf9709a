"""`nst plan`: what a picture will cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nst.cli.base import Device, app
from nst.cli.go_on import options_of
from nst.cli.groups import grouped
from nst.cli.look import Look
from nst.cli.pictures import Content
from nst.options import Options


@app.command()
@grouped
def plan(
    content: Content,
    *,
    style: Annotated[
        list[Path] | None, typer.Option(help="A style image; repeatable. Its size matters.")
    ] = None,
    result: Annotated[
        Path | None, typer.Option(help="Go on from this picture, as `nst continue` does.")
    ] = None,
    look: Look,
    device: Device = "auto",
) -> None:
    """Tell how long CONTENT would take and how much memory; exit status 2 if it does not fit."""
    # Imported late, see the package's text.
    from nst import planning  # noqa: PLC0415
    from nst.images import load_image, read_recipe  # noqa: PLC0415
    from nst.memory import gigabytes  # noqa: PLC0415
    from nst.meters import duration  # noqa: PLC0415

    given = look.given()
    found = planning.plan(
        load_image(content).image.size,
        options_of(read_recipe(result), given) if result else Options(**given),
        styles=[load_image(path).image.size for path in style or ()],
        init=load_image(result).image.size if result else None,
        device=device,
    )
    free = "" if found.free is None else f" of {gigabytes(found.free)} free"
    lean = " (evaluated in less memory, a third slower)" if found.lean else ""
    typer.echo(
        f"{found.width}×{found.height} on {found.device}: about {duration(found.seconds)} for "
        f"{found.steps} steps, at most {gigabytes(found.bytes)}{free}{lean}."
    )
    sizes = "" if style else "style images larger than this (name them with --style), and "
    typer.echo(
        f"Not counted: {sizes}masks (one takes about a quarter longer, two regions two thirds)."
    )
    found.check()
