"""The worker process: one device, one warm model, one picture at a time.

Started by `backend.engine.process` as

    python -m backend.engine.worker DEVICE PAINTER STORE SCRATCH ISOLATION [FOLDER…]

Messages come in on stdin and go out on stdout (`backend.engine.messages`). `PAINTER` names a
`module:function` that loads the model once and returns what paints; torch is imported there and
nowhere else. `STORE` is the address of the file store, `SCRATCH` a folder for half-done files; the
others are a `Confinement`.

```
 stdin ──▶ listener thread ──▶ requests ──▶ main thread: paint(request, place, report, should_stop)
               │ stop flags  ─────────────────▲   │
               └ end of input: the bot is gone    └──▶ messages ──▶ a private copy of stdout
```
Kinds of messages in: `run`, `stop`, `cancel`. Out: `ready` or `failed` once, then per run any
number of `progress` and one of `done` and `failed`.
"""

from __future__ import annotations

import gc
import importlib
import json
import logging
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Final, cast

from backend.engine.child import private_pipes, settle_in
from backend.engine.messages import (
    FROM_WORKER,
    MAX_LINE,
    TO_WORKER,
    CancelOrder,
    Failure,
    FromWorker,
    PaintOrder,
    PictureDone,
    ProgressReport,
    StopOrder,
    WorkerReady,
)
from backend.engine.protocol import EngineProgress, EngineRequest
from backend.engine.words import said_of
from backend.engine.workspace import Workspace, workspace
from backend.errors import UserError
from backend.files.local import LocalFiles, open_files
from backend.files.room import is_out_of_room
from backend.records import ResultFile
from nst.errors import DeviceError, NstError
from nst.isolation import Isolation
from nst.isolation.painter import Confinement, confine
from nst.options import MIN_SIZE
from nst.text import Text

_LOG = logging.getLogger(__name__)

Report = Callable[[EngineProgress], None]
ShouldStop = Callable[[], bool]
Paint = Callable[[EngineRequest, Workspace, Report, ShouldStop], ResultFile]

REPORT_SECONDS: Final = 0.25
MAX_TRACE: Final = 32_000
_DEVICE_FAULTS: Final = ("CUDA error", "cuDNN error")
SHRINK: Final = 0.7  # half the pixels, so half the memory

GENERAL_WORDS: Final = Text(
    "Something went wrong while painting, and the host's log has the details. Trying again with "
    "another photo or a smaller size may help."
)
SMALLER_WORDS: Final = Text(
    "There was not enough memory for {size} px, so it was painted at {smaller} px."
)
MEMORY_WORDS: Final = Text(
    "There was not enough memory for a picture of this size ({size} px). Please try a smaller size."
)


class Outlet:
    """Sends messages; at most one progress report per `REPORT_SECONDS`, always with the newest."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._last_report = -REPORT_SECONDS
        self._preview: bytes | None = None

    def send(self, message: FromWorker) -> None:
        """Write one line."""
        line = FROM_WORKER.encode(message).encode() + b"\n"
        if len(line) > MAX_LINE:
            raise ValueError(f"a message of {len(line)} bytes")
        self._stream.write(line)
        self._stream.flush()

    def report(self, progress: EngineProgress) -> None:
        """Send `progress`, or drop it when another has just been sent (its preview is kept)."""
        self._preview = progress.preview or self._preview
        now = time.monotonic()
        if now - self._last_report < REPORT_SECONDS:
            return
        self._last_report = now
        self.send(ProgressReport(replace(progress, preview=self._preview)))
        self._preview = None

    def forget(self) -> None:
        """Start afresh for the next run."""
        self._last_report = -REPORT_SECONDS
        self._preview = None


class _Cancelled(Exception):
    """A run is to end now; the worker goes on with the next one."""


class Inlet:
    """Reads messages in a thread of its own, so that `stop` is heard while a picture is made."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._runs: queue.SimpleQueue[EngineRequest] = queue.SimpleQueue()
        self._stopped: set[str] = set()
        self._cancelled: set[str] = set()
        threading.Thread(target=self._listen, name="listener", daemon=True).start()

    def next_request(self) -> EngineRequest:
        """Wait for the next run."""
        return self._runs.get()

    def should_stop(self, job_id: str) -> bool:
        """Return whether `stop` was asked for this job; raise _Cancelled if `cancel` was."""
        self.check(job_id)
        return job_id in self._stopped

    def check(self, job_id: str) -> None:
        """Raise _Cancelled if nobody wants this job's picture any more."""
        if job_id in self._cancelled:
            raise _Cancelled(job_id)

    def forget(self, job_id: str) -> None:
        """Forget a job that is over."""
        self._stopped.discard(job_id)
        self._cancelled.discard(job_id)

    def _listen(self) -> None:
        for line in self._stream:
            match TO_WORKER.decode(line):
                case PaintOrder(request):
                    self.forget(request.job_id)  # what was asked too late of an earlier run
                    self._runs.put(request)
                case StopOrder(job_id):
                    self._stopped.add(job_id)
                case CancelOrder(job_id):
                    self._cancelled.add(job_id)
        os._exit(0)  # The bot is gone; the main thread may be deep inside a kernel and never look.


@dataclass(frozen=True, slots=True)
class Worker:
    """What a worker process works with; `scratch` is a folder for what is not finished yet."""

    inlet: Inlet
    outlet: Outlet
    files: LocalFiles
    scratch: Path

    def serve(self, load: Callable[[str], Paint], device: str) -> int:
        """Load the model, say `ready`, then run requests until the bot is gone.

        Returns only when the painter could not be loaded: the exit status 1.
        """
        try:
            paint = load(device)
        except Exception as error:  # whatever it is, the bot has to hear of it
            self.outlet.send(Failure(*_words_and_trace(error, None)))
            return 1
        self.outlet.send(WorkerReady())
        while True:
            self._run(self.inlet.next_request(), paint)
            gc.collect()

    def _run(self, request: EngineRequest, paint: Paint) -> None:
        """Run one request and send its outcome; no exception gets out.

        After a fault of the device there is none: a fresh process has to paint it.
        """
        inlet, outlet, job_id = self.inlet, self.outlet, request.job_id
        outcome: FromWorker

        def report(progress: EngineProgress) -> None:
            inlet.check(job_id)
            outlet.report(progress)

        try:
            with workspace(self.files, request, self.scratch) as place:
                result = paint_within_memory(
                    request, place, paint, report, lambda: inlet.should_stop(job_id)
                )
                outcome = PictureDone(place.store(result))
        except Exception as error:  # one bad picture must not end the worker
            if _is_device_lost(error):
                _LOG.exception("job %s: this process cannot use its device any more", job_id)
                os._exit(1)  # not in order: whatever is left would ask the device once more
            outcome = Failure(*_words_and_trace(error, request))
        inlet.forget(job_id)
        outlet.forget()
        outlet.send(outcome)


def paint_within_memory(
    request: EngineRequest,
    place: Workspace,
    paint: Paint,
    report: Report,
    should_stop: ShouldStop,
) -> ResultFile:
    """Paint; if memory runs out, once more at a smaller size, and so on, with a note of it."""
    spec = request.spec
    asked = size = spec.options.size
    while True:
        options = replace(spec.options, size=size)
        smaller = replace(request, spec=replace(spec, options=options))
        try:
            result = paint(smaller, place, report, should_stop)
        except Exception as error:
            if not _is_out_of_memory(error) or size == MIN_SIZE:
                raise
            _LOG.warning("job %s: out of memory at %d px", request.job_id, size, exc_info=True)
        else:
            if size == asked:
                return result
            note = Text(SMALLER_WORDS, size=asked, smaller=size)
            return replace(result, notes=(*result.notes, note))
        gc.collect()  # outside of `except`, where the trace would keep the pictures alive
        size = max(MIN_SIZE, int(size * SHRINK))


def _is_out_of_memory(error: Exception) -> bool:
    # torch's own error is known by its name, because this module does not import torch; nst raises
    # its own, which names what the device has: that is the host's business.
    known = MemoryError | DeviceError
    return isinstance(error, known) or type(error).__name__ == "OutOfMemoryError"


def _is_device_lost(error: Exception) -> bool:
    """Tell whether CUDA had a fault after which it refuses all that this process asks for.

    https://docs.nvidia.com/cuda/cuda-runtime-api/group__CUDART__TYPES.html
    """
    known = type(error).__name__ == "AcceleratorError"  # torch's own, as above, but not of old
    return known or (isinstance(error, RuntimeError) and str(error).startswith(_DEVICE_FAULTS))


def _words_and_trace(error: Exception, request: EngineRequest | None) -> tuple[Text, str]:
    if is_out_of_room(error):
        words = said_of(error)
    elif isinstance(error, DeviceError) and request is None:
        words = Text("The host's log says why.")  # there may be no such device
    elif _is_out_of_memory(error):
        size = request and request.spec.options.size
        words = Text(MEMORY_WORDS, size=size) if size else Text("Out of memory.")
    elif isinstance(error, NstError | UserError):
        words = error.text
    else:
        words = said_of(error) if isinstance(error, OSError) else GENERAL_WORDS
    trace = "".join(traceback.format_exception(error))
    return words, trace[-MAX_TRACE:]


def find(name: str) -> Any:
    """Return the object called `module:attribute`."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def main(arguments: list[str]) -> int:
    """Serve, or print as JSON what a function answers (`--ask FUNCTION [ARGUMENT…]`)."""
    first, name, *places = arguments
    inlet, outlet = private_pipes()
    settle_in()
    if first == "--ask":
        with outlet:
            outlet.write(json.dumps(find(name)(*places)).encode())
        return 0
    store, scratch, isolation, *writes = places
    confine(first, Confinement(Isolation(isolation), list(map(Path, writes))))
    worker = Worker(Inlet(inlet), Outlet(outlet), open_files(store), Path(scratch))
    return worker.serve(lambda device: cast("Paint", find(name)(device)), first)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
