"""What cards say of films, where it differs from what they say of pictures."""

from __future__ import annotations

from backend.i18n import Text, Words
from backend.jobs.model import Job
from backend.records import JobSpec, ResultFile
from bot.ui.buttons import STILL, Row
from bot.ui.words import duration


def film_lines(words: Words, spec: JobSpec, frame: int = 0) -> list[str]:
    """Say which frame is painted, how many there are, and at what size; nothing of a picture."""
    if spec.film is None:
        is_film = spec.content is not None and spec.content.film is not None
        once = words("A film is painted once, so these are pictures of one of its frames.")
        return [once] if is_film else []
    frames = spec.film.frames
    width, height = spec.photo.width, spec.photo.height
    scale = spec.options.size / max(width, height)
    what = words(
        "A film: {frames} frames at {width}×{height} px",
        frames=frames,
        width=round(width * scale),
        height=round(height * scale),
    )
    where = words("Frame {frame} of {frames}", frame=frame, frames=frames)
    return [where, what] if frame else [what]


def still_button(words: Words, job: Job) -> Row:
    """Return the button that takes one frame instead of a film.

    A film starts by itself, as a picture does: who gave the command has said what they want, and
    many would not come back to press once more. What it costs others is bounded by the number of
    frames, which the queue counts as work; whoever finds it too long presses this.
    """
    return [STILL(words, job.id)] if job.spec.film else []


def how_filmed(words: Words, job: Job, result: ResultFile) -> Text:
    """Say how long it took, and how many of its frames there are."""
    whole = job.spec.film.frames if job.spec.film else result.frames
    return Text(
        "Ended early and kept after {duration} · {done} of {frames} frames · {width}×{height} px"
        if result.stopped_early
        else "Painted in {duration} · {frames} frames · {width}×{height} px",
        duration=duration(words, result.seconds),
        done=result.frames,
        frames=whole,
        width=result.width,
        height=result.height,
    )
