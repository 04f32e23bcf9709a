"""The files that show a run, and its losses as a table."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from nst.errors import ReportError
from nst.recording import Recording
from nst.report.curves import check_plots, loss_curves, loss_table
from nst.report.timelapse import Film, check_films
from nst.report.timelapse import timelapse as make_film
from nst.saving import replacing

_WORD: Final = 24  # letters of a recipe's word that the title shows
_FILMS: Final = tuple(f".{kind}" for kind in Film)


@dataclass(frozen=True, slots=True)
class Report:
    """What was made of a recording; `print(report)` shows the table.

    Attributes:
        losses: rows of the table: updates done, and the total loss then.
        files: that were written.
    """

    losses: tuple[tuple[int, float], ...]
    files: tuple[Path, ...]

    def __str__(self) -> str:
        """Return the table of the total loss, a line for a row."""
        return "\n".join(table_lines(self.losses))


def make_report(
    recording: Recording | str | Path | BinaryIO,
    *,
    loss_curve: str | Path | None = None,
    timelapse: str | Path | None = None,
    max_bytes: int | None = None,
    every: int = 500,
) -> Report:
    """Make a plot and a film of a recorded run, and the table of its losses.

        recording = nst.Recording()
        nst.stylize("photo.jpg", "painting.jpg", recording=recording)
        report = nst.make_report(recording, loss_curve="losses.png", timelapse="film.mp4")
        print(report)

    Plots and films as bytes, with more to choose, make `nst.report.loss_curves` and
    `nst.report.timelapse`.

    Args:
        recording: of the run, or the file that it was saved to.
        loss_curve: where the plot goes: .png; overwritten. None for no plot.
        timelapse: where the film goes: .mp4, .gif or .webp; overwritten. None for no film.
        max_bytes: the film must not be larger.
        every: steps between two rows of the table, at least 1.

    Raises:
        ReportError: the recording cannot be read, a file cannot be written, nothing fits into
            `max_bytes`, or a package that makes plots or films is missing.
    """
    plot, film = (None if path is None else Path(path) for path in (loss_curve, timelapse))
    check_files(plot, film)
    run = recording if isinstance(recording, Recording) else Recording.load(recording)
    files = write_files(run, plot, film, max_bytes=max_bytes)
    return Report(tuple(loss_table(run.history, every)), tuple(files))


def check_files(loss_curve: Path | None, timelapse: Path | None) -> None:
    """Refuse files that could not be written, before hours of work.

    Raises:
        ReportError: wrong suffix, no such folder, or a package is missing.
    """
    if loss_curve:
        check_path(loss_curve, (".png",))
        check_plots()
    if timelapse:
        check_path(timelapse, _FILMS)
        check_films(_kind(timelapse))


def write_files(
    recording: Recording,
    loss_curve: Path | None,
    timelapse: Path | None,
    *,
    max_bytes: int | None = None,
) -> Iterator[Path]:
    """Make the files that are wanted; yield their paths.

    Raises:
        ReportError: as in `make_report`.
    """
    if loss_curve:
        _write(loss_curve, loss_curves(recording.history, title=_title(recording.recipe)))
        yield loss_curve
    if timelapse:
        film = make_film(recording, _kind(timelapse), max_bytes=max_bytes)
        _write(timelapse, film)
        yield timelapse


def table_lines(rows: Sequence[tuple[int, float]]) -> list[str]:
    """Return the rows of `loss_table` as lines under a head."""
    return ["  step        total loss", *(f"{step:>6}  {loss:>16,.6g}" for step, loss in rows)]


def check_path(path: Path, suffixes: tuple[str, ...]) -> None:
    """Refuse a file that could not be written.

    Raises:
        ReportError: it has none of the suffixes, is a folder, or there is no such folder.
    """
    if path.suffix.lower() not in suffixes:
        raise ReportError("{name} must end in {s}.", name=path.name, s=" or ".join(suffixes))
    if path.is_dir():
        raise ReportError("{path} is a folder; name a file.", path=str(path))
    if not path.parent.is_dir():
        raise ReportError("There is no folder {path}; make it first.", path=str(path.parent))
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise ReportError("The folder {path} cannot be written to.", path=str(path.parent))


def _kind(path: Path) -> Film:
    return Film(path.suffix.lower()[1:])


def _title(recipe: Mapping[str, Any] | None) -> str:
    options = (recipe or {}).get("options")
    if not isinstance(options, Mapping):
        return ""
    preset, size, strength = (
        " ".join(str(options.get(name)).split())[:_WORD] for name in ("preset", "size", "strength")
    )
    return f"{preset}, {size} px, strength {strength}"


def _write(path: Path, data: bytes) -> None:
    try:
        with replacing(path) as draft:
            draft.write_bytes(data)
    except OSError as error:
        raise ReportError(
            "{path} cannot be written: {reason}.", path=str(path), reason=error.strerror or ""
        ) from error
