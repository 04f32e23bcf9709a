"""`nst report`, and what `nst stylize` leaves beside its picture: plot, film, sheet, recording."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from nst.cli.base import app
from nst.errors import ReportError

if TYPE_CHECKING:
    from PIL.Image import Image

    from nst.inputs import ImageSource
    from nst.progress import Progress
    from nst.recording import Recording

SAVE_SECONDS: Final = 5.0
_MAX_SHEET_SIDE: Final = 2048
_FILMS: Final = (".mp4", ".gif", ".webp")

LossCurve = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Plot of the losses: .png; overwritten.")
]
Timelapse = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Film of the painting: .mp4, .gif or .webp; overwritten."),
]
MaxKB = Annotated[
    int | None, typer.Option("--max-kb", min=1, help="The film takes no more kB than this.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """The files wanted of a run besides its picture."""

    loss_curve: LossCurve = None
    timelapse: Timelapse = None
    max_kb: MaxKB = None
    sheet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Photo + style = result, side by side; overwritten."),
    ] = None
    record: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Losses and frames for `nst report`: .zip; overwritten, or continued where "
            "--checkpoint goes on from a run.",
        ),
    ] = None

    @property
    def wanted(self) -> bool:
        """Whether a recording is needed for any of them."""
        return any((self.loss_curve, self.timelapse, self.record))

    def check(self, *others: Path) -> None:
        """Refuse, before any work, files that could not be written at its end.

        Args:
            others: files of the same command that must not be overwritten.

        Raises:
            ReportError: wrong suffix, no such folder, a package is missing, or a file is named
                twice.
            ImageError: the same of the sheet.
        """
        from nst.images import check_target  # noqa: PLC0415 - see the package's text
        from nst.report import Film, check_films, check_plots  # noqa: PLC0415

        if self.loss_curve:
            _check_path(self.loss_curve, (".png",))
            check_plots()
        if self.timelapse:
            _check_path(self.timelapse, _FILMS)
            check_films(Film(self.timelapse.suffix.lower()[1:]))
        if self.record:
            _check_path(self.record, (".zip",))
        if self.sheet:
            check_target(self.sheet)
        taken = {path.resolve() for path in others}
        for path in (self.loss_curve, self.timelapse, self.sheet, self.record):
            if path and path.resolve() in taken:
                raise ReportError("{path} is named twice; give each file its name.", path=str(path))
            taken |= {path.resolve()} if path else set()

    def begin(self, checkpoint: Path | None) -> Recording | None:
        """Return what the run is to be recorded with, if at all.

        Raises:
            ReportError: the run goes on from a checkpoint, and its recording is damaged.
        """
        from nst.recording import Recording  # noqa: PLC0415 - see the package's text

        if not self.wanted:
            return None
        if self.record and self.record.exists() and checkpoint and checkpoint.exists():
            return Recording.load(self.record)
        return Recording()

    def saving(
        self, show: Callable[[Progress], None], recording: Recording | None
    ) -> Callable[[Progress], None]:
        """Return `show` that also saves the recording every few seconds: a run may be cut off."""
        record, due = self.record, time.monotonic() + SAVE_SECONDS
        if recording is None or record is None:
            return show

        def report(progress: Progress) -> None:
            nonlocal due
            show(progress)
            if time.monotonic() >= due:
                recording.save(record)
                due = time.monotonic() + SAVE_SECONDS

        return report

    def write(self, recording: Recording) -> list[Path]:
        """Make the files that come from a recording.

        Returns:
            The paths written.

        Raises:
            ReportError: nothing fits into `max_kb`, or a file cannot be written.
        """
        from nst.report import Film, loss_curves, timelapse  # noqa: PLC0415

        if self.record:
            recording.save(self.record)
        if self.loss_curve:
            png = loss_curves(recording.history, title=_title(recording.recipe))
            _write(self.loss_curve, png)
        if self.timelapse:
            kind = Film(self.timelapse.suffix.lower()[1:])
            max_bytes = 1024 * self.max_kb if self.max_kb else None
            _write(self.timelapse, timelapse(recording, kind, max_bytes=max_bytes))
        return [path for path in (self.record, self.loss_curve, self.timelapse) if path]

    def write_sheet(
        self, content: ImageSource, styles: Sequence[ImageSource], result: Image
    ) -> list[Path]:
        """Make the sheet, if wanted; returns its path in a list.

        Raises:
            ImageError: a picture cannot be read, or the sheet cannot be written.
        """
        from nst.images import save_image  # noqa: PLC0415 - see the package's text
        from nst.inputs import as_loaded  # noqa: PLC0415
        from nst.report import equation  # noqa: PLC0415

        if not self.sheet:
            return []
        photo, *pictures = (as_loaded(source).image for source in (content, *styles))
        sheet = equation(photo, pictures, result, size=_MAX_SHEET_SIDE)
        return [save_image(sheet, self.sheet, recipe=None)]


@app.command()
def report(
    recording: Annotated[Path, typer.Argument(help="What `nst stylize --record` wrote.")],
    *,
    loss_curve: LossCurve = None,
    timelapse: Timelapse = None,
    max_kb: MaxKB = None,
    every: Annotated[
        int, typer.Option(min=1, metavar="N", help="Print the total loss every N steps.")
    ] = 500,
) -> None:
    """Make a plot or a film of RECORDING, and print the table of its losses."""
    from nst.recording import Recording  # noqa: PLC0415 - see the package's text

    reports = Reports(loss_curve=loss_curve, timelapse=timelapse, max_kb=max_kb)
    reports.check(recording)
    loaded = Recording.load(recording)
    paths = reports.write(loaded)
    for line in loss_lines(loaded.history, every):
        typer.echo(line)
    for path in paths:
        typer.echo(str(path))


def loss_lines(history: Any, every: int) -> list[str]:
    """Return the table of the total loss, a line for a row."""
    from nst.report import loss_table  # noqa: PLC0415 - see the package's text

    rows = [f"{updates:>6}  {loss:>16,.6g}" for updates, loss in loss_table(history, every)]
    return ["  step        total loss", *rows]


def _title(recipe: Mapping[str, Any] | None) -> str:
    options = (recipe or {}).get("options")
    if not isinstance(options, Mapping):
        return ""
    return f"{options.get('preset')}, {options.get('size')} px, strength {options.get('strength')}"


def _check_path(path: Path, suffixes: tuple[str, ...]) -> None:
    if path.suffix.lower() not in suffixes:
        raise ReportError("{name} must end in {s}.", name=path.name, s=" or ".join(suffixes))
    if path.is_dir():
        raise ReportError("{path} is a folder; name a file.", path=str(path))
    if not path.parent.is_dir():
        raise ReportError("There is no folder {path}; make it first.", path=str(path.parent))
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise ReportError("The folder {path} cannot be written to.", path=str(path.parent))


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ReportError(
            "{path} cannot be written: {reason}.", path=str(path), reason=error.strerror or ""
        ) from error
