"""Style transfer as a library call: two images and options in, a result out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch

from nst.checkpoint import CheckpointFile
from nst.errors import DeviceError
from nst.inputs import ImageSource, StyleImage, load_inputs
from nst.options import Options
from nst.painting import Painting
from nst.preview import PreviewClock
from nst.progress import Progress
from nst.recipe import describe_work, make_recipe
from nst.recording import Recording
from nst.result import Result
from nst.setup import Setup, Sizes
from nst.speed import seconds_per_step

# Of the picture that `warm_up` begins: a GPU loads its programs, which differ by size, when they
# are first used.
_WARM_UP_SIDES: Final = {"cpu": 64, "cuda": 512, "mps": 512}


def stylize(  # noqa: PLR0913 - all but the first three are named, and have defaults
    content_image: ImageSource,
    style_image: ImageSource | StyleImage | Sequence[ImageSource | StyleImage],
    options: Options | None = None,
    *,
    mask: ImageSource | None = None,
    init_image: ImageSource | None = None,
    steps: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    preview_seconds: float | None = None,
    preview_size: int = 384,
    checkpoint: str | Path | None = None,
    checkpoint_seconds: float = 5.0,
    recording: Recording | None = None,
    device: str = "auto",
    **changes: Any,
) -> Result:
    """Paint the content image in the style of the style image, or of several.

        result = nst.stylize("photo.jpg", "painting.jpg", size=512, preset="draft")
        result.save("result.png")

    Args:
        content_image: the photo: a path, bytes, an open binary file, a PIL image, a NumPy array
            (height × width × 3, uint8 or floats 0 to 1), a torch tensor ((3, height, width) or
            (1, 3, height, width)) or a loaded image.
        style_image: the same of the picture whose look is wanted; or a `StyleImage` with a weight
            and a mask of its own, or several of them.
        options: what to make; the defaults if None.
        mask: white is painted, black keeps the photo to the bit, grey mixes both.
        init_image: an earlier result (best its `raw`) to continue: only what is left of the work
            is done, some steps at full size, or the scales that are larger than it.
        steps: how many steps at full size instead; only with `init_image`. 0 gives it back as it
            is.
        on_progress: called after every step, in this thread.
        should_stop: asked after every step; True ends the work with the picture as it is.
        preview_seconds: attach a preview to the progress this often; None for never.
        preview_size: longest side of previews in pixels, at most.
        checkpoint: a file that keeps the state of the run. If it is there and of this very
            picture, the run goes on from it. It is removed when the run ends, stopped ones
            included, but not when an exception ends it.
        checkpoint_seconds: least time between two checkpoints.
        recording: takes in every step, before `on_progress` is told of it.
        device: `auto`, `cpu`, `cuda:0` …
        changes: fields of `Options` by name, such as `size=512, preset="draft"`; they win over
            those of `options`.

    Raises:
        TypeError: there is no option of a name in `changes`.
        OptionsError: the options do not fit the images or each other.
        ImageError: an image cannot be used.
        WeightsError: the VGG19 weights are missing or damaged.
        DeviceError: there is no such device, or its memory is too small for the size.
    """
    options = replace(options or Options(), **changes)
    inputs = load_inputs(content_image, style_image, mask=mask, init=init_image)
    setup = Setup.of(Sizes.of(inputs), options, device, steps=steps)
    with memory_errors(options.size):
        encoder = setup.encoder()
        painting = Painting(inputs, setup, encoder)
        work = describe_work(options, inputs=inputs, encoder=encoder, steps=steps)
        saved = _resume(painting, checkpoint, work, checkpoint_seconds)
        if recording:
            recording.begin(inputs.content.filled, colours=options.colours, mask=painting.mask)
        audience = _Audience(
            recording=recording,
            saved=saved,
            preview=PreviewClock(preview_seconds, preview_size),
            on_progress=on_progress,
            should_stop=should_stop,
        )
        history, stopped = audience.follow(painting)
    if saved:
        saved.remove()
    recipe = make_recipe(
        work, encoder=encoder, last=history[-1] if history else None, stopped=stopped
    )
    if recording:
        recording.finish(recipe, painting.sketch)
    raw = painting.raw()
    return Result(
        image=painting.finished(raw),
        raw=raw,
        alpha=painting.alpha(),
        recipe=recipe,
        history=history,
        seconds=history[-1].seconds if history else 0.0,
        stopped=stopped,
        notes=painting.notes,
    )


def warm_up(device: str = "auto", options: Options | None = None) -> None:
    """Load the network and take a few steps, so that the first picture does not wait for them.

    Raises:
        WeightsError: the VGG19 weights are missing or damaged.
        DeviceError: there is no such device.
    """
    setup = Setup.of(Sizes(content=(1, 1)), options, device)
    side = _WARM_UP_SIDES[setup.device.type]
    seconds_per_step(setup.encoder(), setup.method, side, side)


def _resume(
    painting: Painting, path: str | Path | None, work: dict[str, Any], seconds: float
) -> CheckpointFile | None:
    """Return where checkpoints go, and bring the painting to the last one."""
    if path is None:
        return None
    saved = CheckpointFile(Path(path), work, seconds)
    if found := saved.read():
        painting.resume(found)
    return saved


@contextmanager
def memory_errors(size: int) -> Iterator[None]:
    """Turn whatever torch raises when memory runs out into words."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # Torch's allocators for the CPU and for Apple's GPUs have no exception type of their own.
        marks = ("can't allocate memory", "not enough memory", "backend out of memory")
        known = isinstance(error, torch.OutOfMemoryError | MemoryError)
        if not known and not any(mark in str(error) for mark in marks):
            raise
        raise DeviceError(
            "There was not enough memory for a picture of this size ({size} px). Please try a "
            "smaller size.",
            size=size,
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Audience:
    """Who is told of every step, see `stylize`."""

    recording: Recording | None
    saved: CheckpointFile | None
    preview: PreviewClock
    on_progress: Callable[[Progress], None] | None
    should_stop: Callable[[], bool] | None

    def follow(self, painting: Painting) -> tuple[tuple[Progress, ...], bool]:
        """Let it be painted; return every step's progress, and whether it was stopped early."""
        history: list[Progress] = []
        for progress in painting.paint():
            history.append(progress)
            if self.recording:
                self.recording.note(progress, painting.sketch)
            if self.saved and self.saved.is_due:
                self.saved.write(painting.checkpoint())
            if self.on_progress:
                self.on_progress(replace(progress, preview=self.preview.take(painting)))
            if self.should_stop and self.should_stop():
                return tuple(history), progress.step < progress.steps
        return tuple(history), False
