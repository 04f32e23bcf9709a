"""A painter that takes a third of a second and loads no model, for tests of everything else."""

from __future__ import annotations

import io
import time
from functools import partial
from typing import TYPE_CHECKING, Final

from PIL import Image

from backend.engine.protocol import EngineProgress, EngineRequest
from backend.files.store import FileKey
from backend.records import ResultFile

if TYPE_CHECKING:
    from backend.engine.worker import Paint, Report, ShouldStop
    from backend.engine.workspace import Workspace

STEPS: Final = 3
STEP_SECONDS: Final = 0.1


def load(_device: str) -> Paint:
    """Return what pretends to paint."""
    return paint


def load_slowly(_device: str) -> Paint:
    """Return what pretends to paint for three seconds."""
    return partial(paint, step_seconds=1.0)


def paint(
    request: EngineRequest,
    place: Workspace,
    report: Report,
    should_stop: ShouldStop,
    step_seconds: float = STEP_SECONDS,
) -> ResultFile:
    """Report three times and hand the photo back."""
    spec, began, step = request.spec, time.monotonic(), 0
    with Image.open(place.path(spec.photo.file)) as content:
        picture = content.convert("RGB")
    picture.thumbnail((spec.options.size, spec.options.size))
    while step < STEPS and not should_stop():
        step += 1
        report(_progress(step, picture, time.monotonic() - began))
        time.sleep(step_seconds)
    file = FileKey(f"{request.result}.png")
    picture.save(place.path(file))
    picture.save(place.path(request.raw))
    return ResultFile(
        file=file,
        width=picture.width,
        height=picture.height,
        seconds=time.monotonic() - began,
        steps=step,
        stopped_early=should_stop(),
        raw=request.raw,
    )


def _progress(step: int, picture: Image.Image, seconds: float) -> EngineProgress:
    preview = io.BytesIO()
    picture.save(preview, "JPEG")
    return EngineProgress(
        step=step,
        steps=STEPS,
        fraction=step / (STEPS + 1),
        seconds=seconds,
        seconds_left=(STEPS - step) * STEP_SECONDS,
        total_loss=1.0 / step,
        preview=preview.getvalue(),
    )
