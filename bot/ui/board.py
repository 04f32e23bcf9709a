"""What `/queue` says: a pure function from the jobs to words, with nobody else's file names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from backend.i18n import Words
from backend.jobs.model import JobState
from backend.jobs.progress import JobUpdate
from bot.ui.words import card_link, preset_name, starts_in, time_left

_MAX_LINES: Final = 6


def board(updates: Iterable[JobUpdate], reader_id: int, words: Words) -> str:
    """Describe the queue (`JobQueue.overview`) as one person sees it, in at most 2000 characters.

    Their own jobs are listed with links to their cards.
    """
    updates = list(updates)
    if not updates:
        return words("Nothing is being painted and nothing is waiting: your picture would be next.")
    painted = [update for update in updates if update.job.state is JobState.RUNNING]
    waiting = len(updates) - len(painted)
    own = [update for update in updates if update.job.address.requester_id == reader_id]
    now = [_line(words, update) for update in painted]
    card = words("your card")
    yours = [f"[{card}]({card_link(u.job.address)}) · {_line(words, u)}" for u in own]
    parts = [
        _section(words, words("**Being painted:**"), now or [words("nothing yet")]),
        words("**Waiting:** {count}", count=waiting) if waiting else words("**Waiting:** nobody"),
        _section(words, words("**Yours:**"), yours or [words("none")]),
    ]
    return "\n".join(parts)


def _section(words: Words, title: str, lines: list[str]) -> str:
    rest = len(lines) - _MAX_LINES
    more = [words.plural("… and {n} more", "… and {n} more", rest)] if rest > 0 else []
    return "\n".join([title, *(f"- {line}" for line in lines[:_MAX_LINES] + more)])


def _line(words: Words, update: JobUpdate) -> str:
    options = update.job.spec.options
    if update.job.state is JobState.RUNNING:
        state = words.percent(update.fraction)
    else:
        state = words("place {place}", place=update.place) if update.place else words("waiting")
    what = (preset_name(words, options.preset), words("{size} px", size=options.size))
    when = starts_in(words, update.starts_in), time_left(words, update.seconds_left)
    return " · ".join(part for part in (*what, state, *when) if part)
