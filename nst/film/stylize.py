"""Style transfer of films as a library call: frames in, painted frames out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from typing import Any, Final, TypeAlias

from PIL import Image

from nst.errors import FilmError
from nst.film.frame_times import FrameTimes
from nst.film.frames import FilmFrame, FilmLimits, FilmProgress, PaintedFrame
from nst.film.libraries import opencv
from nst.film.opening import FilmSource, open_film
from nst.film.painter import Canvas, FramePainter
from nst.images import LoadedImage
from nst.inputs import ImageSource, StyleImage, as_loaded, load_inputs
from nst.options import Options
from nst.preview import PreviewClock
from nst.progress import Progress
from nst.run import memory_errors

Frames: TypeAlias = (
    "str | os.PathLike[str] | bytes | FilmSource | Iterable[FilmFrame | ImageSource]"
)
_UNSAID: Final = Fraction(1, 10)


def stylize_frames(  # noqa: PLR0913 - all but the first three are named, and have defaults
    frames: Frames,
    style_image: ImageSource | StyleImage | Sequence[ImageSource | StyleImage],
    options: Options | None = None,
    *,
    mask: ImageSource | None = None,
    earlier: Mapping[int, ImageSource] | None = None,
    on_progress: Callable[[FilmProgress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    preview_seconds: float | None = None,
    preview_size: int = 384,
    limits: FilmLimits | None = None,
    device: str = "auto",
    **changes: Any,
) -> Iterator[PaintedFrame]:
    """Paint the frames of a film, so that nothing flickers; yield each as soon as it is painted.

        for frame in nst.stylize_frames("cat.gif", "painting.jpg", size=256, preset="draft"):
            frame.image.save(f"{frame.index:04}.png")

    After Ruder, Dosovitskiy and Brox 2016, "Artistic style transfer for videos": a frame starts
    from what was painted before, moved along the optical flow, and is held to it where the flow can
    be trusted (`nst.losses.TemporalLoss`). Cuts are found, and what comes after one is painted
    anew. Where the source does not change, the result does not, to the bit.

    Args:
        frames: a path or the bytes of a GIF, APNG, animated WebP or AVIF, MP4, MOV or WebM; what
            `open_film` returned; or frames, read one by one, as pictures of any kind that
            `nst.stylize` takes. Frames of another size than the first are resized to it.
        style_image: as for `nst.stylize`.
        options: of each frame; the defaults if None.
        mask: as for `nst.stylize`; the same for all frames.
        earlier: frames that were painted before, by index (`PaintedFrame.raw`): what comes after
            the last of them is painted and yielded. With all of them, the film is the same as if
            it had never been cut off; the last one alone is enough to go on.
        on_progress: called after every step, in this thread.
        should_stop: asked after every step; True ends the film before the frame that is painted.
        preview_seconds: attach a preview to the progress of frames that are painted anew, as the
            first one is, this often; None for never. The others are a matter of a few steps.
        preview_size: longest side of previews in pixels, at most.
        limits: what to refuse of a file.
        device: `auto`, `cpu`, `cuda:0` …
        changes: fields of `Options` by name; they win over those of `options`.

    Raises:
        TypeError: there is no option of a name in `changes`.
        FilmError: the film cannot be read, or not any further: then after its last good frame; or
            it is too long; or OpenCV or PyAV is not installed.
        ImageError, OptionsError, WeightsError, DeviceError: as for `nst.stylize`.
    """
    options = replace(options or Options(), **changes)
    opencv()
    source, total = _opened(frames, limits)
    preview = PreviewClock(preview_seconds, preview_size)
    film = _Film(options, device, preview, _Audience(on_progress, should_stop, total))
    return film.paint(source, style_image, mask, dict(earlier or {}))


def _opened(
    frames: Frames, limits: FilmLimits | None
) -> tuple[Iterator[FilmFrame | ImageSource], int | None]:
    if isinstance(frames, str | os.PathLike | bytes):
        frames = open_film(frames, limits=limits)
    info = getattr(frames, "info", None)
    if info is not None:
        return iter(frames), info.frames
    return iter(frames), len(frames) if isinstance(frames, Sized) else None


class _Audience:
    """Who is told of every step, see `stylize_frames`."""

    def __init__(
        self,
        on_progress: Callable[[FilmProgress], None] | None,
        should_stop: Callable[[], bool] | None,
        frames: int | None,
    ) -> None:
        self._on_progress, self._should_stop = on_progress, should_stop
        self._frames = frames
        self._start = time.monotonic()
        self._times = FrameTimes()

    def begin(self) -> None:
        """Note that a frame is begun."""
        self._times.begin()

    def tell(self, index: int, step: Progress, onwards: float | None) -> bool:
        """Report a step; return whether to stop. `onwards` is as for `FrameTimes.left`."""
        if self._on_progress:
            self._on_progress(self._progress(index, step, onwards))
        return bool(self._should_stop and self._should_stop())

    def _progress(self, index: int, step: Progress, onwards: float | None) -> FilmProgress:
        fraction = left = None
        if self._frames:
            fraction = min(1.0, (index + step.fraction) / self._frames)
            left = self._times.left(step, onwards, max(0, self._frames - index - 1))
        return FilmProgress(
            index=index,
            frames=self._frames,
            fraction=fraction,
            seconds=time.monotonic() - self._start,
            seconds_left=left,
            step=step,
        )


class _Film:
    """One call of `stylize_frames`."""

    def __init__(
        self, options: Options, device: str, preview: PreviewClock, audience: _Audience
    ) -> None:
        self._options, self._device, self._audience = options, device, audience
        self._preview = preview
        self._painter: FramePainter | None = None

    def paint(
        self,
        frames: Iterator[FilmFrame | ImageSource],
        styles: ImageSource | StyleImage | Sequence[ImageSource | StyleImage],
        mask: ImageSource | None,
        earlier: dict[int, ImageSource],
    ) -> Iterator[PaintedFrame]:
        first = next(frames, None)
        if first is None:
            raise FilmError("There are no frames in this film.")
        opened = _frame(first)
        inputs = load_inputs(opened.image, styles, mask=mask)
        painter = FramePainter(inputs, self._options, self._device, self._preview)
        size = opened.image.colour.size
        last = max(earlier, default=-1)
        for index, given in enumerate(chain([opened], frames)):
            frame = _frame(given)
            image = _alike(frame.image, size)
            if index in earlier:
                painter.recall(image, as_loaded(earlier.pop(index)).colour)
            elif index > last:
                steps, canvas = self._painted(painter, index, image)
                if canvas is None:
                    return
                yield PaintedFrame(
                    index=index,
                    image=canvas.shown,
                    raw=canvas.raw,
                    alpha=canvas.alpha,
                    seconds=frame.seconds,
                    origin=canvas.origin,
                    steps=steps,
                )

    def _painted(
        self, painter: FramePainter, index: int, image: LoadedImage
    ) -> tuple[int, Canvas | None]:
        """Paint one frame; return its steps, and None if it was stopped."""
        steps = 0
        work = painter.paint(image)
        self._audience.begin()
        with memory_errors(self._options.size):
            while True:
                try:
                    step = next(work)
                except StopIteration as done:
                    canvas: Canvas = done.value
                    return steps, canvas
                steps += 1
                if self._audience.tell(index, step, painter.onwards):
                    return steps, None


def _frame(given: FilmFrame | ImageSource) -> FilmFrame:
    return given if isinstance(given, FilmFrame) else FilmFrame(as_loaded(given), _UNSAID)


def _alike(image: LoadedImage, size: tuple[int, int]) -> LoadedImage:
    """Resize a frame to the size of the first one, as players do."""
    if image.colour.size == size:
        return image
    how = Image.Resampling.LANCZOS
    alpha = image.alpha.resize(size, how) if image.alpha else None
    digest = f"{image.sha256} {size}"
    return replace(image, colour=image.colour.resize(size, how), alpha=alpha, sha256=digest)
