"""A quick painter whose pace the test decides, through files in the bot's data folder.

While there is a file `hold`, it paints on until it is told to stop; each run adds a line with its
job and its process id to the file `runs`.
"""

from __future__ import annotations

import io
import os
import time
from typing import TYPE_CHECKING, Final

from PIL import Image

from bot.engine.protocol import EngineProgress, EngineRequest, EngineResult

if TYPE_CHECKING:
    from bot.engine.worker import Paint, Report, ShouldStop

STEPS: Final = 3
STEP_SECONDS: Final = 0.3  # the worker passes on four reports a second at most


def load(device: str) -> Paint:
    return paint


def paint(request: EngineRequest, report: Report, should_stop: ShouldStop) -> EngineResult:
    folder = request.result.parent.parent
    with (folder / "runs").open("a") as file:
        file.write(f"{request.job_id} {os.getpid()}\n")
    began = time.monotonic()
    step = 0
    while step < STEPS and not should_stop():
        step += 1
        report(_progress(step, time.monotonic() - began))
        time.sleep(STEP_SECONDS)
        # Says nothing more while it is held, so that the test's edits are few.
        while step == STEPS and (folder / "hold").exists() and not should_stop():
            time.sleep(0.02)
    path = request.result.with_suffix(".png")
    with Image.open(request.content) as content:
        picture = content.convert("RGB")
    picture.thumbnail((request.options.size, request.options.size))
    picture.save(path)
    return EngineResult(
        path=path,
        width=picture.width,
        height=picture.height,
        seconds=time.monotonic() - began,
        steps=step,
        stopped_early=should_stop(),
    )


def _progress(step: int, seconds: float) -> EngineProgress:
    preview = io.BytesIO()
    Image.new("RGB", (64, 48), (60 * step, 90, 140)).save(preview, "JPEG")
    return EngineProgress(
        step=step,
        steps=STEPS,
        fraction=step / (STEPS + 1),
        seconds=seconds,
        seconds_left=(STEPS - step) * STEP_SECONDS,
        total_loss=1.0 / step,
        preview=preview.getvalue(),
    )
