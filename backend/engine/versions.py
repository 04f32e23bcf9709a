"""Several versions of a picture, painted together or one after another, and shown side by side.

Only worker processes import this: it loads Pillow.
"""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image

from backend.codec import Codec, Unreadable
from backend.engine.protocol import EngineProgress, EngineRequest
from backend.files.store import FileKey
from backend.records import JobSpec, ResultFile
from nst.report.sheets import contact_sheet
from nst.saving import save_image
from nst.transparency import over_ground

if TYPE_CHECKING:
    from backend.engine.worker import Report, ShouldStop
    from backend.engine.workspace import Workspace

_LOG = logging.getLogger(__name__)

Tell = Callable[[Mapping[int, EngineProgress]], None]
"""Takes the progress of the versions that are in work, by their places among those asked for."""
PaintAll = Callable[
    [Sequence[EngineRequest], "Workspace", Tell, "ShouldStop"], Iterator[ResultFile]
]
"""Yields the versions asked for in their order, each when it is painted; after a stop no more."""

_PARTS: Final = Codec[list[ResultFile]](list[ResultFile])
_ROW: Final = 2
_CELL: Final = 512  # pixels of the longest side of each picture of the sheet, at most
_PREVIEW_CELL: Final = 192
_PREVIEW_QUALITY: Final = 80
_PAPER: Final = (255, 255, 255)
_TO_COME: Final = (236, 236, 236)


def paint_versions(
    request: EngineRequest,
    place: Workspace,
    report: Report,
    should_stop: ShouldStop,
    paint: PaintAll,
) -> ResultFile:
    """Let `paint` paint the versions; stopped early, as many as there are.

    The checkpoint of the whole says which are finished; they are not painted again.
    """
    sheet, checkpoint = _Sheet(_labels(request.spec)), place.path(request.checkpoint)
    parts = _finished(checkpoint, place)
    for part in parts:
        sheet.add(place.runner.run(place.files.get(part.file)))
    finished = len(parts)
    began = time.monotonic() - sum(part.seconds for part in parts)

    def tell(in_work: Mapping[int, EngineProgress]) -> None:
        numbered = {finished + number: progress for number, progress in in_work.items()}
        report(sheet.progress(numbered, time.monotonic() - began))

    for painted in paint(request.parts[finished:], place, tell, should_stop):
        sheet.add(place.path(painted.file).read_bytes())
        parts.append(place.store(painted))
        _save(parts, checkpoint)
    picture, path = sheet.picture(), place.path(request.result)
    path = save_image(picture, path, recipe=None, max_bytes=request.spec.max_result_bytes)
    with suppress(OSError):
        checkpoint.unlink(missing_ok=True)
    return ResultFile(
        file=FileKey(request.result + path.suffix),
        width=picture.width,
        height=picture.height,
        seconds=time.monotonic() - began,
        steps=sum(part.steps for part in parts),
        stopped_early=len(parts) < len(request.parts) or parts[-1].stopped_early,
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
        parts=tuple(parts),
    )


def _finished(checkpoint: Path, place: Workspace) -> list[ResultFile]:
    """Return the versions that an earlier run has finished, as far as their files are here."""
    try:
        noted = _PARTS.decode(checkpoint.read_bytes())
    except FileNotFoundError:
        return []
    except (OSError, Unreadable):
        _LOG.warning("%s cannot be read.", checkpoint.name, exc_info=True)
        return []

    def is_here(part: ResultFile) -> bool:
        return place.runner.run(place.files.exists(*part.files))

    return list(takewhile(is_here, noted))


def _save(parts: list[ResultFile], checkpoint: Path) -> None:
    """Note the versions that are finished; without that, a later run paints them again."""
    unfinished = checkpoint.with_name(f"{checkpoint.name}.new")
    try:
        unfinished.write_text(_PARTS.encode(parts))
        unfinished.replace(checkpoint)
    except OSError:
        _LOG.warning("%s cannot be written.", checkpoint.name, exc_info=True)
        with suppress(OSError):
            unfinished.unlink()


def _labels(spec: JobSpec) -> list[str]:
    """Return what stands over the pictures: their strengths, or the numbers of their buttons."""
    numbers = range(1, len(spec.versions) + 1)
    return list(map(str, spec.strengths or numbers))


@dataclass(slots=True)
class _Sheet:
    """The versions side by side, two in a row, which is large enough for a phone.

    Attributes:
        labels: one for each version.
        done: those that are finished.
    """

    labels: Sequence[str]
    done: list[Image.Image] = field(default_factory=list)
    _latest: dict[int, EngineProgress] = field(default_factory=dict)
    _seen: dict[int, Image.Image] = field(default_factory=dict)  # of what is not finished

    def add(self, data: bytes) -> None:
        """Put the next finished picture on it."""
        with Image.open(io.BytesIO(data)) as image:
            self.done.append(_small(image, _CELL))

    def progress(self, in_work: Mapping[int, EngineProgress], seconds: float) -> EngineProgress:
        """Return how far all versions are, with a preview where one of them has a new one.

        Args:
            in_work: those that have just got further, by number.
            seconds: since the first one was begun.
        """
        done, count, present = len(self.done), len(self.labels), next(iter(in_work.values()))
        self._latest |= in_work
        begun = [one for number, one in self._latest.items() if number >= done]
        left = present.seconds_left
        if left is not None:
            waiting = count - done - sum(one.fraction for one in begun)
            waiting -= sum(1 - one.fraction for one in in_work.values())
            left += waiting / len(in_work) * (present.seconds + left)
        return replace(
            present,
            step=done * present.steps + sum(one.step for one in begun),
            steps=count * present.steps,
            fraction=(done + sum(one.fraction for one in begun)) / count,
            seconds=seconds,
            seconds_left=left,
            preview=self._preview(in_work),
        )

    def _preview(self, in_work: Mapping[int, EngineProgress]) -> bytes | None:
        """Return a small JPEG of what is done and of what is not; None if nothing new is seen."""
        new = {number: one.preview for number, one in in_work.items() if one.preview}
        if not new:
            return None
        for number, data in new.items():
            with Image.open(io.BytesIO(data)) as image:
                self._seen[number] = _small(image, _PREVIEW_CELL)
        size = next(iter(self._seen.values())).size
        to_come = Image.new("RGB", size, _TO_COME)
        begun = range(len(self.done), len(self.labels))
        shown = [*self.done, *(self._seen.get(number, to_come) for number in begun)]
        buffer = io.BytesIO()
        _laid_out(shown, self.labels, size).save(buffer, "JPEG", quality=_PREVIEW_QUALITY)
        return buffer.getvalue()

    def picture(self) -> Image.Image:
        """Return what is done."""
        return _laid_out(self.done, self.labels, self.done[0].size)


def _laid_out(
    pictures: Sequence[Image.Image], labels: Sequence[str], cell: tuple[int, int]
) -> Image.Image:
    rows = [
        contact_sheet([pictures[at : at + _ROW]], columns=labels[at : at + _ROW], cell=cell)
        for at in range(0, len(pictures), _ROW)
    ]
    sheet = Image.new("RGB", (rows[0].width, sum(row.height for row in rows)), _PAPER)
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    return sheet


def _small(image: Image.Image, side: int) -> Image.Image:
    """Return it as JPEG shows it, no larger than `side` pixels."""
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    picture = image.convert("RGB") if alpha is None else over_ground(image.convert("RGB"), alpha)
    picture.thumbnail((side, side))
    return picture
