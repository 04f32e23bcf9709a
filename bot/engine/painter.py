"""What a worker process does with nst.

The one module of the bot that loads torch. Only worker processes import it, by its name.
"""

from __future__ import annotations

import io
import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import torch
from PIL import Image

import nst
from bot.engine.protocol import EngineImage, EngineProgress, EngineRequest, EngineResult
from nst.report import contact_sheet
from nst.text import Text

if TYPE_CHECKING:
    from bot.engine.worker import Paint, Report, ShouldStop

PREVIEW_SECONDS: Final = 2.0
PREVIEW_SIZE: Final = 384
PREVIEW_QUALITY: Final = 80
_PAPER: Final = (255, 255, 255)
SHEET_SIZE: Final = 256  # of each picture of a strength sheet: the differences show, it is quick


def load(device: str) -> Paint:
    """Load the model onto `device` and return what paints with it.

    Raises:
        nst.errors.NstError: no such device, or the weights are missing; the text is for people.
    """
    nst.warm_up(device)

    def paint(request: EngineRequest, report: Report, should_stop: ShouldStop) -> EngineResult:
        work = _sheet if request.strengths else _picture
        return work(request, report, should_stop, device)

    return paint


def _picture(
    request: EngineRequest, report: Report, should_stop: ShouldStop, device: str
) -> EngineResult:
    """One picture, with its raw and its recording beside it."""
    steps = 0

    def on_progress(progress: nst.Progress) -> None:
        nonlocal steps
        steps = progress.step
        report(_engine_progress(progress))

    recording = nst.Recording()
    result = nst.stylize(
        _load(request.content),
        _styles(request),
        request.options,
        mask=request.mask,
        init_image=request.start_from,
        on_progress=on_progress,
        should_stop=should_stop,
        preview_seconds=PREVIEW_SECONDS,
        preview_size=PREVIEW_SIZE,
        checkpoint=request.checkpoint,
        recording=recording,
        device=device,
    )
    path = result.save(request.result, max_bytes=request.max_bytes)
    if result.raw is result.image and path.suffix == request.raw.suffix:
        shutil.copyfile(path, request.raw)  # encoding the same picture again takes longer
    else:
        nst.save_image(result.raw, request.raw, recipe=None, alpha=result.alpha)
    recording.save(request.recording)
    return EngineResult(
        path=path,
        width=result.image.width,
        height=result.image.height,
        seconds=result.seconds,
        steps=steps,
        stopped_early=result.stopped,
        raw=request.raw,
        recording=request.recording,
        notes=tuple(map(Text, result.notes)),
    )


def _sheet(
    request: EngineRequest, report: Report, should_stop: ShouldStop, device: str
) -> EngineResult:
    """One small picture at each strength, side by side; stopped early, those that there are."""
    content, styles = _load(request.content), _styles(request)
    pictures: list[Image.Image] = []
    notes: list[Text] = []
    began, steps = time.monotonic(), 0
    for number, strength in enumerate(request.strengths):

        def on_progress(progress: nst.Progress, done: int = number) -> None:
            nonlocal steps
            steps += 1
            report(_share(progress, done, len(request.strengths), time.monotonic() - began))

        result = nst.stylize(
            content,
            styles,
            replace(request.options, strength=strength, size=min(request.options.size, SHEET_SIZE)),
            mask=request.mask,
            on_progress=on_progress,
            should_stop=should_stop,
            preview_seconds=PREVIEW_SECONDS,
            preview_size=PREVIEW_SIZE,
            device=device,
        )
        pictures.append(result.image)
        notes += [note for note in map(Text, result.notes) if note not in notes]
        if should_stop():
            break
    labels = [str(strength) for strength in request.strengths[: len(pictures)]]
    sheet = _two_a_row(pictures, labels)
    return EngineResult(
        path=nst.save_image(sheet, request.result, recipe=None, max_bytes=request.max_bytes),
        width=sheet.width,
        height=sheet.height,
        seconds=time.monotonic() - began,
        steps=steps,
        stopped_early=len(pictures) < len(request.strengths),
        notes=tuple(notes),
    )


def _two_a_row(pictures: list[Image.Image], labels: list[str]) -> Image.Image:
    """A sheet that is large enough to see anything on a phone, each picture under its label."""
    rows = [
        contact_sheet([pictures[at : at + 2]], columns=labels[at : at + 2], cell=pictures[0].size)
        for at in range(0, len(pictures), 2)
    ]
    sheet = Image.new("RGB", (rows[0].width, sum(row.height for row in rows)), _PAPER)
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    return sheet


def devices() -> list[str]:
    """`cuda:0` … for every GPU that torch sees, or `cpu` alone where it sees none."""
    return [f"cuda:{index}" for index in range(torch.cuda.device_count())] or ["cpu"]


def _styles(request: EngineRequest) -> list[nst.StyleImage]:
    return [nst.StyleImage(_load(style), weight=style.weight) for style in request.styles]


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


def _share(progress: nst.Progress, done: int, count: int, seconds: float) -> EngineProgress:
    """The progress of one of several pictures, as that of all of them."""
    fraction = (done + progress.fraction) / count
    return replace(
        _engine_progress(progress),
        step=done * progress.steps + progress.step,
        steps=count * progress.steps,
        fraction=fraction,
        seconds=seconds,
        seconds_left=seconds / fraction - seconds if fraction else None,
    )


def _jpeg(picture: Image.Image) -> bytes:
    small = picture.convert("RGB")
    small.thumbnail((PREVIEW_SIZE, PREVIEW_SIZE))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=PREVIEW_QUALITY)
    return buffer.getvalue()
