"""A quick painter whose pace the test decides, through files in the bot's data folder.

While there is a file `hold`, it paints on until it is told to stop, and reports only if the file
says so; each run adds a line with its job and its process id to the file `runs`, and one that goes
on from a checkpoint its job and the step to the file `resumed`.
"""

from __future__ import annotations

import io
import os
import time
from pathlib import Path
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
    step = _resume(request, folder)
    while not should_stop() and (step < STEPS or (held := _held(folder)) is not None):
        if step < STEPS or held:
            report(_progress(step + 1, time.monotonic() - began))
        step += 1
        _save_checkpoint(request, step)
        time.sleep(STEP_SECONDS)
    path = request.result.with_suffix(".png")
    with Image.open(request.content.path) as content:
        picture = content.convert("RGB")
    picture.thumbnail((request.options.size, request.options.size))
    picture.save(path)
    request.checkpoint.unlink(missing_ok=True)
    return EngineResult(
        path=path,
        width=picture.width,
        height=picture.height,
        seconds=time.monotonic() - began,
        steps=step,
        stopped_early=should_stop(),
    )


def _resume(request: EngineRequest, folder: Path) -> int:
    try:
        step = int(request.checkpoint.read_text())
    except FileNotFoundError:
        return 0
    with (folder / "resumed").open("a") as file:
        file.write(f"{request.job_id} {step}\n")
    return step


def _save_checkpoint(request: EngineRequest, step: int) -> None:
    unfinished = request.checkpoint.with_suffix(".part")
    unfinished.write_text(str(step))
    unfinished.replace(request.checkpoint)


def _held(folder: Path) -> str | None:
    try:
        return (folder / "hold").read_text()
    except FileNotFoundError:
        return None


def _progress(step: int, seconds: float) -> EngineProgress:
    preview = io.BytesIO()
    Image.new("RGB", (64, 48), (60 * step % 256, 90, 140)).save(preview, "JPEG")
    return EngineProgress(
        step=step,
        steps=max(step, STEPS),
        fraction=min(step, STEPS) / (STEPS + 1),
        seconds=seconds,
        seconds_left=max(STEPS - step, 0) * STEP_SECONDS,
        total_loss=1.0 / step,
        preview=preview.getvalue(),
    )
