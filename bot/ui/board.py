"""What `/queue` says: a pure function from the jobs to words, with nobody else's file names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bot.jobs.model import Address, JobState
from bot.jobs.progress import JobUpdate
from bot.ui.words import time_left

_MAX_LINES: Final = 6
_LINK: Final = "https://discord.com/channels/{server}/{channel}/{message}"


def board(updates: Iterable[JobUpdate], reader_id: int) -> str:
    """The queue as one person sees it.

    Args:
        updates: every queued or running job, in the order of `JobQueue.overview`.
        reader_id: whose own jobs are listed, with links to their cards.

    Returns:
        At most 2000 characters of Markdown, which is what a message may have.
    """
    updates = list(updates)
    if not updates:
        return "Nothing is being painted and nothing waits: your picture would be next."
    painted = [update for update in updates if update.job.state is JobState.RUNNING]
    waiting = len(updates) - len(painted)
    own = [update for update in updates if update.job.address.requester_id == reader_id]
    parts = [
        _section("Being painted", [_line(update) for update in painted] or ["nothing yet"]),
        f"**Waiting:** {waiting or 'nobody'}",
        _section("Yours", [f"{_link(u.job.address)} · {_line(u)}" for u in own] or ["none"]),
    ]
    return "\n".join(parts)


def _section(title: str, lines: list[str]) -> str:
    more = [f"… and {len(lines) - _MAX_LINES} more"] if len(lines) > _MAX_LINES else []
    return "\n".join([f"**{title}:**", *(f"- {line}" for line in lines[:_MAX_LINES] + more)])


def _line(update: JobUpdate) -> str:
    options = update.job.options
    if update.job.state is JobState.RUNNING:
        state = f"{update.fraction:.0%}"
    else:
        state = f"place {update.place}" if update.place else "waiting"
    left = time_left(update.seconds_left)
    return " · ".join(part for part in (options.preset, f"{options.size} px", state, left) if part)


def _link(address: Address) -> str:
    link = _LINK.format(
        server=address.guild_id or "@me", channel=address.channel_id, message=address.message_id
    )
    return f"[your card]({link})"
