"""Pictures from their inputs to their results: every step is noted, kept and told of."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch

from nst.checkpoint import CheckpointFile
from nst.errors import DeviceError
from nst.inputs import Inputs
from nst.painting import Painting
from nst.preview import PreviewClock
from nst.progress import Progress
from nst.recipe import describe_work, make_recipe
from nst.recording import Recording
from nst.result import Result
from nst.setup import Setup
from nst.together import are_alike, paint_together

_log = logging.getLogger(__name__)


class Run:
    """One picture from its inputs to its result; see `nst.stylize`.

    Args:
        inputs: what to paint, in whose style, where, starting from what.
        setup: of these inputs.
        steps: how many at full size, instead of what is left of the schedule.
        preview: takes previews.
        checkpoint: keeps the state of the run, which goes on from it if it is there.
        checkpoint_seconds: least time between two checkpoints.
        recording: takes in every step.

    Attributes:
        painting: the picture.
    """

    def __init__(
        self,
        inputs: Inputs,
        setup: Setup,
        *,
        steps: int | None,
        preview: PreviewClock,
        checkpoint: str | Path | None,
        checkpoint_seconds: float,
        recording: Recording | None,
    ) -> None:
        encoder = setup.encoder()
        self.painting = Painting(inputs, setup, encoder)
        self._work = describe_work(setup.options, inputs=inputs, encoder=encoder, steps=steps)
        self._preview, self._recording = preview, recording
        self._history: list[Progress] = []
        self._saved: CheckpointFile | None = None
        if checkpoint is not None:
            self._saved = CheckpointFile(Path(checkpoint), self._work, checkpoint_seconds)
            if found := self._saved.read():
                self.painting.resume(found)
        if recording:
            colours, mask = setup.options.colours, self.painting.mask
            recording.begin(inputs.content.filled, colours=colours, mask=mask)

    def take(self, progress: Progress) -> Progress:
        """Take in one step; return it with a preview, if one is due."""
        self._history.append(progress)
        if self._recording:
            self._recording.note(progress, self.painting.sketch)
        # Not of the last step: a run that goes on takes one at least, so that it can tell of it.
        if self._saved and self._saved.is_due and progress.step < progress.steps:
            self._saved.write(self.painting.checkpoint())
        return replace(progress, preview=self._preview.take(self.painting))

    def result(self, *, stopped: bool) -> Result:
        """Return the picture as it is; the run is over.

        Args:
            stopped: somebody asked for an end.
        """
        if self._saved:
            self._saved.remove()
        painting, history = self.painting, tuple(self._history)
        last = history[-1] if history else None
        stopped = stopped and last is not None and last.step < last.steps
        recipe = make_recipe(self._work, encoder=painting.encoder, last=last, stopped=stopped)
        if self._recording:
            self._recording.finish(recipe, painting.sketch)
        raw = painting.raw()
        return Result(
            image=painting.finished(raw),
            raw=raw,
            alpha=painting.alpha(),
            recipe=recipe,
            history=history,
            seconds=last.seconds if last else 0.0,
            stopped=stopped,
            notes=painting.notes,
        )


def follow(
    runs: Mapping[int, Run],
    on_progress: Callable[[Mapping[int, Progress]], None] | None,
    should_stop: Callable[[], bool] | None,
) -> bool:
    """Let pictures be painted together, as far as they are alike; return whether it was to stop.

    Args:
        runs: the pictures by number.
        on_progress: called after each step with the progress of those that took it, by number.
        should_stop: asked after each step; True ends all pictures as they are.

    Raises:
        torch.OutOfMemoryError: one of them does not fit by itself.
    """
    one, *_ = runs.values()
    alike = {number for number, run in runs.items() if are_alike(one.painting, run.painting)}
    if len(alike) == len(runs):
        try:
            return _follow(runs, on_progress, should_stop)
        except torch.OutOfMemoryError:
            if len(runs) == 1:
                raise
            _log.warning("Memory is too short for %d pictures at once.", len(runs))
        torch.cuda.empty_cache()  # now that the exception is gone, which held their tensors
        alike = set(list(runs)[: len(runs) // 2])
    groups = (
        {number: run for number, run in runs.items() if (number in alike) is first}
        for first in (True, False)
    )
    return any(follow(group, on_progress, should_stop) for group in groups)


def _follow(
    runs: Mapping[int, Run],
    on_progress: Callable[[Mapping[int, Progress]], None] | None,
    should_stop: Callable[[], bool] | None,
) -> bool:
    for steps in paint_together([run.painting for run in runs.values()]):
        told = {
            number: run.take(step) for (number, run), step in zip(runs.items(), steps, strict=True)
        }
        if on_progress:
            on_progress(told)
        if should_stop and should_stop():
            return True
    return False


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
