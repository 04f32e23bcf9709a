"""Whose turn it is: in turn over servers, in turn over the people of a server, then by age.

A job that is huge beside another one that waits lets that one go first, three times at most: so
small ones do not wait behind many huge ones, and no huge one waits for ever.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from copy import deepcopy
from typing import Final

from bot.jobs.model import Job

HUGE: Final = 4.0
"""A job is huge beside another if it takes so many times as long."""
MAX_PASSED: Final = 3
"""How often a huge job lets others go first."""

_People = OrderedDict[int, deque[str]]
_Turn = tuple[int | None, int]


class FairQueue:
    """The waiting jobs. Who was just served goes to the end of the line, and so does the server.

    Direct messages count as one server.
    """

    def __init__(self) -> None:
        self._first: deque[str] = deque()
        self._servers: OrderedDict[int | None, _People] = OrderedDict()
        self._work: dict[str, float] = {}
        self._passed: dict[str, int] = {}

    def __bool__(self) -> bool:
        return bool(self._first or self._servers)

    def __len__(self) -> int:
        lines = [line for people in self._servers.values() for line in people.values()]
        return len(self._first) + sum(map(len, lines))

    def add(self, job: Job, work: float = 1.0) -> None:
        """Let a job wait behind those of the same person.

        Args:
            job: which.
            work: how long it takes, in any unit, above 0.
        """
        people = self._servers.setdefault(job.address.guild_id, OrderedDict())
        people.setdefault(job.address.requester_id, deque()).append(job.id)
        self._work[job.id] = work

    def add_first(self, job: Job) -> None:
        """Let a job wait before everything that was put in with `add`."""
        self._first.append(job.id)

    def pop(self) -> str:
        """Take out the job whose turn it is.

        Raises:
            IndexError: nothing waits.
        """
        if self._first:
            return self._first.popleft()
        if not self._servers:
            raise IndexError("nothing waits")
        return self._serve(self._turn())

    def remove(self, job: Job) -> None:
        """Take out a job wherever it waits; one that does not wait is ignored."""
        if job.id in self._first:
            self._first.remove(job.id)
            return
        people = self._servers.get(job.address.guild_id, OrderedDict())
        jobs = people.get(job.address.requester_id, deque())
        if job.id not in jobs:
            return
        jobs.remove(job.id)
        self._forget(job.id)
        if not jobs:
            del people[job.address.requester_id]
        if not people:
            del self._servers[job.address.guild_id]

    def order(self) -> list[str]:
        """The order in which the jobs would start if nothing else came."""
        rehearsal = deepcopy(self)
        order = []
        while rehearsal:
            order.append(rehearsal.pop())
        return order

    def _turn(self) -> _Turn:
        """The server and the person whose turn it is."""
        heads = {
            (server, person): line[0]
            for server, people in self._servers.items()
            for person, line in people.items()
        }
        server = next(iter(self._servers))
        turn = (server, next(iter(self._servers[server])))
        smallest = min(heads, key=lambda head: self._work[heads[head]])
        job, other = heads[turn], heads[smallest]
        if self._work[job] < HUGE * self._work[other] or self._passed.get(job, 0) == MAX_PASSED:
            return turn
        self._passed[job] = self._passed.get(job, 0) + 1
        return smallest

    def _serve(self, turn: _Turn) -> str:
        server, person = turn
        people = self._servers.pop(server)
        jobs = people.pop(person)
        job_id = jobs.popleft()
        if jobs:
            people[person] = jobs
        if people:
            self._servers[server] = people
        self._forget(job_id)
        return job_id

    def _forget(self, job_id: str) -> None:
        self._work.pop(job_id, None)
        self._passed.pop(job_id, None)
