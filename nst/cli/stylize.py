"""`nst stylize`: a new picture."""

from __future__ import annotations

from typing import Annotated

import typer

from nst.cli.base import Out, app
from nst.cli.groups import grouped
from nst.cli.look import Look
from nst.cli.pictures import Pictures
from nst.cli.reports import Reports
from nst.cli.running import Run, paint
from nst.options import MAX_SEED, Init, Options


@app.command()
@grouped
def stylize(
    pictures: Pictures,
    out: Out,
    *,
    look: Look,
    seed: Annotated[
        int, typer.Option(help=f"Another seed is another take; 0 to {MAX_SEED}.")
    ] = Options().seed,
    init: Annotated[Init | None, typer.Option(help="What to start from.")] = None,
    run: Run,
    reports: Reports,
) -> None:
    """Paint CONTENT in the style of STYLE. Ctrl-C stops and keeps the picture as it is."""
    options = Options(seed=seed, init=init, **look.given())
    styles = pictures.styles()
    run.check(out, pictures.files, reports)
    arguments = {"mask": pictures.mask}
    paint(pictures.content, styles, options, out, arguments, run=run, reports=reports)
