"""A painter that takes a third of a second and loads no model, for tests of everything else."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Final

from PIL import Image

from bot.engine.protocol import EngineProgress, EngineRequest, EngineResult

if TYPE_CHECKING:
    from bot.engine.worker import Paint, Report, ShouldStop

STEPS: Final = 3
STEP_SECONDS: Final = 0.1


def load(_device: str) -> Paint:
    """Return what pretends to paint."""
    return paint


def paint(request: EngineRequest, report: Report, should_stop: ShouldStop) -> EngineResult:
    """Report three times and hand the photo back."""
    began, step = time.monotonic(), 0
    with Image.open(request.content.path) as content:
        picture = content.convert("RGB")
    picture.thumbnail((request.options.size, request.options.size))
    while step < STEPS and not should_stop():
        step += 1
        report(_progress(step, picture, time.monotonic() - began))
        time.sleep(STEP_SECONDS)
    path = request.result.with_suffix(".png")
    picture.save(path)
    picture.save(request.raw)
    return EngineResult(
        path=path,
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
