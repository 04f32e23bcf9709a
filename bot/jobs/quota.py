"""How many jobs one person and one server may have at a time, and how soon after each other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from bot.errors import QueueRefused
from bot.i18n import Text
from bot.jobs.active import ActiveJob
from bot.jobs.model import Address, Job
from bot.jobs.store import JobStore
from bot.metrics import JOBS_REFUSED
from nst.text import lasting

_PERSON_FULL: Final = Text(
    "You already have as many pictures queued or being painted as one person may have at a time "
    "({limit}). Please wait for one to finish ({when}), or cancel one."
)
_SERVER_FULL: Final = Text(
    "This server already has as many pictures queued or being painted as it may have at a time "
    "({limit}). Please try again when one has finished ({when})."
)
_COOLING: Final = Text(
    "Between two pictures of one person there are at least {limit} here. Please try again in "
    "{left}."
)
_SOON: Final = Text("in less than a minute")
_MINUTES: Final = Text("in about {minutes} minutes")
_UNKNOWN: Final = Text("it cannot be said yet when")
_MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What one person and one server may have at a time; queued and running jobs count alike.

    Attributes:
        per_person: for one person, wherever they ask.
        per_server: for one server; direct messages have no such limit.
        per_role: `per_person` for people who have a role, by its name or id; the highest counts.
        cooldown: seconds that a person has to wait from one job to the next.
    """

    per_person: int = 2
    per_server: int = 20
    per_role: Mapping[str, int] = field(default_factory=dict)
    cooldown: float = 0.0

    def check(self, asker: Asker, others: Iterable[Pending]) -> None:
        """Refuse one more job that does not fit beside `others`.

        Raises:
            QueueRefused: it does not; the text names the limit and when to come back.
        """
        others = list(others)
        person, server = asker.address.requester_id, asker.address.guild_id
        left = self.cooldown - asker.seconds_since_last
        own = [other for other in others if other.address.requester_id == person]
        here = [other for other in others if server and other.address.guild_id == server]
        limit = self.for_person(asker.roles)
        if left > 0:
            JOBS_REFUSED.labels("cooldown").inc()
            raise QueueRefused(_COOLING, limit=lasting(self.cooldown), left=lasting(left))
        if len(own) >= limit:
            JOBS_REFUSED.labels("person").inc()
            raise QueueRefused(_PERSON_FULL, limit=limit, when=_when(own))
        if len(here) >= self.per_server:
            JOBS_REFUSED.labels("server").inc()
            raise QueueRefused(_SERVER_FULL, limit=self.per_server, when=_when(here))

    def for_person(self, roles: Collection[str]) -> int:
        """Return `per_person` for somebody with these roles."""
        return max([self.per_person, *(self.per_role.get(role, 0) for role in roles)])


QuotaOf = Callable[[int | None], Awaitable[Quota]]
"""Looks up the quota of a server; None for direct messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who wants a job.

    Attributes:
        address: person and server.
        roles: names and ids of the person's roles there.
        seconds_since_last: time since their last job.
    """

    address: Address
    roles: Collection[str] = ()
    seconds_since_last: float = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A job that is queued or running, and when it is expected to be finished."""

    address: Address
    seconds_left: float | None


class Quotas:
    """Applies the quota of each place, and remembers when each person last asked.

    Args:
        store: knows the jobs of before the bot's start.
        quota_of: looks up the quota of a server; the defaults of `Quota` everywhere, if left out.
    """

    def __init__(self, store: JobStore, quota_of: QuotaOf | None = None) -> None:
        self._store = store
        self._quota_of = quota_of or _usual_quota
        self._last: dict[int, datetime] = {}  # by person

    async def check(
        self, address: Address, roles: Collection[str], active: Iterable[ActiveJob]
    ) -> None:
        """Refuse a job of this person that would not be taken now, beside those in `active`.

        Raises:
            QueueRefused: a limit is reached; the text names it.
        """
        quota = await self._quota_of(address.guild_id)
        pause = await self._pause_of(address.requester_id) if quota.cooldown else float("inf")
        quota.check(
            Asker(address=address, roles=roles, seconds_since_last=pause),
            [Pending(address=one.job.address, seconds_left=one.seconds_left) for one in active],
        )

    def note(self, job: Job) -> None:
        """Remember when a job was taken, for the cool-down."""
        self._last[job.address.requester_id] = job.created_at

    async def _pause_of(self, person: int) -> float:
        """Return the seconds since somebody's last job, also before the bot's start; else inf."""
        # What is kept here outlives the job, which its requester may delete.
        last = self._last.get(person) or await self._store.last_asked(person)
        if last is None:
            return float("inf")
        self._last[person] = last
        return (datetime.now(UTC) - last).total_seconds()


async def _usual_quota(_guild_id: int | None) -> Quota:
    return Quota()


def _when(jobs: list[Pending]) -> Text:
    """Say when the first of the jobs will be finished."""
    known = [job.seconds_left for job in jobs if job.seconds_left is not None]
    if not known:
        return _UNKNOWN
    minutes = min(known) / _MINUTE
    return _SOON if minutes < 1 else Text(_MINUTES, minutes=round(minutes + 0.5))
