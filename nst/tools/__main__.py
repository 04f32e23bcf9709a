"""The process itself; see the package's text."""

from __future__ import annotations

import json
import logging
import os
import sys
from importlib import import_module
from typing import Final

from nst.errors import NstError
from nst.text import Text
from nst.tools.request import Answer, Request, Resources

_LOG = logging.getLogger("nst.tools")

_CHECK_FAULT: Final = Text(
    "This picture could not be unpacked. Open it, save it anew and send that."
)
_FAULT: Final = Text("This could not be made because of a fault on our side.")
_VERBS: Final = {
    "check": "nst.tools.check",
    "finish": "nst.tools.results",
    "compare": "nst.tools.results",
    "film": "nst.tools.results",
    "curve": "nst.tools.results",
    "recipe": "nst.tools.results",
    "white": "nst.tools.results",
}


def main(arguments: list[str]) -> int:
    """Do one piece of work; return the exit status."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    try:
        verb, text = arguments
        module, request = _VERBS[verb], Request.from_json(json.loads(text))
    except (ValueError, KeyError, TypeError):
        _LOG.exception("Not a request.")
        return 2
    # Each thread of a BLAS would reserve address space, and there is no algebra to do here.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    _restrict(request.limits)
    answer: Answer
    try:
        # Imported under the limits: a codec that misbehaves on loading is bounded as well.
        answer = {"ok": True} | getattr(import_module(module), verb)(request)
    except NstError as error:
        _LOG.info("Refused.", exc_info=True)
        answer = {"ok": False, "error": error.text.as_dict()}
    except Exception:
        _LOG.exception("Unexpected.")
        fault = _CHECK_FAULT if verb == "check" else _FAULT
        answer = {"ok": False, "error": fault.as_dict()}
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


def _restrict(limits: Resources) -> None:
    """Lower the limits of this process for good."""
    try:
        import resource  # noqa: PLC0415 (there is none on Windows)
    except ImportError:
        _LOG.warning("No resource limits on this system; the caller's time limit has to do.")
        return
    for kind, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.file_mib * 2**20),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_AS, limits.memory_mib * 2**20),
    ):
        hard = resource.getrlimit(kind)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(kind, (bound, bound))
        except (OSError, ValueError) as error:  # macOS refuses RLIMIT_AS
            _LOG.warning("Resource limit %s not set: %s", kind, error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
