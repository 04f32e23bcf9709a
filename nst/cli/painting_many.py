"""Painting many photos from the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from nst.cli.many import ManyPictures
from nst.cli.pictures import Pictures
from nst.cli.reports import Reports
from nst.cli.running import STOPPED, RunFlags, notes_shown, stop_on_interrupt
from nst.errors import NstError, OptionsError
from nst.options import Options
from nst.text import duration

if TYPE_CHECKING:
    from nst.progress_bar import ProgressBar
    from nst.result import Result

_FAILED = 1


@dataclass(slots=True)
class _Tally:
    """What has become of the pictures so far."""

    painted: int = 0
    skipped: int = 0
    failed: int = 0
    stopped: bool = False

    def __str__(self) -> str:
        """Say it in a line."""
        counts = {"painted": self.painted, "skipped": self.skipped, "failed": self.failed}
        said = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        return f"{said or 'nothing painted'}{', stopped early' if self.stopped else ''}."


def paint_many(
    many: ManyPictures, options: Options, folder: Path, *, run: RunFlags, reports: Reports
) -> None:
    """Paint every photo in every style into a folder; a failure does not end the rest.

    Exit status: 1 something failed; 130 stopped by Ctrl-C, which keeps the picture as it is. Such a
    picture is not taken for done by `--skip-existing`.

    Raises:
        OptionsError: an option is for one picture only, or see `ManyPictures.plan`.
        NstError: what spoils all pictures.
    """
    from nst.progress_bar import ProgressBar  # noqa: PLC0415 - see the package's text

    _refuse_what_is_for_one(run, reports)
    photos, tally = many.contents, _Tally()
    plan = many.plan(photos, folder)
    for pictures, _ in plan:
        pictures.styles()
    folder.mkdir(parents=True, exist_ok=True)
    count, console = len(plan) * len(photos), Console(stderr=True, quiet=run.quiet)
    bar = ProgressBar(count, console=console)
    with notes_shown(quiet=run.quiet), stop_on_interrupt() as should_stop, bar:
        for pictures, files in plan:
            pairs = zip(photos, files, strict=True)
            left = [each for each in pairs if not (many.skip_existing and is_done(each[1]))]
            _skip(len(photos) - len(left), bar, tally)
            work = _Work(pictures, options, run.device, should_stop)
            try:
                work.paint(left, bar, tally)
            except NstError as error:
                if len(plan) == 1:
                    raise
                _fail(pictures.style, error, bar, tally, count=len(left))
            tally.stopped = should_stop()
            if tally.stopped:
                break
    if not run.quiet:
        typer.echo(f"{folder}: {tally}")
    raise typer.Exit(STOPPED if tally.stopped else _FAILED if tally.failed else 0)


def is_done(path: Path) -> bool:
    """Tell whether a result is there and was not stopped early."""
    from nst.images import read_recipe  # noqa: PLC0415 - see the package's text

    if not path.exists():
        return False
    with suppress(NstError):  # of another program, or its recipe was removed
        return not read_recipe(path).get("stopped_early")
    return True


@dataclass(frozen=True, slots=True)
class _Work:
    """All photos in one style."""

    pictures: Pictures
    options: Options
    device: str
    should_stop: Callable[[], bool]

    def paint(self, left: Sequence[tuple[Path, Path]], bar: ProgressBar, tally: _Tally) -> None:
        """Paint and save what is left."""
        for photo, path, result in self._results(left, bar, tally):
            try:
                result.save(path)
            except NstError as error:
                _fail(photo, error, bar, tally)
                continue
            tally.painted += 1
            steps = f"{len(result.history)} steps in {duration(result.seconds)}"
            bar.count(f"{path}: {result.image.width}×{result.image.height}, {steps}")

    def _results(
        self, left: Sequence[tuple[Path, Path]], bar: ProgressBar, tally: _Tally
    ) -> Iterator[tuple[Path, Path, Result]]:
        from nst import batch  # noqa: PLC0415 - see the package's text

        if not left:
            return
        all_painted = batch.stylize_many(
            [photo for photo, _ in left],
            self.pictures.styles(),
            self.options,
            mask=self.pictures.mask,
            on_progress=bar,
            should_stop=self.should_stop,
            device=self.device,
        )
        for painted, (photo, path) in zip(all_painted, left, strict=False):
            if painted.result:
                yield photo, path, painted.result
            else:
                _fail(photo, painted.error, bar, tally)


def _fail(
    name: str | Path, error: Exception | None, bar: ProgressBar, tally: _Tally, *, count: int = 1
) -> None:
    """Say why so many pictures failed."""
    reason = error if isinstance(error, NstError) else repr(error)
    typer.echo(f"Error: {name}: {reason}", err=True)
    tally.failed += count
    for _ in range(count):
        bar.count()


def _skip(count: int, bar: ProgressBar, tally: _Tally) -> None:
    tally.skipped += count
    for _ in range(count):
        bar.count()


def _refuse_what_is_for_one(run: RunFlags, reports: Reports) -> None:
    if run.checkpoint or run.show_every or reports.wanted or reports.sheet:
        raise OptionsError(
            "--checkpoint, --show-every, --loss-curve, --timelapse, --sheet and --record are for "
            "one picture; leave them out for several."
        )
