"""The process itself; see the package's text."""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any, Final

from nst.errors import NstError
from nst.isolation import IsolationError
from nst.text import Text
from nst.tools.confinement import confine, settle
from nst.tools.request import Answer, Request
from nst.tools.server import serve

_LOG = logging.getLogger("nst.tools")

_CHECK_FAULT: Final = Text(
    "This picture could not be unpacked. Open it, save it anew and send that."
)
_FAULT: Final = Text("This could not be made because of a fault on our side.")
Verb = Callable[[Request], Answer]


def _load(module: str, name: str) -> Verb:
    verb: Verb = getattr(import_module(module), name)
    return verb


VERBS: Final[Mapping[str, Callable[[], Verb]]] = {
    "check": partial(_load, "nst.tools.check", "check"),
    "frames": partial(_load, "nst.tools.frames", "frames"),
    "film": partial(_load, "nst.tools.film", "film"),
    "animate": partial(_load, "nst.tools.animate", "animate"),
    "curve": partial(_load, "nst.tools.curve", "curve"),
    **{name: partial(_load, "nst.tools.films", name) for name in ("refilm", "sticker")},
    **{
        name: partial(_load, "nst.tools.results", name)
        for name in ("finish", "compare", "thumbnails", "recipe", "white")
    },
}
"""What loads a verb, by its name."""
_LOADED_BY_SERVER: Final = {"check", "compare"}  # what the others need is large, or seldom needed


def main(arguments: list[str], verbs: Mapping[str, Callable[[], Verb]] = VERBS) -> int:
    """Do one piece of work, or as many as are asked of a server; return the exit status."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    # Each thread of a BLAS would reserve address space, and there is no algebra to do here.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    if arguments == ["serve"]:
        for name in _LOADED_BY_SERVER & verbs.keys():
            verbs[name]()
        serve(socket.socket(fileno=0), partial(_perform, verbs=verbs))
        return 0
    try:
        name, text = arguments
        data = json.loads(text)
    except ValueError:
        _LOG.exception("Not a request.")
        return 2
    return _perform(name, data, verbs)


def _perform(name: str, data: Mapping[str, Any], verbs: Mapping[str, Callable[[], Verb]]) -> int:
    """Do one piece of work in this process, shut off for good; return the exit status."""
    try:
        load, request = verbs[name], Request.from_json(data)
    except (ValueError, KeyError, TypeError, AttributeError):
        _LOG.exception("Not a request.")
        return 2
    # Loaded under the limits, then shut off; only then is anything read.
    try:
        settle(request.limits, request.isolation)
        verb = load()
        confine(request.isolation)
    except IsolationError:
        _LOG.exception("Not isolated.")
        answer: Answer = {"ok": False, "error": _FAULT.as_dict()}
    else:
        answer = _answer(name, verb, request)
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    return 0


def _answer(name: str, verb: Verb, request: Request) -> Answer:
    try:
        return {"ok": True} | verb(request)
    except NstError as error:
        _LOG.info("Refused.", exc_info=True)
        return {"ok": False, "error": error.text.as_dict()}
    except Exception:
        _LOG.exception("Unexpected.")
        fault = _CHECK_FAULT if name in {"check", "frames"} else _FAULT
        return {"ok": False, "error": fault.as_dict()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
