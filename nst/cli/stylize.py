"""`nst stylize`: a new picture."""

from __future__ import annotations

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
    options = Options(**look.given())
    styles = pictures.styles()
    run.check(out, pictures.files, reports)
    arguments = {"mask": pictures.mask}
    paint(pictures.content, styles, options, out, arguments, run=run, reports=reports)
