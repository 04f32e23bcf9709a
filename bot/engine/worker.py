"""The worker process: one device, one warm model, one picture at a time.

Started as `python -m bot.engine.worker DEVICE PAINTER` by `bot.engine.process`; frames come in on
stdin and go out on stdout (`bot.engine.frames`). `PAINTER` names a `module:function` that loads
the model once and returns what paints; torch is imported there and nowhere else.

```
 stdin ──▶ listener thread ──▶ requests ──▶ main thread: paint(request, report, should_stop)
               │ stop flags  ─────────────────▲   │
               └ end of input: the bot is gone    └──▶ frames ──▶ a private copy of stdout
```
Kinds of frames in: `run`, `stop`. Out: `ready` or `broken` once, then per run any number of
`progress` and one of `done` and `failed`.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib
import json
import logging
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Final, cast

from bot.engine.confinement import Confinement, confine
from bot.engine.frames import Frame, read
from bot.engine.protocol import EngineImage, EngineProgress, EngineRequest, EngineResult
from bot.errors import UserError
from nst.errors import NstError
from nst.isolation import IsolationError, process
from nst.options import MIN_SIZE, Options
from nst.text import Text

_LOG = logging.getLogger(__name__)

Report = Callable[[EngineProgress], None]
ShouldStop = Callable[[], bool]
Paint = Callable[[EngineRequest, Report, ShouldStop], EngineResult]
LoadPainter = Callable[[str], Paint]

REPORT_SECONDS: Final = 0.25
NICENESS: Final = 5
MAX_TRACE: Final = 32_000
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


class FrameWriter:
    """Sends frames; at most one progress report per `REPORT_SECONDS`, always with the newest."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._last_report = -REPORT_SECONDS
        self._preview: bytes | None = None

    def send(self, frame: Frame) -> None:
        """Write one frame."""
        self._stream.write(frame.encode())
        self._stream.flush()

    def report(self, progress: EngineProgress) -> None:
        """Send `progress`, or drop it when another has just been sent (its preview is kept)."""
        self._preview = progress.preview or self._preview
        now = time.monotonic()
        if now - self._last_report < REPORT_SECONDS:
            return
        self._last_report = now
        fields = {
            "step": progress.step,
            "steps": progress.steps,
            "fraction": progress.fraction,
            "seconds": progress.seconds,
            "seconds_left": progress.seconds_left,
            "total_loss": progress.total_loss,
        }
        self.send(Frame("progress", fields, self._preview or b""))
        self._preview = None

    def forget(self) -> None:
        """Start afresh for the next run."""
        self._last_report = -REPORT_SECONDS
        self._preview = None


class FrameReader:
    """Reads frames in a thread of its own, so that `stop` is heard while the main thread paints."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._runs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._stopped: set[str] = set()
        threading.Thread(target=self._listen, name="listener", daemon=True).start()

    def next_request(self) -> EngineRequest:
        """Wait for the next run."""
        return _request_from(self._runs.get())

    def should_stop(self, job_id: str) -> bool:
        """Whether `stop` was asked for this job."""
        return job_id in self._stopped

    def forget(self, job_id: str) -> None:
        """The job is over."""
        self._stopped.discard(job_id)

    def _listen(self) -> None:
        while (frame := read(self._stream)) is not None:
            if frame.kind == "run":
                self._runs.put(frame.fields)
            elif frame.kind == "stop":
                self._stopped.add(str(frame.fields["job_id"]))
        os._exit(0)  # The bot is gone; the main thread may be deep inside a kernel and never look.


def _request_from(fields: dict[str, Any]) -> EngineRequest:
    return EngineRequest(
        job_id=fields["job_id"],
        content=_image(fields["content"]),
        styles=tuple(map(_image, fields["styles"])),
        result=Path(fields["result"]),
        options=Options(**fields["options"]),
        max_bytes=fields["max_bytes"],
        timeout=fields["timeout"],
        mask=_path(fields["mask"]),
        start_from=_path(fields["start_from"]),
        strengths=tuple(fields["strengths"]),
    )


def _image(fields: dict[str, Any]) -> EngineImage:
    return EngineImage(**{**fields, "path": Path(fields["path"])})


def _path(name: str | None) -> Path | None:
    return Path(name) if name else None


def serve(inlet: FrameReader, outlet: FrameWriter, load: LoadPainter, device: str) -> int:
    """Load the model, say `ready`, then run requests until the bot is gone.

    Returns only when the painter could not be loaded: the exit status 1.
    """
    try:
        paint = load(device)
    except Exception as error:  # whatever it is, the bot has to hear of it
        outlet.send(Frame("broken", _words_and_trace(error, None)))
        return 1
    outlet.send(Frame("ready"))
    while True:
        run(inlet.next_request(), paint, inlet, outlet)
        gc.collect()


def run(request: EngineRequest, paint: Paint, inlet: FrameReader, outlet: FrameWriter) -> None:
    """Run one request and send its outcome; no exception gets out."""
    job_id = request.job_id
    try:
        result = paint_within_memory(
            request, paint, outlet.report, lambda: inlet.should_stop(job_id)
        )
        outcome = Frame(
            "done",
            {
                "suffix": result.path.suffix,
                "width": result.width,
                "height": result.height,
                "seconds": result.seconds,
                "steps": result.steps,
                "stopped_early": result.stopped_early,
                "raw": result.raw is not None,
                "recording": result.recording is not None,
                "notes": [note.as_dict() for note in result.notes],
            },
        )
    except Exception as error:  # one bad picture must not end the worker
        outcome = Frame("failed", _words_and_trace(error, request))
    inlet.forget(job_id)
    outlet.forget()
    outlet.send(outcome)


def paint_within_memory(
    request: EngineRequest, paint: Paint, report: Report, should_stop: ShouldStop
) -> EngineResult:
    """Paint; if memory runs out, once more at a smaller size, and so on, with a note of it.

    Raises:
        MemoryError: it ran out at `MIN_SIZE` as well.
        Exception: whatever else `paint` raises.
    """
    asked = size = request.options.size
    while True:
        smaller = replace(request, options=replace(request.options, size=size))
        try:
            result = paint(smaller, report, should_stop)
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
    # torch's own error is known by its name, because this module does not import torch.
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"


def _words_and_trace(error: Exception, request: EngineRequest | None) -> dict[str, Any]:
    if isinstance(error, NstError | UserError):
        words = error.text
    elif _is_out_of_memory(error):
        words = Text(MEMORY_WORDS, size=request.options.size) if request else Text("Out of memory.")
    else:
        words = GENERAL_WORDS
    trace = "".join(traceback.format_exception(error))
    return {"words": words.as_dict(), "trace": trace[-MAX_TRACE:]}


def find(name: str) -> Any:
    """The object called `module:attribute`."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _private_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Keep stdin and stdout for frames: what anything prints goes to stderr instead."""
    sys.stdout.flush()
    frames_in, frames_out = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return os.fdopen(frames_in, "rb"), os.fdopen(frames_out, "wb")


def _settle_in() -> None:
    """Be a good child: die with the bot, leave signals to it, let its event loop go first."""
    with suppress(IsolationError):  # the end of input tells as well, if later
        process.die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.nice(NICENESS)
    faulthandler.enable()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")


def main(arguments: list[str]) -> int:
    """Serve (`DEVICE PAINTER`), or print the devices as a JSON list (`--list-devices FUNCTION`)."""
    first, name = arguments
    frames_in, frames_out = _private_pipes()
    _settle_in()
    if first == "--list-devices":
        with frames_out:
            frames_out.write(json.dumps(find(name)()).encode())
        return 0
    confine(first, Confinement.from_environment())
    inlet, outlet = FrameReader(frames_in), FrameWriter(frames_out)
    return serve(inlet, outlet, lambda device: cast("Paint", find(name)(device)), first)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
