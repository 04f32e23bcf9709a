"""`nst stylize`: a new picture, or many."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import typer

from nst.cli.base import app
from nst.cli.groups import grouped
from nst.cli.many import ManyPictures, Target
from nst.cli.option_flags import NewOptionFlags
from nst.cli.painting_many import is_done, paint_many
from nst.cli.reports import Reports
from nst.cli.running import RunFlags, paint
from nst.options import Options


@app.command()
@grouped
def stylize(
    pictures: ManyPictures, out: Target, *, look: NewOptionFlags, run: RunFlags, reports: Reports
) -> None:
    """Paint CONTENT in the style of STYLE. Ctrl-C stops and keeps the picture as it is.

    Many photos, many styles: nst stylize photos/*.jpg painting.jpg -o out/
    """
    from nst import transfer  # noqa: PLC0415 - see the package's text

    options, path = Options(**look.given()), Path(out)
    if pictures.are_several(out):
        paint_many(pictures, options, path, run=run, reports=reports)
        return
    one = pictures.one()
    styles = one.styles()
    run.check(path, one.files, reports)
    if pictures.skip_existing and is_done(path):
        if not run.quiet:
            typer.echo(f"{path} is there already.")
        return
    work = partial(transfer.stylize, one.content, styles, options, mask=one.mask)
    paint(work, one.content, styles, path, run=run, reports=reports)
