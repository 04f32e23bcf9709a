"""Style transfer as a library call: two images and options in, a result out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from nst.inputs import ImageSource, StyleImage, load_inputs
from nst.options import Options
from nst.preview import PreviewClock
from nst.progress import Progress
from nst.recording import Recording
from nst.result import Result
from nst.run import Run, follow, memory_errors
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
        run = Run(
            inputs,
            setup,
            steps=steps,
            preview=PreviewClock(preview_seconds, preview_size),
            checkpoint=checkpoint,
            checkpoint_seconds=checkpoint_seconds,
            recording=recording,
        )
        stopped = follow({0: run}, on_progress and _told_of_one(on_progress), should_stop)
    return run.result(stopped=stopped)


def _told_of_one(
    on_progress: Callable[[Progress], None],
) -> Callable[[Mapping[int, Progress]], None]:
    return lambda steps: on_progress(steps[0])


def warm_up(device: str = "auto", options: Options | None = None) -> None:
    """Load the network and take a few steps, so that the first picture does not wait for them.

    Raises:
        WeightsError: the VGG19 weights are missing or damaged.
        DeviceError: there is no such device.
    """
    setup = Setup.of(Sizes(content=(1, 1)), options, device)
    side = _WARM_UP_SIDES[setup.device.type]
    seconds_per_step(setup.encoder(), setup.method, side, side)
