"""`nst plan`: what a picture will cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nst.cli.base import Device, app
from nst.cli.groups import grouped
from nst.cli.option_flags import OptionFlags
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
    mask: Annotated[bool, typer.Option("--mask", help="There will be a mask.")] = False,
    style_masks: Annotated[
        int, typer.Option(min=0, metavar="N", help="So many style images will have masks.")
    ] = 0,
    result: Annotated[
        Path | None, typer.Option(help="Go on from this picture, as `nst continue` does.")
    ] = None,
    look: OptionFlags,
    device: Device = "auto",
) -> None:
    """Tell how long CONTENT would take and how much memory; exit status 2 if it does not fit."""
    # Imported late, see the package's text.
    from nst import planning  # noqa: PLC0415
    from nst.continuing import options_of  # noqa: PLC0415
    from nst.images import load_image, read_recipe  # noqa: PLC0415
    from nst.setup import Sizes  # noqa: PLC0415

    photo = load_image(content)
    init = load_image(result) if result else None
    sizes = Sizes(
        content=photo.colour.size,
        styles=tuple(load_image(path).colour.size for path in style or ()),
        init=init.colour.size if init else None,
        regions=max(1, style_masks),
        masked=mask or style_masks > 0,
        transparent=any(each and each.alpha for each in (photo, init)),
    )
    given = look.given()
    options = options_of(read_recipe(result), given) if result else Options(**given)
    found = planning.Plan.for_sizes(sizes, options, device=device)
    typer.echo(str(found))
    if not style:
        typer.echo("Not counted: style images larger than this (name them with --style).")
    found.check()
