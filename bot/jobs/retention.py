"""Forgetting old jobs, and removing the files that no job needs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Set as AbstractSet
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_ISREG
from typing import Final

from bot.jobs.store import JobStore

_LOG = logging.getLogger(__name__)
_SWEEP_SECONDS: Final = 3600.0


async def tidy(
    store: JobStore, keep: timedelta, history: timedelta | None = None
) -> tuple[int, int]:
    """Remove the files of jobs older than `keep`, and forget jobs older than `history`.

    Args:
        store: entered by its owner.
        keep: how long files are kept; those that no job refers to as well.
        history: how long it is remembered that there was such a job; as long as its files, if
            left out.

    Returns:
        How many jobs and how many files.
    """
    now = datetime.now(UTC)
    before = now - keep
    jobs = await store.purge(now - max(keep, history or keep))
    needed = await store.files(since=before)
    files = await asyncio.to_thread(_remove, store.spool, needed, before.timestamp())
    if jobs or files:
        _LOG.info("forgot %d old jobs and removed %d files", jobs, files)
    return jobs, files


async def sweep(
    store: JobStore,
    gate: asyncio.Lock,
    closed: asyncio.Event,
    keep: timedelta,
    history: timedelta | None,
) -> None:
    """Tidy every hour, under `gate`, until `closed`.

    Ended by an event, not by cancelling: that would tear a database connection apart.
    """
    while not closed.is_set():
        try:
            async with gate:
                await tidy(store, keep, history)
        except Exception:
            _LOG.exception("the spool was not tidied; the next sweep tries again")
        with suppress(TimeoutError):
            await asyncio.wait_for(closed.wait(), _SWEEP_SECONDS)


async def remove_strays(store: JobStore) -> None:
    """Remove every file that no job refers to: what was half-written when the bot ended.

    Only before anything new comes in: later, files of pictures on their way in look the same.
    """
    now = datetime.now(UTC).timestamp()
    if files := await asyncio.to_thread(_remove, store.spool, await store.files(), now):
        _LOG.info("removed %d files that were left half-written", files)


def _remove(folder: Path, needed: AbstractSet[Path], before: float) -> int:
    removed = 0
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            about = path.lstat()
            if path in needed or not S_ISREG(about.st_mode) or about.st_mtime >= before:
                continue
            path.unlink()
            removed += 1
        except OSError as error:  # the next sweep tries again
            _LOG.warning("cannot remove %s from the spool: %s", path.name, error.strerror)
    return removed
