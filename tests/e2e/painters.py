"""A quick painter whose pace the test decides, through files in the bot's data folder.

While there is a file `hold`, it paints on until it is told to stop, and reports only if the file
says so, with the seconds that are left, if it names some. Each run adds a line with its job and its
process id to the file `runs`, and one that goes on from a checkpoint its job and the step to the
file `resumed`; each that ends adds to the file `requests` what it was asked for.
"""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PIL import Image, ImageChops

from backend.engine.film import paint_film
from backend.engine.protocol import EngineProgress, EngineRequest
from backend.engine.versions import paint_versions
from backend.files.store import FileKey
from backend.records import ResultFile
from nst.errors import DeviceError, ImageError, ReportError, WeightsError
from nst.film import FilmFrame, FilmProgress, Origin, PaintedFrame
from nst.finishing import finish
from nst.options import Options
from nst.progress import Progress
from nst.recording import Recording
from tests.versions import one_by_one

if TYPE_CHECKING:
    from backend.engine.worker import Paint, Report, ShouldStop
    from backend.engine.workspace import Workspace

STEPS: Final = 3
PAINT: Final = (200, 120, 40)
STEP_SECONDS: Final = 0.3  # the worker passes on four reports a second at most


def load(device: str) -> Paint:
    return paint


def load_troubled(device: str) -> Paint:
    """Return a painter whose errors, of a kind for each seed, name what is on the host."""
    return fail


def fail(
    request: EngineRequest, place: Workspace, report: Report, should_stop: ShouldStop
) -> ResultFile:
    path = place.path(request.raw)
    errors = [
        WeightsError(f"The weights in {path} are damaged: delete the file."),
        ImageError(f"{path} cannot be read."),
        ReportError("The recording {path} cannot be written.", path=str(path)),
        RuntimeError(f"in {path}"),
        OSError(28, "No space left on device", str(path)),
        MemoryError(str(path)),
        DeviceError("cuda:7 needs 9 GB of memory and 3 GB are free."),
    ]
    raise errors[request.spec.options.seed]


def paint(
    request: EngineRequest, place: Workspace, report: Report, should_stop: ShouldStop
) -> ResultFile:
    if request.parts and not request.spec.strengths:
        return paint_versions(request, place, report, should_stop, one_by_one(paint_one))
    return paint_one(request, place, report, should_stop)


def paint_one(
    request: EngineRequest, place: Workspace, report: Report, should_stop: ShouldStop
) -> ResultFile:
    spec, checkpoint = request.spec, place.path(request.checkpoint)
    folder = checkpoint.parent.parent
    with (folder / "runs").open("a") as log:
        log.write(f"{request.job_id} {os.getpid()}\n")
    if spec.film:
        return _film(request, place, report, should_stop, folder)
    began = time.monotonic()
    step = _resume(request.job_id, checkpoint, folder)
    recording = Recording(frames=4, frame_size=64)
    while not should_stop() and (step < STEPS or (held := _held(folder)) is not None):
        if step < STEPS or held:
            left = float((_held(folder) or "").partition(" ")[2] or 0)
            report(_progress(step + 1, time.monotonic() - began, left))
            recording.note(_noted(step + 1), lambda size: Image.new("RGB", (64, 48), PAINT))
        step += 1
        _save_checkpoint(checkpoint, step)
        time.sleep(STEP_SECONDS)
    with Image.open(place.path(spec.photo.file)) as content:
        picture = content.convert("RGB")
    picture.thumbnail((spec.options.size, spec.options.size))
    paint_over = Image.new("RGB", picture.size, PAINT)
    raw = ImageChops.blend(picture, paint_over, spec.options.strength / 100)
    raw.save(place.path(request.raw))
    file = FileKey(f"{request.result}.png")
    finish(raw, picture, colours=spec.options.colours).save(place.path(file))
    recording.save(place.path(request.recording))
    with (folder / "requests").open("a") as log:
        log.write(json.dumps(_told(request, place)) + "\n")
    checkpoint.unlink(missing_ok=True)
    return ResultFile(
        file=file,
        width=picture.width,
        height=picture.height,
        seconds=time.monotonic() - began,
        steps=step,
        stopped_early=should_stop(),
        raw=request.raw,
        recording=request.recording,
    )


def _film(
    request: EngineRequest,
    place: Workspace,
    report: Report,
    should_stop: ShouldStop,
    folder: Path,
) -> ResultFile:
    """Paint a film in a moment, or, while there is a file `hold`, no more than two frames."""

    def frames(
        source: Iterable[FilmFrame],
        *,
        options: Options,
        earlier: Mapping[int, Image.Image],
        on_progress: Callable[[FilmProgress], None],
        should_stop: Callable[[], bool],
    ) -> Iterator[PaintedFrame]:
        if earlier:
            with (folder / "resumed").open("a") as log:
                log.write(f"{request.job_id} {len(earlier)}\n")
        for index, frame in enumerate(source):
            if index in earlier:
                continue
            on_progress(_film_progress(index))
            while index == 2 and _held(folder) is not None and not should_stop():
                time.sleep(STEP_SECONDS)
                on_progress(_film_progress(index))
            if should_stop():
                return
            raw = frame.image.colour.copy()
            raw.thumbnail((options.size, options.size))
            paint_over = Image.new("RGB", raw.size, PAINT)
            raw = ImageChops.blend(raw, paint_over, options.strength / 100)
            alpha = frame.image.alpha
            yield PaintedFrame(
                index=index,
                image=raw,
                raw=raw,
                alpha=alpha.resize(raw.size) if alpha else None,
                seconds=frame.seconds,
                origin=Origin.MOVED,
                steps=1,
            )

    return paint_film(request, place, report, should_stop, frames)


def _film_progress(index: int) -> FilmProgress:
    return FilmProgress(
        index=index, frames=None, fraction=None, seconds=0.0, seconds_left=None, step=_noted(1)
    )


def _told(request: EngineRequest, place: Workspace) -> dict[str, Any]:
    """Return what the bot asked for, as far as tests look at it."""
    spec = request.spec
    start = spec.start_from and place.path(spec.start_from)
    return {
        "job": request.job_id,
        "start_from": start.name if start and start.exists() else None,
        "strengths": list(spec.strengths),
        "seed": spec.options.seed,
        "strength": spec.options.strength,
        "size": spec.options.size,
        "shapes": spec.options.shapes,
        "photo": spec.photo.filename,
        "style_names": [style.image.filename for style in spec.styles],
        "styles": [style.weight for style in spec.styles],
        "mask": spec.mask is not None,
    }


def _resume(job_id: str, checkpoint: Path, folder: Path) -> int:
    try:
        step = int(checkpoint.read_text())
    except FileNotFoundError:
        return 0
    with (folder / "resumed").open("a") as file:
        file.write(f"{job_id} {step}\n")
    return step


def _save_checkpoint(checkpoint: Path, step: int) -> None:
    unfinished = checkpoint.with_suffix(".part")
    unfinished.write_text(str(step))
    unfinished.replace(checkpoint)


def _noted(step: int) -> Progress:
    return Progress(
        step=step,
        steps=max(step, STEPS),
        evaluations=step,
        fraction=min(step / STEPS, 1.0),
        total_loss=1.0 / step,
        losses={"content": 0.5 / step, "style": 0.5 / step},
        style_layer_losses={"relu1_1": 0.5 / step},
        seconds=float(step),
        seconds_left=None,
        width=64,
        height=48,
    )


def _held(folder: Path) -> str | None:
    try:
        return (folder / "hold").read_text()
    except FileNotFoundError:
        return None


def _progress(step: int, seconds: float, left: float) -> EngineProgress:
    preview = io.BytesIO()
    Image.new("RGB", (64, 48), (60 * step % 256, 90, 140)).save(preview, "JPEG")
    return EngineProgress(
        step=step,
        steps=max(step, STEPS),
        fraction=min(step, STEPS) / (STEPS + 1),
        seconds=seconds,
        seconds_left=max(STEPS - step, 0) * STEP_SECONDS + left,
        total_loss=1.0 / step,
        preview=preview.getvalue(),
    )
