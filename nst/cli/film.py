"""`nst film`: a moving picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console

from nst.cli.base import Device, app
from nst.cli.groups import grouped
from nst.cli.option_flags import NewOptionFlags
from nst.cli.pictures import Pictures
from nst.cli.running import STOPPED, check_not_input, notes_shown, stop_on_interrupt
from nst.errors import NstError
from nst.options import Options

if TYPE_CHECKING:
    from nst.film import FilmInfo, PaintedFrame, Spool
    from nst.progress_bar import ProgressBar

_PARTLY: Final = 1  # the exit status of a film that could not be painted to its end


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmPictures(Pictures):
    """What a film is made from."""

    content: Annotated[
        Path,
        typer.Argument(metavar="FILM", help="GIF, APNG, animated WebP or AVIF, MP4, MOV, WebM."),
    ]


@app.command()
@grouped
def film(
    pictures: FilmPictures,
    out: Annotated[Path, typer.Option("--out", "-o", help="Result: .webp, .gif or .mp4.")],
    *,
    look: NewOptionFlags,
    max_kb: Annotated[
        int | None,
        typer.Option(min=1, help="The film takes no more kB than this: smaller, fewer frames."),
    ] = None,
    max_frames: Annotated[int, typer.Option(min=1, help="Longer films are refused.")] = 20_000,
    max_seconds: Annotated[float, typer.Option(min=0, help="The same, of seconds.")] = 3600.0,
    device: Device = "auto",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Paint FILM in the style of STYLE, without flicker. Ctrl-C stops and keeps what is done.

    Where FILM is damaged or anything else goes wrong on the way, the frames that were painted are
    written as well, and the exit status is 1.
    """
    from nst import film as films  # noqa: PLC0415 - see the package's text
    from nst.film.stylize import stylize_frames  # noqa: PLC0415 - see the package's text
    from nst.progress_bar import ProgressBar  # noqa: PLC0415 - see the package's text

    options, styles = Options(**look.given()), pictures.styles()
    films.check_film(out)
    check_not_input(out, pictures.files)
    limits = films.FilmLimits(max_frames=max_frames, max_seconds=max_seconds)
    source = films.open_film(pictures.content, limits=limits)
    bar = ProgressBar(source.info.frames or 2, console=Console(stderr=True, quiet=quiet))
    with notes_shown(quiet=quiet), stop_on_interrupt() as should_stop:
        frames = stylize_frames(
            source,
            styles,
            options,
            mask=pictures.mask,
            on_progress=lambda progress: bar(progress.step),
            should_stop=should_stop,
            device=device,
        )
        with films.Spool(out.parent) as spool:
            error = _paint(frames, spool, bar)
            lines = _write(spool, source.info, out, max_kb) if spool.frames else []
    if not quiet:
        typer.echo("\n".join(lines))
    _leave(error, out if lines else None, stopped=should_stop())


def _leave(error: NstError | None, written: Path | None, *, stopped: bool) -> None:
    """End with the exit status of a film that was not painted to its end, if so."""
    if error:
        told = f" What was painted before is in {written}." if written else ""
        typer.echo(f"Error: {error}{told}", err=True)
        raise typer.Exit(_PARTLY if written else 2)
    if stopped:
        raise typer.Exit(STOPPED)


def _paint(frames: Iterator[PaintedFrame], spool: Spool, bar: ProgressBar) -> NstError | None:
    """Keep all frames; return what ended the film early."""
    with bar:
        try:
            for frame in frames:
                spool.add(frame)
                bar.count()
        except NstError as error:
            return error
    return None


def _write(spool: Spool, info: FilmInfo, out: Path, max_kb: int | None) -> list[str]:
    """Write the film; return what to tell of it."""
    from nst.film import write_film  # noqa: PLC0415 - see the package's text

    limit = 1024 * max_kb if max_kb else None
    notes = [str(note) for note in write_film(spool.frames, out, loops=info.loops, max_bytes=limit)]
    if info.sound:
        notes.append("The sound is left out.")
    width, height = spool.frames[0].open().size
    count, seconds = len(spool.frames), sum(frame.seconds for frame in spool.frames)
    return [
        *notes,
        f"{out}: {count} frames of {width}×{height} px painted, {float(seconds):.1f} s.",
    ]
