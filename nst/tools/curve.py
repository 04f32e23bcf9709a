"""A plot of the losses of a run."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module

from nst.recording import Recording
from nst.report.curves import loss_curves
from nst.tools.request import Answer, Request

# Optional; loaded now, before anything is shut off: it may have to make its list of fonts first.
with suppress(ImportError):
    import_module("matplotlib.font_manager")
    import_module("matplotlib.backends.backend_agg")


def curve(request: Request) -> Answer:
    """Write the losses of a recording as a plot."""
    history = Recording.load(request.file("recording")).history
    title, labels = request.options["title"], request.options["labels"]
    request.write("out", loss_curves(history, title=title, labels=labels))
    return {"suffix": ".png"}
