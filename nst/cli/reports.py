"""`nst report`, and what `nst stylize` leaves beside its picture: plot, film, sheet, recording."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

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
        from nst.report import files  # noqa: PLC0415

        files.check_files(self.loss_curve, self.timelapse)
        if self.record:
            files.check_path(self.record, (".zip",))
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
        from nst.report.files import write_files  # noqa: PLC0415 - see the package's text

        if self.record:
            recording.save(self.record)
        max_bytes = 1024 * self.max_kb if self.max_kb else None
        made = write_files(recording, self.loss_curve, self.timelapse, max_bytes=max_bytes)
        return [*([self.record] if self.record else []), *made]

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
    from nst.report import make_report  # noqa: PLC0415 - see the package's text

    Reports(loss_curve=loss_curve, timelapse=timelapse).check(recording)
    max_bytes = 1024 * max_kb if max_kb else None
    made = make_report(
        recording, loss_curve=loss_curve, timelapse=timelapse, max_bytes=max_bytes, every=every
    )
    for line in (made, *made.files):
        typer.echo(str(line))
