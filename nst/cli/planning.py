"""`nst plan`: what a picture will cost."""

from __future__ import annotations

from typing import Annotated

import typer

from nst.cli.base import Device, app
from nst.cli.pictures import Content
from nst.options import MAX_SIZE, MIN_SIZE, Options, Preset

_DEFAULTS = Options()


@app.command()
def plan(
    content: Content,
    *,
    preset: Annotated[
        Preset, typer.Option(help="How much patience the picture is worth.")
    ] = _DEFAULTS.preset,
    size: Annotated[
        int, typer.Option(help=f"Longest side in pixels, {MIN_SIZE} to {MAX_SIZE}.")
    ] = _DEFAULTS.size,
    weights: Annotated[
        str, typer.Option(help="original, torchvision, or a file (PATH or PATH#SHA256).")
    ] = _DEFAULTS.weights,
    device: Device = "auto",
) -> None:
    """Tell how long CONTENT would take and how much memory; exit status 2 if it does not fit."""
    options = Options(preset=preset, size=size, weights=weights)
    # Imported late, see the package's text.
    from nst import planning  # noqa: PLC0415
    from nst.images import load_image  # noqa: PLC0415
    from nst.memory import gigabytes  # noqa: PLC0415
    from nst.meters import duration  # noqa: PLC0415

    found = planning.plan(load_image(content).image.size, options, device=device)
    free = "" if found.free is None else f" of {gigabytes(found.free)} free"
    lean = " (evaluated in less memory, a third slower)" if found.lean else ""
    typer.echo(
        f"{found.width}×{found.height} on {found.device}: about {duration(found.seconds)} for "
        f"{found.steps} steps, at most {gigabytes(found.bytes)}{free}{lean}."
    )
    found.check()
