"""How many jobs one person and one server may have at a time, and how soon after each other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

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

    def for_person(self, roles: Collection[str]) -> int:
        """Return `per_person` for somebody with these roles."""
        return max([self.per_person, *(self.per_role.get(role, 0) for role in roles)])


QuotaOf = Callable[[int | None], Awaitable[Quota]]
"""Looks up the quota of a server; None for direct messages."""


@dataclass(frozen=True, slots=True)
class Quotas:
    """Applies the quota of each place, and remembers when each person last asked."""

    store: JobStore
    quota_of: QuotaOf
    _last: dict[int, datetime] = field(default_factory=dict)  # by person

    async def check(
        self, address: Address, roles: Collection[str], active: Iterable[ActiveJob]
    ) -> None:
        """Refuse a job of this person that would not be taken now, beside those in `active`.

        Raises:
            QueueRefused: a limit is reached; the text names it and when to come back.
        """
        person, server = address.requester_id, address.guild_id
        quota = await self.quota_of(server)
        if quota.cooldown and (last := await self._last_of(person)):
            left = quota.cooldown - (datetime.now(UTC) - last).total_seconds()
            if left > 0:
                limit = lasting(quota.cooldown)
                raise _refusal("cooldown", _COOLING, limit=limit, left=lasting(left))
        active = list(active)
        own = [one for one in active if one.job.address.requester_id == person]
        here = [one for one in active if server and one.job.address.guild_id == server]
        if len(own) >= quota.for_person(roles):
            raise _refusal("person", _PERSON_FULL, limit=quota.for_person(roles), when=_when(own))
        if len(here) >= quota.per_server:
            raise _refusal("server", _SERVER_FULL, limit=quota.per_server, when=_when(here))

    def note(self, job: Job) -> None:
        """Remember when a job was taken, for the cool-down."""
        self._last[job.address.requester_id] = job.created_at

    async def _last_of(self, person: int) -> datetime | None:
        """Return when somebody last asked, also before the bot's start."""
        # What is kept here outlives the job, which its requester may delete.
        last = self._last.get(person) or await self.store.last_asked(person)
        if last:
            self._last[person] = last
        return last


def _refusal(which: str, text: Text, **values: Any) -> QueueRefused:
    JOBS_REFUSED.labels(which).inc()
    return QueueRefused(text, **values)


def _when(jobs: list[ActiveJob]) -> Text:
    """Say when the first of the jobs will be finished."""
    known = [job.seconds_left for job in jobs if job.seconds_left is not None]
    if not known:
        return Text("it cannot be said yet when")
    minutes = min(known) / _MINUTE
    if minutes < 1:
        return Text("in less than a minute")
    return Text("in about {minutes} minutes", minutes=round(minutes + 0.5))
