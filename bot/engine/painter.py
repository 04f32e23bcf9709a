"""What a worker process does with nst.

The one module of the bot that loads torch. Only worker processes import it, by its name.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import torch

import nst
from bot.engine.protocol import EngineImage, EngineProgress, EngineRequest, EngineResult

if TYPE_CHECKING:
    from PIL.Image import Image

    from bot.engine.worker import Paint, Report, ShouldStop

PREVIEW_SECONDS: Final = 2.0
PREVIEW_SIZE: Final = 384
PREVIEW_QUALITY: Final = 80


def load(device: str) -> Paint:
    """Load the model onto `device` and return what paints with it.

    Raises:
        nst.errors.NstError: no such device, or the weights are missing; the text is for people.
    """
    nst.warm_up(device)

    def paint(request: EngineRequest, report: Report, should_stop: ShouldStop) -> EngineResult:
        steps = 0

        def on_progress(progress: nst.Progress) -> None:
            nonlocal steps
            steps = progress.step
            report(_engine_progress(progress))

        result = nst.stylize(
            _load(request.content),
            _load(request.styles[0]),
            request.options,
            on_progress=on_progress,
            should_stop=should_stop,
            preview_seconds=PREVIEW_SECONDS,
            preview_size=PREVIEW_SIZE,
            device=device,
        )
        return EngineResult(
            path=result.save(request.result, max_bytes=request.max_bytes),
            width=result.image.width,
            height=result.image.height,
            seconds=result.seconds,
            steps=steps,
            stopped_early=result.stopped,
        )

    return paint


def devices() -> list[str]:
    """`cuda:0` … for every GPU that torch sees, or `cpu` alone where it sees none."""
    return [f"cuda:{index}" for index in range(torch.cuda.device_count())] or ["cpu"]


def _load(image: EngineImage) -> nst.LoadedImage:
    """A clean image under the name of the one that was sent: recipe and style cache go by it."""
    loaded = nst.load_image(image.path)
    return replace(loaded, sha256=image.sha256) if image.sha256 else loaded


def _engine_progress(progress: nst.Progress) -> EngineProgress:
    return EngineProgress(
        step=progress.step,
        steps=progress.steps,
        fraction=progress.fraction,
        seconds=progress.seconds,
        seconds_left=progress.seconds_left,
        total_loss=progress.total_loss,
        preview=None if progress.preview is None else _jpeg(progress.preview),
    )


def _jpeg(picture: Image) -> bytes:
    small = picture.convert("RGB")
    small.thumbnail((PREVIEW_SIZE, PREVIEW_SIZE))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=PREVIEW_QUALITY)
    return buffer.getvalue()
