"""What a run leaves behind: the losses of every step and a few small frames, in one file.

Loss curves, the timelapse and the table of losses are made from a recording afterwards
(`nst.report`), on demand and without painting again. Imports no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, Final

from PIL import Image

from nst.errors import ReportError
from nst.finishing import finish
from nst.options import Colours
from nst.progress import Progress
from nst.recording_file import (
    MAX_FRAME_SIDE,
    MAX_FRAMES,
    Contents,
    RecordedFrame,
    decoded,
    encoded,
    read,
    shown_size,
    write,
)

__all__ = ["RecordedFrame", "Recording"]

_FINE: Final = Image.Resampling.LANCZOS


class Recording:
    """Collects the losses and frames of one run; hand it to `nst.stylize`.

    Frames are taken at even shares of the way, as the optimisation has them: the photo's colours
    and masks, which take longer than all the rest, wait until a film is made. The way counts steps
    and work alike: by work alone the small scales, where the picture changes most, would pass
    within a frame or two.

    A run that goes on from a checkpoint may append to a recording that was loaded again: whatever
    lies beyond the step that it goes on from is dropped.

    Args:
        frames: how many frames a whole run leaves, 2 to 2000; each takes about 30 kB of memory.
        frame_size: longest side of a frame, pixels.
    """

    def __init__(self, frames: int = 60, frame_size: int = 384) -> None:
        if not 2 <= frames <= MAX_FRAMES:
            raise ReportError(
                "A recording has 2 to {most} frames, not {frames}.", most=MAX_FRAMES, frames=frames
            )
        if not 16 <= frame_size <= MAX_FRAME_SIDE:
            raise ReportError(
                "Frames are 16 to {most} px long, not {size}.",
                most=MAX_FRAME_SIDE,
                size=frame_size,
            )
        self._kept = Contents(planned=frames, frame_size=frame_size)
        self._frame_due = 0.0

    @property
    def history(self) -> Sequence[Progress]:
        """The progress of every step, without previews."""
        return self._kept.history

    @property
    def frames(self) -> Sequence[RecordedFrame]:
        """In the order of their steps; the last one is the finished picture."""
        return self._kept.frames

    @property
    def recipe(self) -> Mapping[str, Any] | None:
        """How to make the picture again, as in `nst.Result`; None before the run ended."""
        return self._kept.recipe

    def pictures(self, colours: Colours | None = None) -> list[Image.Image]:
        """Return all frames as people see the picture, mode RGB, all of the last one's size.

        Where that would take more than 400 MB for all of them, they are smaller.

        Args:
            colours: whose; those of the run if None.

        Raises:
            ReportError: a frame is damaged, or all together are too large.
        """
        frames = self._kept.frames
        if not frames:
            return []
        size, chosen = shown_size(frames), colours or self._kept.colours
        photo = None if self._kept.photo is None else decoded(self._kept.photo, "JPEG")
        mask = decoded(self._kept.mask, "PNG").convert("L") if self._kept.mask else None

        def shown(frame: RecordedFrame) -> Image.Image:
            image = frame.image()
            image = image if image.size == size else image.resize(size, _FINE)
            return image if photo is None else finish(image, photo, colours=chosen, mask=mask)

        return [shown(frame) for frame in frames]

    def begin(
        self, photo: Image.Image, *, colours: Colours, mask: Image.Image | None = None
    ) -> None:
        """Keep small copies of what the frames are finished with, see `nst.finishing.finish`.

        Args:
            photo: mode RGB.
            colours: whose the finished picture has.
            mask: mode L; black keeps the photo.
        """
        self._kept.colours = colours
        self._kept.photo = encoded(self._small(photo), "JPEG")
        self._kept.mask = None if mask is None else encoded(self._small(mask), "PNG")

    def note(self, progress: Progress, picture: Callable[[int], Image.Image]) -> None:
        """Take in one step.

        Args:
            progress: of the step just done.
            picture: called with the longest side in pixels, only when a frame is due; returns the
                painting as it is now (RGB), no larger than that, without the last touches.
        """
        if self._kept.history and self._kept.history[-1].step >= progress.step:
            self._go_back_before(progress.step)
        self._kept.history.append(replace(progress, preview=None) if progress.preview else progress)
        way = _way(progress)
        if way >= self._frame_due:
            self._take(progress.step, picture)
            self._expect_next(way)

    def finish(self, recipe: Mapping[str, Any], picture: Callable[[int], Image.Image]) -> None:
        """End the recording, whether the run ended early or not.

        Args:
            recipe: as in `nst.Result`.
            picture: as in `note`, called if no frame shows the last step.
        """
        self._kept.recipe = recipe
        last = self._kept.history[-1].step if self._kept.history else 0
        if not self._kept.frames or self._kept.frames[-1].step < last:
            self._take(last, picture)

    def save(self, path: str | Path) -> None:
        """Write everything as one zip file, in one step: readers see the whole file or none.

        Raises:
            ReportError: the file cannot be written.
        """
        write(Path(path), self._kept)

    @classmethod
    def load(cls, source: str | Path | BinaryIO) -> Recording:
        """Read what `save` wrote.

        Args:
            source: a path, or a binary file object that can seek.

        Raises:
            ReportError: there is no such file, it is damaged, or something else.
        """
        kept = read(Path(source) if isinstance(source, str) else source)
        recording = cls(kept.planned, kept.frame_size)
        recording._kept = kept
        if kept.history:
            recording._expect_next(_way(kept.history[-1]))
        return recording

    def _take(self, step: int, picture: Callable[[int], Image.Image]) -> None:
        self._kept.frames.append(
            RecordedFrame(step, encoded(picture(self._kept.frame_size), "JPEG"))
        )

    def _small(self, image: Image.Image) -> Image.Image:
        small = image.copy()
        small.thumbnail((self._kept.frame_size, self._kept.frame_size), _FINE)
        return small

    def _expect_next(self, way: float) -> None:
        """Expect the next frame at the next of the even shares, the last of which is the end."""
        gaps = self._kept.planned - 1
        # The tolerance keeps 0.30000000000000004 from being taken for something past 0.3.
        self._frame_due = min(1.0, (int(way * gaps + 1e-9) + 1) / gaps) - 1e-9

    def _go_back_before(self, step: int) -> None:
        self._kept.history = [progress for progress in self._kept.history if progress.step < step]
        self._kept.frames = [frame for frame in self._kept.frames if frame.step < step]
        self._expect_next(_way(self._kept.history[-1]) if self._kept.history else -1.0)


def _way(progress: Progress) -> float:
    """Return how far a run has come, 0 to 1: the mean of its shares of steps and of work."""
    return (progress.step / progress.steps + progress.fraction) / 2
