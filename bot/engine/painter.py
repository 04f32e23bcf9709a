"""What a worker process does with nst.

The one module of the bot that loads torch. Only worker processes import it, by its name.
"""

from __future__ import annotations

import io
import logging
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import torch
from PIL import Image

import nst
from bot.engine.film import paint_film
from bot.engine.protocol import EngineProgress, EngineRequest
from bot.files.store import FileKey
from bot.records import ResultFile, StoredImage
from nst.report import contact_sheet
from nst.text import Text
from nst.weights import load_weights

if TYPE_CHECKING:
    from bot.engine.worker import Paint, Report, ShouldStop
    from bot.engine.workspace import Workspace

_LOG = logging.getLogger(__name__)

Stylize = Callable[..., nst.Result]

PREVIEW_SECONDS: Final = 2.0
PREVIEW_SIZE: Final = 384
PREVIEW_QUALITY: Final = 80
_PAPER: Final = (255, 255, 255)
SHEET_SIZE: Final = 256  # of each picture of a strength sheet: the differences show, it is quick


def load(device: str) -> Paint:
    """Load the model onto `device` and return what paints with it."""
    nst.warm_up(device)

    def paint(
        request: EngineRequest, place: Workspace, report: Report, should_stop: ShouldStop
    ) -> ResultFile:
        spec = request.spec
        styles = [nst.StyleImage(_load(one.image, place), weight=one.weight) for one in spec.styles]
        mask = place.path(spec.mask.file) if spec.mask else None
        if spec.film:
            frames = partial(nst.stylize_frames, style_image=styles, mask=mask, device=device)
            return paint_film(request, place, report, should_stop, frames)
        stylize = partial(
            nst.stylize,
            _load(spec.photo, place),
            styles,
            mask=mask,
            should_stop=should_stop,
            preview_seconds=PREVIEW_SECONDS,
            preview_size=PREVIEW_SIZE,
            device=device,
        )
        if spec.strengths:
            return _sheet(request, place, report, stylize, should_stop)
        return _picture(request, place, report, stylize)

    return paint


def _picture(
    request: EngineRequest, place: Workspace, report: Report, stylize: Stylize
) -> ResultFile:
    """Paint one picture, with its raw and its recording."""
    spec, steps = request.spec, 0

    def on_progress(progress: nst.Progress) -> None:
        nonlocal steps
        steps = progress.step
        report(_engine_progress(progress))

    recording = nst.Recording()
    result = stylize(
        spec.options,
        init_image=place.path(spec.start_from) if spec.start_from else None,
        on_progress=on_progress,
        checkpoint=place.path(request.checkpoint),
        recording=recording,
    )
    path, raw = place.path(request.result), place.path(request.raw)
    path = result.save(path, max_bytes=spec.max_result_bytes)
    with _sparing(raw):
        if result.raw is result.image and path.suffix == raw.suffix:
            shutil.copyfile(path, raw)  # encoding the same picture again takes longer
        else:
            nst.save_image(result.raw, raw, recipe=None, alpha=result.alpha)
    with _sparing(place.path(request.recording)) as kept:
        recording.save(kept)
    return ResultFile(
        file=FileKey(request.result + path.suffix),
        width=result.image.width,
        height=result.image.height,
        seconds=result.seconds,
        steps=steps,
        stopped_early=result.stopped,
        raw=request.raw,
        recording=request.recording,
        notes=tuple(map(Text, result.notes)),
    )


@contextmanager
def _sparing(path: Path) -> Iterator[Path]:
    """Go on without a file that cannot be written; half of one is not kept."""
    try:
        yield path
    except (OSError, nst.NstError):
        _LOG.warning("%s cannot be written.", path.name, exc_info=True)
        path.unlink(missing_ok=True)


def _sheet(
    request: EngineRequest,
    place: Workspace,
    report: Report,
    stylize: Stylize,
    should_stop: ShouldStop,
) -> ResultFile:
    """Paint a small picture at each strength, side by side; stopped early, as many as there are."""
    spec = request.spec
    pictures: list[Image.Image] = []
    notes: list[Text] = []
    began, steps = time.monotonic(), 0
    for number, strength in enumerate(spec.strengths):

        def on_progress(progress: nst.Progress, done: int = number) -> None:
            nonlocal steps
            steps += 1
            report(_share(progress, done, len(spec.strengths), time.monotonic() - began))

        size = min(spec.options.size, SHEET_SIZE)
        options = replace(spec.options, strength=strength, size=size)
        result = stylize(options, on_progress=on_progress)
        pictures.append(result.image)
        notes += [note for note in map(Text, result.notes) if note not in notes]
        if should_stop():
            break
    labels = [str(strength) for strength in spec.strengths[: len(pictures)]]
    sheet = _two_a_row(pictures, labels)
    path = place.path(request.result)
    path = nst.save_image(sheet, path, recipe=None, max_bytes=spec.max_result_bytes)
    return ResultFile(
        file=FileKey(request.result + path.suffix),
        width=sheet.width,
        height=sheet.height,
        seconds=time.monotonic() - began,
        steps=steps,
        stopped_early=len(pictures) < len(spec.strengths),
        notes=tuple(notes),
    )


def _two_a_row(pictures: list[Image.Image], labels: list[str]) -> Image.Image:
    """Make a sheet that is large enough for a phone, each picture under its label."""
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
    """Return `cuda:0` … for every GPU that torch sees, or `cpu` alone where it sees none."""
    return [f"cuda:{index}" for index in range(torch.cuda.device_count())] or ["cpu"]


def devices_with_weights() -> list[str]:
    """Return the same; raises WeightsError where the usual weights are missing or damaged."""
    load_weights("original")
    return devices()


def _load(image: StoredImage, place: Workspace) -> nst.LoadedImage:
    """Load a clean image under the hash of the one that was sent: recipe and cache go by it."""
    loaded = nst.load_image(place.path(image.file))
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
    """Return the progress of one of several pictures as that of all of them."""
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
