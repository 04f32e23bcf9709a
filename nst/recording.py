"""What a run leaves behind: the losses of every step and a few small frames, in one file.

Loss curves, the timelapse and the table of losses are made from a recording afterwards
(`nst.report`), on demand and without painting again. Imports no torch.
"""

from __future__ import annotations

import io
import json
import secrets
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from PIL import Image

from nst.errors import ReportError
from nst.progress import Progress

_VERSION: Final = 1
_QUALITY: Final = 88
_HISTORY: Final = "history.json"
_RECIPE: Final = "recipe.json"
# What a file that claims to be a recording may unpack to; a run of 3000 steps takes 2 MB.
_MAX_PART_BYTES: Final = 64 * 2**20
_MAX_FRAMES: Final = 2000
_MAX_FRAME_SIDE: Final = 4096
_COUNTS: Final = ("step", "steps", "evaluations", "width", "height")
_NUMBERS: Final = ("fraction", "total_loss", "content_loss", "style_loss", "tv_loss", "seconds")


@dataclass(frozen=True, slots=True)
class Frame:
    """The picture as it was after a step.

    Attributes:
        step: as in `Progress`.
        jpeg: the file's bytes, sRGB.
    """

    step: int
    jpeg: bytes

    def image(self) -> Image.Image:
        """The picture, mode RGB.

        Raises:
            ReportError: it cannot be read, or its size is not that of a frame.
        """
        try:
            with Image.open(io.BytesIO(self.jpeg), formats=["JPEG"]) as image:
                if max(image.size) > _MAX_FRAME_SIDE:
                    raise ReportError("A frame of this recording is too large to be one.")
                return image.convert("RGB")
        except (OSError, SyntaxError, ValueError) as error:
            if isinstance(error, ReportError):
                raise
            raise ReportError("A frame of this recording is damaged.") from error


class Recording:
    """Collects the losses and frames of one run; hand it to `nst.stylize`.

    Frames are taken at even shares of the way. The way counts steps and work alike: by work alone
    the small scales, where the picture changes most, would pass within a frame or two.

    A run that goes on from a checkpoint may append to a recording that was loaded again: whatever
    lies beyond the step that it goes on from is dropped.

    Args:
        frames: how many frames a whole run leaves, 2 to 2000; each takes about 30 kB of memory.
        frame_size: longest side of a frame, pixels.

    Attributes:
        recipe: how to make the picture again, as in `nst.Result`; None before the run ended.
    """

    def __init__(self, frames: int = 60, frame_size: int = 384) -> None:
        if not 2 <= frames <= _MAX_FRAMES:
            raise ReportError(
                "A recording has 2 to {most} frames, not {frames}.", most=_MAX_FRAMES, frames=frames
            )
        if not 16 <= frame_size <= _MAX_FRAME_SIDE:
            raise ReportError(
                "Frames are 16 to {most} px long, not {size}.",
                most=_MAX_FRAME_SIDE,
                size=frame_size,
            )
        self._planned = frames
        self._frame_size = frame_size
        self._history: list[Progress] = []
        self._frames: list[Frame] = []
        self._frame_due = 0.0
        self.recipe: Mapping[str, Any] | None = None

    @property
    def history(self) -> Sequence[Progress]:
        """The progress of every step, without previews."""
        return self._history

    @property
    def frames(self) -> Sequence[Frame]:
        """In the order of their steps; the last one is the finished picture."""
        return self._frames

    def note(self, progress: Progress, picture: Callable[[int], Image.Image]) -> None:
        """Take in one step.

        Args:
            progress: of the step just done.
            picture: called with the longest side in pixels, only when a frame is due; returns the
                picture as it is now (RGB), no larger than that.
        """
        if self._history and self._history[-1].step >= progress.step:
            self._go_back_before(progress.step)
        self._history.append(replace(progress, preview=None) if progress.preview else progress)
        way = _way(progress)
        if way >= self._frame_due:
            self._take(progress.step, picture)
            self._expect_next(way)

    def finish(self, recipe: Mapping[str, Any], picture: Callable[[int], Image.Image]) -> None:
        """The run has ended, early or not; `picture` as in `note`, called if no frame shows it."""
        self.recipe = recipe
        last = self._history[-1].step if self._history else 0
        if not self._frames or self._frames[-1].step < last:
            self._take(last, picture)

    def save(self, path: str | Path) -> None:
        """Write everything as one zip file, in one step: readers see the whole file or none.

        Raises:
            ReportError: the file cannot be written.
        """
        path = Path(path)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        try:
            try:
                with zipfile.ZipFile(draft, "x") as file:
                    self._write(file)
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
        except (OSError, ValueError) as error:
            raise ReportError(
                "The recording {path} cannot be written: {reason}.",
                path=str(path),
                reason=str(error),
            ) from error

    @classmethod
    def load(cls, path: str | Path) -> Recording:
        """Read what `save` wrote.

        Raises:
            ReportError: there is no such file, it is damaged, or something else.
        """
        try:
            with zipfile.ZipFile(path) as file:
                return cls._read(file)
        except OSError as error:
            raise ReportError(
                "The recording {path} cannot be read: {reason}.",
                path=str(path),
                reason=error.strerror or "not a file",
            ) from error
        # RuntimeError: encrypted; NotImplementedError, a subclass: an unknown compression.
        except (
            *(zipfile.BadZipFile, zlib.error, EOFError, RuntimeError),
            *(KeyError, TypeError, ValueError, RecursionError),
        ) as error:
            raise ReportError(
                "{name} is not a recording of this program, or it is damaged.", name=Path(path).name
            ) from error

    def _take(self, step: int, picture: Callable[[int], Image.Image]) -> None:
        buffer = io.BytesIO()
        picture(self._frame_size).save(buffer, "JPEG", quality=_QUALITY)
        self._frames.append(Frame(step, buffer.getvalue()))

    def _expect_next(self, way: float) -> None:
        """The next frame is due at the next of the even shares, the last of which is the end."""
        gaps = self._planned - 1
        # The tolerance keeps 0.30000000000000004 from being taken for something past 0.3.
        self._frame_due = min(1.0, (int(way * gaps + 1e-9) + 1) / gaps) - 1e-9

    def _go_back_before(self, step: int) -> None:
        self._history = [progress for progress in self._history if progress.step < step]
        self._frames = [frame for frame in self._frames if frame.step < step]
        self._expect_next(_way(self._history[-1]) if self._history else -1.0)

    def _write(self, file: zipfile.ZipFile) -> None:
        rows = []
        for progress in self._history:
            row = asdict(replace(progress, preview=None))
            del row["preview"]
            rows.append(row)
        data = {
            "version": _VERSION,
            "frames": self._planned,
            "frame_size": self._frame_size,
            "frame_steps": [frame.step for frame in self._frames],
            "history": rows,
        }
        file.writestr(_HISTORY, json.dumps(data), zipfile.ZIP_DEFLATED)
        if self.recipe is not None:
            file.writestr(_RECIPE, json.dumps(self.recipe), zipfile.ZIP_DEFLATED)
        for number, frame in enumerate(self._frames):
            file.writestr(_frame_name(number), frame.jpeg)

    @classmethod
    def _read(cls, file: zipfile.ZipFile) -> Recording:
        data = json.loads(_part(file, _HISTORY))
        if data["version"] != _VERSION:
            raise ValueError(f"version {data['version']}")
        recording = cls(data["frames"], data["frame_size"])
        recording._history = [_progress(row) for row in data["history"]]
        recording._frames = [
            Frame(int(step), _part(file, _frame_name(number)))
            for number, step in enumerate(data["frame_steps"][: _MAX_FRAMES + 1])
        ]
        if _RECIPE in file.namelist():
            recording.recipe = dict(json.loads(_part(file, _RECIPE)))
        if recording._history:
            recording._expect_next(_way(recording._history[-1]))
        return recording


def _way(progress: Progress) -> float:
    """How far a run has come, 0 to 1: the mean of its share of the steps and of the work."""
    return (progress.step / progress.steps + progress.fraction) / 2


def _progress(row: dict[str, Any]) -> Progress:
    """A step out of a file: numbers where numbers are expected."""
    values: dict[str, Any] = {name: float(row[name]) for name in _NUMBERS}
    values |= {name: int(row[name]) for name in _COUNTS}
    if min(values[name] for name in _COUNTS) < 1:
        raise ValueError("a step without a number or a size")
    left = row["seconds_left"]
    values["seconds_left"] = None if left is None else float(left)
    values["style_layer_losses"] = {
        str(layer): float(loss) for layer, loss in row["style_layer_losses"].items()
    }
    return Progress(**values)


def _frame_name(number: int) -> str:
    return f"frames/{number:03}.jpg"


def _part(file: zipfile.ZipFile, name: str) -> bytes:
    if file.getinfo(name).file_size > _MAX_PART_BYTES:
        raise ValueError(f"{name} is too large")
    return file.read(name)
