"""`nst continue`: further work on an earlier result."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from nst.cli.base import Out, app
from nst.cli.groups import grouped
from nst.cli.option_flags import OptionFlags
from nst.cli.pictures import Pictures
from nst.cli.reports import Reports
from nst.cli.running import RunFlags, paint


@app.command(name="continue")
@grouped
def continue_(
    result: Annotated[Path, typer.Argument(help="A picture that nst made.")],
    pictures: Pictures,
    out: Out,
    *,
    steps: Annotated[
        int | None, typer.Option(help="How many steps at full size; 0 repaints nothing.")
    ] = None,
    look: OptionFlags,
    run: RunFlags,
    reports: Reports,
) -> None:
    """Go on from RESULT, made from CONTENT and STYLE, at another strength or size.

    A fraction of a new picture's work: only the finest scale is painted, or those that are larger
    than RESULT. What is not given is as in RESULT's recipe. Masks are not in the recipe: give them
    again.
    """
    # Imported late, see the package's text.
    from nst import continuing  # noqa: PLC0415
    from nst.images import read_recipe  # noqa: PLC0415

    recipe, given = read_recipe(result), look.given()
    continuing.options_of(recipe, given)
    styles = pictures.styles(known=continuing.weights_of(recipe))
    run.check(out, (result, *pictures.files), reports)
    work = partial(
        continuing.continue_,
        result,
        pictures.content,
        styles,
        mask=pictures.mask,
        steps=steps,
        **given,
    )
    paint(work, pictures.content, styles, out, run=run, reports=reports)
