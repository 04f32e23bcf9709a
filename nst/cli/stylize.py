"""`nst stylize`: a new picture."""

from __future__ import annotations

from functools import partial

from nst.cli.base import Out, app
from nst.cli.groups import grouped
from nst.cli.option_flags import NewOptionFlags
from nst.cli.pictures import Pictures
from nst.cli.reports import Reports
from nst.cli.running import RunFlags, paint
from nst.options import Options


@app.command()
@grouped
def stylize(
    pictures: Pictures, out: Out, *, look: NewOptionFlags, run: RunFlags, reports: Reports
) -> None:
    """Paint CONTENT in the style of STYLE. Ctrl-C stops and keeps the picture as it is."""
    from nst import transfer  # noqa: PLC0415 - see the package's text

    options = Options(**look.given())
    styles = pictures.styles()
    run.check(out, pictures.files, reports)
    work = partial(transfer.stylize, pictures.content, styles, options, mask=pictures.mask)
    paint(work, pictures.content, styles, out, run=run, reports=reports)
