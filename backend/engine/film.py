"""How a worker paints a film: frame by frame, into an archive that outlives it.

The archive is the run's checkpoint while it is painted; afterwards other colours and smaller files
are made of it. What paints is an argument, so that nothing here loads torch.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from backend.engine.protocol import EngineProgress, EngineRequest
from backend.files.store import FileKey
from backend.records import FRAME_WORK, JobSpec, ResultFile
from nst import FilmFrame, FilmProgress, PaintedFrame
from nst.film import FrameArchive, StoredFrame, encode_film, finished_frames
from nst.film.encoding import write_webp
from nst.film.spool import thinned
from nst.images import load_image
from nst.masks import read_mask
from nst.text import Text, lasting

if TYPE_CHECKING:
    from PIL import Image

    from backend.engine.worker import Report, ShouldStop
    from backend.engine.workspace import Workspace

StylizeFrames = Callable[..., Iterator[PaintedFrame]]
"""`nst.stylize_frames` with its styles, mask and device."""

# A film is ended and kept before its run's time is up: what was painted is worth having.
_TIME: Final = 0.9
_PREVIEW_SIDE: Final = 256
_PREVIEW_QUALITY: Final = 70
_PREVIEW_FRAMES: Final = 24
_PREVIEW_BYTES: Final = 300_000
_MORE: Final = 1.4  # so many times as many frames are a new preview: all of them cost little then


def paint_film(
    request: EngineRequest,
    place: Workspace,
    report: Report,
    should_stop: ShouldStop,
    stylize: StylizeFrames,
) -> ResultFile:
    """Paint a film, from where an earlier run of the job was cut off, if it was."""
    film, checkpoint = request.spec.film, place.path(request.checkpoint)
    if film is None:
        raise ValueError(f"job {request.job_id} is no film")
    checkpoint.touch()
    with ExitStack() as stack:
        source = stack.enter_context(place.path(film.file).open("rb"))
        kept = stack.enter_context(checkpoint.open("r+b", buffering=0))
        run = _FilmRun(
            request=request,
            place=place,
            report=report,
            should_stop=should_stop,
            source=FrameArchive(source),
            painted=FrameArchive(kept, _about(request.spec)),
        )
        run.paint(stylize)
        result = run.result()
    shutil.move(checkpoint, place.path(request.raw))
    return result


def _about(spec: JobSpec) -> str:
    """Return a fingerprint of everything that the frames depend on."""
    pictures = [(image.sha256, image.frames) for image in spec.images]
    weights = [style.weight for style in spec.styles]
    text = json.dumps([spec.options.as_dict(), pictures, weights], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(slots=True, kw_only=True)
class _FilmRun:
    """One run of a film's job."""

    request: EngineRequest
    place: Workspace
    report: Report
    should_stop: ShouldStop
    source: FrameArchive
    painted: FrameArchive
    began: float = field(default_factory=time.monotonic)
    steps: int = 0
    late: bool = False
    next_preview: int = 1
    latest: EngineProgress | None = None

    def paint(self, stylize: StylizeFrames) -> None:
        """Paint the frames that are not there yet, and keep each."""
        painted = self.painted
        first = len(painted)
        if not first:
            painted.begin(self.source.loops)
        frames = stylize(
            _LookedAt(self.source, self._tell),
            options=self.request.spec.options,
            earlier={index: painted.open(index) for index in range(first)},
            on_progress=self._progress,
            should_stop=self._is_over,
        )
        for frame in frames:
            painted.add(_encoded(frame), frame.seconds)
            self.steps += frame.steps
            if len(painted) >= self.next_preview:
                self.next_preview = max(len(painted) + 1, math.ceil(len(painted) * _MORE))
                self._tell(self._preview())

    def result(self) -> ResultFile:
        """Write the film as it is."""
        spec = self.request.spec
        frames = [replace(one, load=partial(self._awake, one)) for one in self._finished()]
        encoded = encode_film(
            frames, self._kinds(), loops=self.source.loops, max_bytes=spec.max_result_bytes
        )
        file = FileKey(self.request.result + encoded.suffix)
        self.place.path(file).write_bytes(encoded.data)
        notes = list(encoded.notes)
        if self.late:
            limit = lasting(self.request.timeout)
            notes += [Text("A film may take {limit} to paint here, so it ends early.", limit=limit)]
        return ResultFile(
            file=file,
            width=encoded.width,
            height=encoded.height,
            seconds=time.monotonic() - self.began,
            steps=self.steps,
            stopped_early=len(self.painted) < len(self.source),
            raw=self.request.raw,
            notes=tuple(notes),
            frames=len(self.painted),
        )

    def _kinds(self) -> tuple[str, ...]:
        """Return the kinds of file, best first.

        A WebP plays by itself, again and again, as what was a GIF is to do; an MP4 plays on a
        click, with controls, and is far smaller. Transparency is kept by WebP alone.
        """
        if any(self.painted.open(index).mode == "RGBA" for index in range(len(self.painted))):
            return (".webp",)
        film = self.request.spec.film
        return (".mp4", ".webp") if film and film.video else (".webp", ".mp4")

    def _finished(self) -> list[StoredFrame]:
        spec = self.request.spec
        mask = read_mask(load_image(self.place.path(spec.mask.file))) if spec.mask else None
        return finished_frames(self.source, self.painted, colours=spec.options.colours, mask=mask)

    def _is_over(self) -> bool:
        """Tell whether to end; the first frame is always painted, so that there is something."""
        self.late = time.monotonic() - self.began > _TIME * self.request.timeout
        return len(self.painted) > 0 and (self.late or self.should_stop())

    def _progress(self, progress: FilmProgress) -> None:
        work, whole = _work(progress.index, progress.step.fraction), _work(len(self.source), 0.0)
        self.latest = EngineProgress(
            step=progress.step.step,
            steps=progress.step.steps,
            fraction=work / whole,
            seconds=time.monotonic() - self.began,
            seconds_left=progress.seconds_left,
            total_loss=progress.step.total_loss,
            frame=progress.index + 1,
        )
        begun = None if len(self.painted) else progress.step.preview
        self._tell(_jpeg(begun) if begun else None)

    def _tell(self, preview: bytes | None = None) -> None:
        if self.latest:
            self.report(replace(self.latest, preview=preview))

    def _awake(self, frame: StoredFrame) -> Image.Image:
        """Load a frame; a worker that says nothing for long counts as hung."""
        self._tell()
        return frame.load()

    def _preview(self) -> bytes:
        """Return the frames so far, small and moving; a still one where that is too large."""
        path, frames = self.place.path(FileKey("preview.webp")), self._finished()
        scale = min(1.0, _PREVIEW_SIDE / max(frames[0].open().size))
        for most in (_PREVIEW_FRAMES, _PREVIEW_FRAMES // 3):
            shown = thinned(frames, math.ceil(len(frames) / most))
            write_webp(shown, path, scale, _PREVIEW_QUALITY, loops=0)
            if path.stat().st_size <= _PREVIEW_BYTES:
                return path.read_bytes()
        write_webp(frames[-1:], path, scale, _PREVIEW_QUALITY, loops=0)
        return path.read_bytes()


@dataclass(frozen=True, slots=True)
class _LookedAt:
    """The source; looking at frames that were painted before takes its time, too."""

    source: FrameArchive
    tell: Callable[[], None]

    def __len__(self) -> int:
        return len(self.source)

    def __iter__(self) -> Iterator[FilmFrame]:
        for frame in self.source:
            self.tell()
            yield frame


def _work(index: int, fraction: float) -> float:
    """Return how much work there was up to a frame, as a number of still pictures."""
    return fraction if index == 0 else 1 + FRAME_WORK * (index - 1 + fraction)


def _jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def _encoded(frame: PaintedFrame) -> bytes:
    picture, buffer = frame.raw, io.BytesIO()
    if frame.alpha is not None:
        picture = picture.copy()
        picture.putalpha(frame.alpha)
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
