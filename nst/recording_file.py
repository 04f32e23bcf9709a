"""The file of a recording: a zip with the losses as JSON and the frames as JPEGs."""

from __future__ import annotations

import io
import json
import math
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Final

from PIL import Image

from nst.errors import ReportError
from nst.options import Colours, completed_recipe
from nst.progress import Progress
from nst.saving import replacing

MAX_FRAMES: Final = 2000
MAX_FRAME_SIDE: Final = 4096
_VERSION: Final = 1
_QUALITY: Final = 88
_HISTORY: Final = "history.json"
_RECIPE: Final = "recipe.json"
_PHOTO: Final = "photo.jpg"
_MASK: Final = "mask.png"
# What the texts of a file that claims to be a recording may unpack to: numbers as text take up to
# 25 times as much once they are read. A run of 3000 steps takes 2 MB.
_MAX_HISTORY: Final = 8 * 2**20
_MAX_RECIPE: Final = 256 * 2**10
# Pictures are stored as they are, so that all of a file unpacks to little more than its own size.
_MAX_UNPACKED: Final = _MAX_HISTORY + _MAX_RECIPE
# Pixels of all frames by their headers, and of all frames as they are shown, at the same size.
_MAX_PIXELS: Final = 2**29
_MAX_SHOWN: Final = 2**27
_MAX_NAMES: Final = 64  # losses and layers of a step
_COUNTS: Final = ("step", "steps", "evaluations", "width", "height")
_NUMBERS: Final = ("fraction", "total_loss", "seconds")
# What a term of the total is called in a step's row: `content_loss`, `tv_loss` …
_TERM: Final = "_loss"


@dataclass(frozen=True, slots=True)
class RecordedFrame:
    """The painting as it was after a step, before colours and mask are seen to.

    Attributes:
        step: as in `Progress`.
        jpeg: the file's bytes, sRGB.
    """

    step: int
    jpeg: bytes

    def image(self) -> Image.Image:
        """Read the picture, mode RGB.

        Raises:
            ReportError: it cannot be read, or its size is not that of a frame.
        """
        return decoded(self.jpeg, "JPEG")


@dataclass(slots=True, kw_only=True)
class Contents:
    """What a recording holds.

    Attributes:
        planned: how many frames a whole run leaves.
        frame_size: longest side of a frame, pixels.
        history: the progress of every step, without previews.
        frames: in the order of their steps.
        colours: whose colours the finished picture has.
        photo: a small copy, a JPEG file's bytes.
        mask: a small copy, a PNG file's bytes, mode L; black keeps the photo.
        recipe: how to make the picture again; None before the run ended.
    """

    planned: int
    frame_size: int
    history: list[Progress] = field(default_factory=list)
    frames: list[RecordedFrame] = field(default_factory=list)
    colours: Colours = Colours.STYLE
    photo: bytes | None = None
    mask: bytes | None = None
    recipe: Mapping[str, Any] | None = None


def write(path: Path, contents: Contents) -> None:
    """Write everything in one step: readers see the whole file or none.

    Raises:
        ReportError: the file cannot be written.
    """
    try:
        with replacing(path) as draft, zipfile.ZipFile(draft, "x") as file:
            _write(file, contents)
    except (OSError, ValueError) as error:
        raise ReportError(
            "The recording {path} cannot be written: {reason}.", path=str(path), reason=str(error)
        ) from error


def read(source: Path | BinaryIO) -> Contents:
    """Read what `write` wrote; the file may come from anywhere.

    Raises:
        ReportError: there is no such file, it is damaged, or something else.
    """
    path = source if isinstance(source, Path) else Path("This file")
    try:
        with zipfile.ZipFile(source) as file:
            _check_size(file)
            return _read(file)
    except OSError as error:
        raise ReportError(
            "The recording {path} cannot be read: {reason}.",
            path=str(path),
            reason=error.strerror or "not a file",
        ) from error
    # RuntimeError: encrypted; NotImplementedError, a subclass: an unknown compression.
    except (
        *(zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, RecursionError),
        *(KeyError, TypeError, ValueError, AttributeError, OverflowError),
    ) as error:
        raise ReportError(
            "{name} is not a recording of this program, or it is damaged.", name=path.name
        ) from error


def shown_size(frames: Sequence[RecordedFrame]) -> tuple[int, int]:
    """Return the size at which all frames are shown: the last one's, or less where they are many.

    Only headers are read.

    Raises:
        ReportError: a frame is damaged, or all together have more pixels than can be unpacked.
    """
    sizes = [_size(frame.jpeg) for frame in frames]
    if sum(width * height for width, height in sizes) > _MAX_PIXELS:
        raise ReportError("The frames of this recording are too large to be frames of one.")
    width, height = sizes[-1]
    factor = min(1.0, math.sqrt(_MAX_SHOWN / (len(sizes) * width * height)))
    return max(1, int(width * factor)), max(1, int(height * factor))


def encoded(image: Image.Image, kind: str) -> bytes:
    """Return an image file's bytes; `kind` is JPEG or PNG."""
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=_QUALITY)
    return buffer.getvalue()


def decoded(data: bytes, kind: str) -> Image.Image:
    """Read an image file's bytes, mode RGB.

    Raises:
        ReportError: it cannot be read, or is too large to be a part of a recording.
    """
    with _picture(data, kind) as image:
        return image.convert("RGB")


def _size(jpeg: bytes) -> tuple[int, int]:
    with _picture(jpeg, "JPEG") as image:
        return image.size


@contextmanager
def _picture(data: bytes, kind: str) -> Iterator[Image.Image]:
    """Open an image file, of which only the header is read at first."""
    try:
        with Image.open(io.BytesIO(data), formats=[kind]) as image:
            if max(image.size) > MAX_FRAME_SIDE:
                raise ReportError("A frame of this recording is too large to be one.")
            yield image
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, ReportError):
            raise
        raise ReportError("A frame of this recording is damaged.") from error


def _write(file: zipfile.ZipFile, contents: Contents) -> None:
    data = {
        "version": _VERSION,
        "frames": contents.planned,
        "frame_size": contents.frame_size,
        "colours": contents.colours,
        "frame_steps": [frame.step for frame in contents.frames],
        "history": [_row(progress) for progress in contents.history],
    }
    file.writestr(_HISTORY, json.dumps(data), zipfile.ZIP_DEFLATED)
    if contents.recipe is not None:
        file.writestr(_RECIPE, json.dumps(contents.recipe), zipfile.ZIP_DEFLATED)
    for name, part in ((_PHOTO, contents.photo), (_MASK, contents.mask)):
        if part is not None:
            file.writestr(name, part)
    for number, frame in enumerate(contents.frames):
        file.writestr(_frame_name(number), frame.jpeg)


def _check_size(file: zipfile.ZipFile) -> None:
    """Refuse, by its table of contents, a file that unpacks to much more than its own size."""
    assert file.fp is not None  # noqa: S101 - for the type checker; it is open
    packed = file.fp.seek(0, io.SEEK_END)
    parts = file.infolist()
    if sum(part.file_size for part in parts) > packed + _MAX_UNPACKED:
        raise ValueError("it would unpack to far too much")
    for name, most in ((_HISTORY, _MAX_HISTORY), (_RECIPE, _MAX_RECIPE)):
        if any(part.file_size > most for part in parts if part.filename == name):
            raise ValueError(f"{name} is too large")


def _read(file: zipfile.ZipFile) -> Contents:
    data = json.loads(file.read(_HISTORY))
    if data["version"] != _VERSION:
        raise ValueError(f"version {data['version']}")
    names = file.namelist()
    return Contents(
        planned=int(data["frames"]),
        frame_size=int(data["frame_size"]),
        history=[_progress(row) for row in data["history"]],
        frames=[
            RecordedFrame(int(step), file.read(_frame_name(number)))
            for number, step in enumerate(data["frame_steps"][: MAX_FRAMES + 1])
        ],
        colours=Colours(data["colours"]),
        photo=file.read(_PHOTO) if _PHOTO in names else None,
        mask=file.read(_MASK) if _MASK in names else None,
        recipe=completed_recipe(dict(json.loads(file.read(_RECIPE)))) if _RECIPE in names else None,
    )


def _row(progress: Progress) -> dict[str, Any]:
    """Return a step as JSON-ready data, each term of the total under a name of its own."""
    row = asdict(replace(progress, preview=None, losses={}))
    del row["preview"], row["losses"]
    return row | {f"{name}{_TERM}": loss for name, loss in progress.losses.items()}


def _progress(row: dict[str, Any]) -> Progress:
    """Read a step out of a file: numbers where numbers are expected."""
    values: dict[str, Any] = {name: float(row[name]) for name in _NUMBERS}
    values |= {name: int(row[name]) for name in _COUNTS}
    counts = [values[name] for name in _COUNTS]
    if not (min(counts) >= 1 and max(counts) < 2**31 and math.isfinite(values["fraction"])):
        raise ValueError("a step without a number, a size or a place in the run")
    if max(len(row), len(row["style_layer_losses"])) > _MAX_NAMES:
        raise ValueError("a step with more losses than there are layers")
    left = row["seconds_left"]
    values["seconds_left"] = None if left is None else float(left)
    values["style_layer_losses"] = {
        str(layer): float(loss) for layer, loss in row["style_layer_losses"].items()
    }
    values["losses"] = {
        name.removesuffix(_TERM): float(loss)
        for name, loss in row.items()
        if name.endswith(_TERM) and name not in _NUMBERS
    }
    return Progress(**values)


def _frame_name(number: int) -> str:
    return f"frames/{number:03}.jpg"
