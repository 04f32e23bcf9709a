"""Whether the queue takes one more job: limits of people and servers, and when they last asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from bot.jobs.active import ActiveJob
from bot.jobs.limits import Asker, Limits, LimitsOf, Pending
from bot.jobs.model import Address, Job
from bot.jobs.store import JobStore


class Quotas:
    """Asks the limits of a place whether one more job fits.

    Args:
        store: knows the jobs of before the bot's start.
        limits_of: looks up how many jobs a person and a server may have; the defaults of `Limits`
            everywhere, if left out.
    """

    def __init__(self, store: JobStore, limits_of: LimitsOf | None = None) -> None:
        self._store = store
        self._limits_of = limits_of or _usual_limits
        self._last: dict[int, datetime] = {}  # by person

    async def check(
        self, address: Address, roles: Collection[str], active: Iterable[ActiveJob]
    ) -> None:
        """Whether a job of this person would be taken now, beside those that are `active`.

        Raises:
            QueueRefused: a limit is reached; the text names it.
        """
        limits = await self._limits_of(address.guild_id)
        pause = await self._pause_of(address.requester_id) if limits.cooldown else float("inf")
        limits.check(
            Asker(address=address, roles=roles, seconds_since_last=pause),
            [Pending(address=one.job.address, seconds_left=one.seconds_left) for one in active],
        )

    def note(self, job: Job) -> None:
        """A job was taken."""
        self._last[job.address.requester_id] = job.created_at

    async def _pause_of(self, person: int) -> float:
        """Seconds since somebody's last job, of before the bot's start too; inf without one."""
        # What is kept here outlives the job, which its requester may delete.
        last = self._last.get(person) or await self._store.last_asked(person)
        if last is None:
            return float("inf")
        self._last[person] = last
        return (datetime.now(UTC) - last).total_seconds()


async def _usual_limits(_guild_id: int | None) -> Limits:
    return Limits()
