"""What a worker process does with nst.

The one module of the bot that loads torch. Only worker processes import it, by its name.
"""

from __future__ import annotations

import io
import logging
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import torch
from PIL import Image

import nst
from backend.engine.film import paint_film
from backend.engine.protocol import EngineProgress, EngineRequest
from backend.engine.versions import Tell, paint_versions
from backend.files.store import FileKey
from backend.records import JobSpec, ResultFile, StoredImage
from nst.setup import Setup, Sizes
from nst.speed import measure_speed
from nst.text import Text
from nst.weights import load_weights

if TYPE_CHECKING:
    from backend.engine.worker import Paint, Report, ShouldStop
    from backend.engine.workspace import Workspace

_LOG = logging.getLogger(__name__)

PREVIEW_SECONDS: Final = 2.0
PREVIEW_SIZE: Final = 384
PREVIEW_QUALITY: Final = 80
SPEED_SIZES: Final = (128, 192, 256, 320, 384, 512, 768, 1024)


def load(device: str, at_once: int | None = None) -> Paint:
    """Load the model onto `device` and return what paints with it.

    Args:
        device: such as `cpu` or `cuda:0`.
        at_once: how many versions of a picture are painted together at most; None for what pays
            on the device.
    """
    nst.warm_up(device)

    def paint(
        request: EngineRequest, place: Workspace, report: Report, should_stop: ShouldStop
    ) -> ResultFile:
        if request.spec.film:
            return _film(device, request, place, report, should_stop)
        if request.parts:
            several = partial(_versions, device, at_once)
            return paint_versions(request, place, report, should_stop, several)
        return _picture(device, request, place, report, should_stop)

    return paint


def _film(
    device: str, request: EngineRequest, place: Workspace, report: Report, should_stop: ShouldStop
) -> ResultFile:
    frames = partial(
        nst.stylize_frames,
        style_image=_styles(request.spec, place),
        mask=_mask(request.spec, place),
        preview_seconds=PREVIEW_SECONDS,
        preview_size=PREVIEW_SIZE,
        device=device,
    )
    return paint_film(request, place, report, should_stop, frames)


def _picture(
    device: str, request: EngineRequest, place: Workspace, report: Report, should_stop: ShouldStop
) -> ResultFile:
    """Paint one picture, with its raw and its recording."""
    spec, recording = request.spec, nst.Recording()
    result = nst.stylize(
        _load(spec.photo, place),
        _styles(spec, place),
        spec.options,
        mask=_mask(spec, place),
        init_image=_start(spec, place),
        on_progress=lambda progress: report(_engine_progress(progress)),
        should_stop=should_stop,
        preview_seconds=PREVIEW_SECONDS,
        preview_size=PREVIEW_SIZE,
        checkpoint=place.path(request.checkpoint),
        recording=recording,
        device=device,
    )
    return _kept(result, recording, request, place)


def _versions(
    device: str,
    at_once: int | None,
    requests: Sequence[EngineRequest],
    place: Workspace,
    tell: Tell,
    should_stop: ShouldStop,
) -> Iterator[ResultFile]:
    """Paint versions of a picture, which differ in their options and styles alone."""
    if not requests:
        return
    spec, recordings = requests[0].spec, [nst.Recording() for _ in requests]
    has_own = any(request.spec.styles != spec.styles for request in requests)
    versions = [
        nst.Version(
            options=request.spec.options,
            style_image=_styles(request.spec, place) if has_own else None,
            checkpoint=place.path(request.checkpoint),
            recording=recording,
        )
        for request, recording in zip(requests, recordings, strict=True)
    ]
    results = nst.stylize_versions(
        _load(spec.photo, place),
        _styles(spec, place),
        versions,
        mask=_mask(spec, place),
        init_image=_start(spec, place),
        on_progress=lambda in_work: tell(
            {number: _engine_progress(progress) for number, progress in in_work.items()}
        ),
        should_stop=should_stop,
        preview_seconds=PREVIEW_SECONDS,
        preview_size=PREVIEW_SIZE,
        at_once=at_once,
        device=device,
    )
    for result, recording, request in zip(results, recordings, requests, strict=False):
        yield _kept(result, recording, request, place)


def _kept(
    result: nst.Result, recording: nst.Recording, request: EngineRequest, place: Workspace
) -> ResultFile:
    """Write the files of a picture."""
    path, raw = place.path(request.result), place.path(request.raw)
    path = result.save(path, max_bytes=request.spec.max_result_bytes)
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
        steps=result.history[-1].step if result.history else 0,
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


def devices() -> list[str]:
    """Return `cuda:0` … for every GPU that torch sees, or `cpu` alone where it sees none."""
    return [f"cuda:{index}" for index in range(torch.cuda.device_count())] or ["cpu"]


def devices_with_weights() -> list[str]:
    """Return the same; raises WeightsError where the usual weights are missing or damaged."""
    load_weights("original")
    return devices()


def _styles(spec: JobSpec, place: Workspace) -> list[nst.StyleImage]:
    return [nst.StyleImage(_load(one.image, place), weight=one.weight) for one in spec.styles]


def _start(spec: JobSpec, place: Workspace) -> Path | None:
    return place.path(spec.start_from) if spec.start_from else None


def _mask(spec: JobSpec, place: Workspace) -> Path | None:
    return place.path(spec.mask.file) if spec.mask else None


def speed(device: str) -> list[tuple[str, int, float]]:
    """Return preset, size and seconds of pictures of 4:3 on a device, from a short measurement.

    What other programs take of the processors meanwhile does not count.
    """
    nst.warm_up(device)
    setup = Setup.of(Sizes(content=(4, 3)), device=device)
    began, worked = time.perf_counter(), time.process_time()
    measured = measure_speed(setup.encoder(), setup.method)
    took, worked = time.perf_counter() - began, time.process_time() - worked
    share = worked / (took * torch.get_num_threads()) if setup.device.type == "cpu" else 1.0
    return [
        (preset.value, size, min(1.0, share) * measured.total(_landscape(preset, size, device)))
        for preset in (nst.Preset.DRAFT, nst.Preset.STANDARD, nst.Preset.FINE)
        for size in SPEED_SIZES
    ]


def _landscape(preset: nst.Preset, size: int, device: str) -> Setup:
    large = max(SPEED_SIZES)
    sizes = Sizes(content=(large, large * 3 // 4), styles=((size, size * 3 // 4),))
    return Setup.of(sizes, nst.Options(preset=preset, size=size), device)


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


def _jpeg(picture: Image.Image) -> bytes:
    small = picture.convert("RGB")
    small.thumbnail((PREVIEW_SIZE, PREVIEW_SIZE))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=PREVIEW_QUALITY)
    return buffer.getvalue()
