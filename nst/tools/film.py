"""A film of how a picture was painted."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module

from nst.recording import Recording
from nst.report.timelapse import Film, timelapse
from nst.tools.request import Answer, Request

with suppress(ImportError):  # optional; loaded now, before anything is shut off
    import_module("av")


def film(request: Request) -> Answer:
    """Write the frames of a recording as a film."""
    kind, most = Film(request.options["kind"]), request.options.get("max_bytes")
    data = timelapse(Recording.load(request.file("recording")), kind, max_bytes=most)
    request.write("out", data)
    return {"suffix": f".{kind.value}"}
