"""How many jobs one person, one server and all together may have at a time, and how soon."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from backend.database.tables import JOBS
from backend.errors import QueueRefused
from backend.i18n import Text
from backend.jobs.active import ActiveJob
from backend.jobs.daily import midnight, seconds_left
from backend.jobs.model import Address, Job
from backend.jobs.store import JobStore
from backend.metrics import JOBS_ACTIVE, JOBS_REFUSED
from backend.records import FRAMES_A_PICTURE
from nst.text import lasting

_PERSON_FULL: Final = Text(
    "You already have as many pictures queued or being painted as one person may have at a time "
    "({limit}). Please wait for one to finish ({when}), or cancel one."
)
_SERVER_FULL: Final = Text(
    "This server already has as many pictures queued or being painted as it may have at a time "
    "({limit}). Please try again when one has finished ({when})."
)
_ALL_FULL: Final = Text(
    "The bot already has as many pictures queued or being painted as it takes at a time "
    "({limit}). Please try again when one has finished ({when})."
)
_NO_ROOM: Final = Text(
    "There is no room left for more pictures on the disk of the bot's host. Please try again later."
)
_COOLING: Final = Text(
    "Between two pictures of one person there are at least {limit} here. Please try again in "
    "{left}."
)
_PERSON_DAY: Final = Text(
    "You have had as many pictures today as one person may have in a day here ({limit}). They are "
    "counted anew in {left}, at midnight UTC. A film counts as one picture for every {frames} "
    "frames."
)
_SERVER_DAY: Final = Text(
    "This server has had as many pictures today as it may have in a day ({limit}). They are "
    "counted anew in {left}, at midnight UTC. A film counts as one picture for every {frames} "
    "frames."
)
_PERSON_REST: Final = Text(
    "This would be {count} pictures, and of the {limit} that one person may have in a day here you "
    "have {rest} left. Please ask for fewer; they are counted anew in {left}, at midnight UTC. A "
    "film counts as one picture for every {frames} frames."
)
_SERVER_REST: Final = Text(
    "This would be {count} pictures, and of the {limit} that this server may have in a day {rest} "
    "are left. Please ask for fewer; they are counted anew in {left}, at midnight UTC. A film "
    "counts as one picture for every {frames} frames."
)
_TOO_MANY: Final = Text(
    "This would be {count} pictures at once, and with those that are queued or being painted more "
    "than may be here at a time ({limit}). Please wait for them ({when}), or ask for fewer."
)
_MINUTE: Final = 60.0
_MIB: Final = 2**20
_COMING: Final = 32 * _MIB  # for the pictures of a command, and for what comes of it
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What people may have at a time: commands that come in, queued and running jobs alike.

    Attributes:
        per_person: for one person, wherever they ask.
        per_server: for one server; direct messages have no such limit.
        per_role: `per_person` for people who have a role, by its name or id; the highest counts.
        in_all: for everybody together.
        cooldown: seconds that a person has to wait from one job to the next.
        daily_per_person: for one person from midnight to midnight (UTC), as many as they like if 0;
            several versions are several pictures, and a film is as many as it costs.
        daily_per_server: the same for one server.
    """

    per_person: int = 2
    per_server: int = 20
    in_all: int = 1000
    per_role: Mapping[str, int] = field(default_factory=dict)
    cooldown: float = 0.0
    daily_per_person: int = 0
    daily_per_server: int = 0

    def for_person(self, roles: Iterable[str]) -> int:
        """Return `per_person` for somebody with these roles."""
        return max([self.per_person, *(self.per_role.get(role, 0) for role in roles)])


QuotaOf = Callable[[int | None], Awaitable[Quota]]
"""Looks up the quota of a server; None for direct messages."""


async def usual_quota(_guild_id: int | None) -> Quota:
    """Return the defaults, whatever the server."""
    return Quota()


@dataclass(slots=True, eq=False)
class Admission:
    """A command that was admitted and counts as a job until it is one, or comes to nothing.

    Attributes:
        count: as how many jobs it counts.
        pictures_of_a_day: as how many pictures it counts in a day; more for a film, once it is in.
    """

    address: Address
    count: int = 1
    pictures_of_a_day: int = 1
    seconds_left: float | None = None
    asked_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def bytes_to_come(self) -> int:
        """Return how many bytes its pictures and what comes of them may have."""
        return self.count * _COMING


@dataclass(frozen=True, slots=True)
class Quotas:
    """Applies the quota of each place, and remembers when each person last asked.

    `active` returns the jobs that are queued or running now.
    """

    store: JobStore
    quota_of: QuotaOf
    active: Callable[[], Collection[ActiveJob]]
    _last: dict[int, datetime] = field(default_factory=dict)  # by person
    _coming: set[Admission] = field(default_factory=set)

    @asynccontextmanager
    async def admitted(
        self, address: Address, roles: Iterable[str] = (), count: int = 1
    ) -> AsyncIterator[Admission]:
        """Count a command as a job until it is one, or until the block ends.

        With a `count` it is several; beside nothing else these pass the limits of what may be
        there at a time. Its requester's `roles`, by names and ids, may allow more than others have.

        Raises:
            QueueRefused: a limit is reached; the text names it and when to come back.
        """
        person = address.requester_id
        quota = await self.quota_of(address.guild_id)
        known = self._last  # which outlives the jobs, that their requesters may delete
        if quota.cooldown and person not in known and (last := await self.store.last_asked(person)):
            known.setdefault(person, last)
        before = list(self.active())
        had = await self._had_today(quota, address, before)
        # From here on without a pause: of several at once, only as many pass as may.
        self._check_cooldown(quota, person)
        admission = Admission(address, count, count)
        pending: list[ActiveJob | Admission] = [*self.active(), *self._coming]
        _check_numbers(quota, admission, quota.for_person(roles), pending)
        _check_day(quota, admission, had, {*before, *pending})
        if self.store.files.room.left < sum(one.bytes_to_come for one in (*pending, admission)):
            raise _refusal("disk", _NO_ROOM)
        self._coming.add(admission)
        try:
            with JOBS_ACTIVE.labels("receiving").track_inprogress():
                yield admission
        finally:
            self._coming.discard(admission)

    async def count_day(self, admission: Admission, pictures: int) -> None:
        """Count a command as so many pictures of a day, now that it is known what it is of.

        Raises:
            QueueRefused: they are more than are left; the text names both.
        """
        address, before = admission.address, list(self.active())
        quota = await self.quota_of(address.guild_id)
        had = await self._had_today(quota, address, before)
        new = replace(admission, pictures_of_a_day=pictures)
        others: set[ActiveJob | Admission] = {*before, *self.active(), *self._coming}
        _check_day(quota, new, had, others - {admission})
        admission.pictures_of_a_day = pictures

    async def _had_today(
        self, quota: Quota, address: Address, known: Iterable[ActiveJob]
    ) -> tuple[int, int]:
        """Return how many pictures person and server have had today beside those that are known."""
        count, ids = self.store.today.count, [one.job.id for one in known]
        person, server = address.requester_id, address.guild_id
        return (
            await count(JOBS.c.requester_id, person, ids) if quota.daily_per_person else 0,
            await count(JOBS.c.guild_id, server, ids) if quota.daily_per_server and server else 0,
        )

    def _check_cooldown(self, quota: Quota, person: int) -> None:
        coming = [one.asked_at for one in self._coming if one.address.requester_id == person]
        last = max([*coming, self._last.get(person, _LONG_AGO)])
        left = quota.cooldown - (datetime.now(UTC) - last).total_seconds()
        if left > 0:
            limit = lasting(quota.cooldown)
            raise _refusal("cooldown", _COOLING, limit=limit, left=lasting(left))

    def become(self, job: Job, admission: Admission) -> None:
        """Note that a command has become a job."""
        self._last[job.address.requester_id] = job.created_at
        self._coming.discard(admission)


def _check_numbers(
    quota: Quota, new: Admission, most: int, pending: list[ActiveJob | Admission]
) -> None:
    person, server = new.address.requester_id, new.address.guild_id
    own = [one for one in pending if one.address.requester_id == person]
    here = [one for one in pending if server and one.address.guild_id == server]
    for which, words, limit, taken in (
        ("person", _PERSON_FULL, most, own),
        ("server", _SERVER_FULL, quota.per_server, here),
        ("all", _ALL_FULL, quota.in_all, pending),
    ):
        held = sum(one.count for one in taken)
        if held >= limit:
            raise _refusal(which, words, limit=limit, when=_when(taken))
        if held and held + new.count > limit:
            raise _refusal(which, _TOO_MANY, count=new.count, limit=limit, when=_when(taken))


def _check_day(
    quota: Quota, new: Admission, had: tuple[int, int], pending: Iterable[ActiveJob | Admission]
) -> None:
    if not quota.daily_per_person and not quota.daily_per_server:
        return
    person, server, began = new.address.requester_id, new.address.guild_id, midnight()
    today = [one for one in pending if one.asked_at >= began]
    own = had[0] + sum(one.pictures_of_a_day for one in today if one.address.requester_id == person)
    here = had[1] + sum(one.pictures_of_a_day for one in today if one.address.guild_id == server)
    count, left = new.pictures_of_a_day, lasting(seconds_left())
    for which, all_had, too_many, limit, taken in (
        ("person's day", _PERSON_DAY, _PERSON_REST, quota.daily_per_person, own),
        ("server's day", _SERVER_DAY, _SERVER_REST, quota.daily_per_server if server else 0, here),
    ):
        if limit and taken + count > limit:
            text = Text(too_many, count=count, rest=limit - taken) if taken < limit else all_had
            raise _refusal(which, text, limit=limit, left=left, frames=FRAMES_A_PICTURE)


def _refusal(which: str, text: Text, **values: Any) -> QueueRefused:
    JOBS_REFUSED.labels(which).inc()
    return QueueRefused(text, **values)


def _when(jobs: Iterable[ActiveJob | Admission]) -> Text:
    """Say when the first of the jobs will be finished."""
    known = [job.seconds_left for job in jobs if job.seconds_left is not None]
    if not known:
        return Text("it cannot be said yet when")
    minutes = min(known) / _MINUTE
    if minutes < 1:
        return Text("in less than a minute")
    return Text("in about {minutes} minutes", minutes=round(minutes + 0.5))
