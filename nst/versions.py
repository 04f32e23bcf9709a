"""Several versions of one picture, on a GPU painted together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Self

from nst.inputs import ImageSource, Inputs, StyleImage, load_inputs
from nst.options import Init, Options
from nst.preview import PreviewClock
from nst.progress import Progress
from nst.recording import Recording
from nst.result import Result
from nst.run import Run, follow, memory_errors
from nst.setup import Setup, Sizes


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One of several versions, where options alone do not say it; see `stylize_versions`.

    Attributes:
        options: what to make.
        style_image: in whose style, as for `nst.stylize`; as all others if None.
        checkpoint: as for `nst.stylize`.
        recording: as for `nst.stylize`.
    """

    options: Options
    style_image: ImageSource | StyleImage | Sequence[ImageSource | StyleImage] | None = None
    checkpoint: str | Path | None = None
    recording: Recording | None = None


def stylize_versions(  # noqa: PLR0913 - all but the first three are named, and have defaults
    content_image: ImageSource,
    style_image: ImageSource | StyleImage | Sequence[ImageSource | StyleImage],
    versions: Sequence[Options | Version],
    *,
    mask: ImageSource | None = None,
    init_image: ImageSource | None = None,
    on_progress: Callable[[Mapping[int, Progress]], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    preview_seconds: float | None = None,
    preview_size: int = 384,
    checkpoint_seconds: float = 5.0,
    at_once: int | None = None,
    device: str = "auto",
    **changes: Any,
) -> Iterator[Result]:
    """Paint several versions of a picture, such as other seeds or strengths; yield each.

        takes = [nst.Options(seed=seed) for seed in range(4)]
        for number, result in enumerate(nst.stylize_versions("photo.jpg", "painting.jpg", takes)):
            result.save(f"take-{number}.png")

    A GPU paints as many together as fit into its memory: the network, which small pictures leave
    idle, works for all of them at once. Each is the picture that `nst.stylize` would paint, but for
    rounding. Only versions of one size, preset and choice of layers go together; others are painted
    one group after another, in the order given.

    Args:
        content_image: the photo, as for `nst.stylize`.
        style_image: the style image, or several that are mixed, as for `nst.stylize`.
        versions: what to make.
        mask: of all; white is painted.
        init_image: an earlier result that all continue.
        on_progress: called after every step with the progress of those versions that took it, by
            their places in `versions`.
        should_stop: asked after every step; True ends those in work as they are, and the rest.
        preview_seconds: attach previews to the progress this often; None for never.
        preview_size: longest side of previews in pixels, at most.
        checkpoint_seconds: least time between two checkpoints of a version.
        at_once: how many are painted together at most; None for as many as fit on a GPU and one
            elsewhere, as a CPU gains nothing.
        device: `auto`, `cpu`, `cuda:0` …
        changes: fields of `Options` by name, such as `size=512`, for all versions.

    Yields:
        A result for each version, in their order; after a stop, of those that were begun.

    Raises:
        TypeError: there is no option of a name in `changes`.
        NstError: as in `nst.stylize`; at once for what is known beforehand.
    """
    shared = load_inputs(content_image, style_image, mask=mask, init=init_image)
    works = [
        _Work.of(number, version, changes, shared, device)
        for number, version in enumerate(versions)
    ]

    def begin(work: _Work) -> Run:
        return Run(
            work.inputs,
            work.setup,
            steps=None,
            preview=PreviewClock(preview_seconds, preview_size),
            checkpoint=work.version.checkpoint,
            checkpoint_seconds=checkpoint_seconds,
            recording=work.version.recording,
        )

    return _painted(_groups(works, at_once), begin, on_progress, should_stop or (lambda: False))


@dataclass(frozen=True, slots=True)
class _Work:
    """A version that can be begun, and its place among all."""

    number: int
    version: Version
    inputs: Inputs
    setup: Setup

    @classmethod
    def of(
        cls,
        number: int,
        version: Options | Version,
        changes: Mapping[str, Any],
        inputs: Inputs,
        device: str,
    ) -> Self:
        """Load and check what is a version's own."""
        if isinstance(version, Options):
            version = Version(options=version)
        version = replace(version, options=replace(version.options, **changes))
        if version.style_image is not None:
            styles = load_inputs(inputs.content, version.style_image).styles
            inputs = replace(inputs, styles=styles)
        return cls(number, version, inputs, Setup.of(Sizes.of(inputs), version.options, device))

    @property
    def kind(self) -> tuple[object, ...]:
        """What is the same of those that go together; see `nst.together.are_alike`."""
        method = replace(self.setup.method, init=Init.CONTENT)
        return self.setup.scales, method, self.setup.options.weights


def _groups(works: Sequence[_Work], at_once: int | None) -> Iterator[Sequence[_Work]]:
    """Yield the versions that are painted together."""
    for _, neighbours in groupby(works, lambda work: work.kind):
        alike = list(neighbours)
        most = max(1, at_once or alike[0].setup.at_once(len(alike)))
        for start in range(0, len(alike), most):
            yield alike[start : start + most]


def _painted(
    groups: Iterator[Sequence[_Work]],
    begin: Callable[[_Work], Run],
    on_progress: Callable[[Mapping[int, Progress]], None] | None,
    should_stop: Callable[[], bool],
) -> Iterator[Result]:
    for group in groups:
        setup = group[0].setup
        with memory_errors(setup.options.size):
            runs = {work.number: begin(work) for work in group}
            stopped = follow(runs, on_progress, should_stop)
        for run in runs.values():
            if run.painting.step:  # or its group was stopped before its turn
                yield run.result(stopped=stopped)
        if stopped or should_stop():
            return
