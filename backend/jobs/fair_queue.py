"""Whose turn it is: in turn over servers, in turn over the people of a server, then by age.

A job that is huge beside another one that waits lets that one go first, three times at most: so
small ones do not wait behind many huge ones, and no huge one waits for ever. Choosing the next job
takes O(log n) steps.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict, deque
from itertools import count
from typing import Final, NamedTuple

from backend.jobs.model import Job

HUGE: Final = 4.0
"""A job is huge beside another if it takes so many times as long."""
MAX_PASSED: Final = 3
"""How often a huge job lets others go first."""

_SPARE: Final = 16  # heads that may be out of date before anybody looks

_People = OrderedDict[int, deque[str]]


class _Head(NamedTuple):
    """The first job of one person's line; heads are sorted by work, then by when they came up."""

    work: float
    number: int
    job_id: str
    server: int | None
    person: int


class FairQueue:
    """The waiting jobs. Who was just served goes to the end of the line, and so does the server.

    Direct messages count as one server.
    """

    def __init__(self) -> None:
        self._first: deque[str] = deque()
        self._servers: OrderedDict[int | None, _People] = OrderedDict()
        self._work: dict[str, float] = {}
        self._passed: dict[str, int] = {}
        self._heads: list[_Head] = []  # a heap; heads that are served or gone stay until they rise
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._first) + len(self._work)

    def add(self, job: Job, work: float = 1.0) -> None:
        """Let a job that is so much work, in any unit, wait behind those of the same person."""
        server, person = job.address.guild_id, job.address.requester_id
        line = self._servers.setdefault(server, OrderedDict()).setdefault(person, deque())
        line.append(job.id)
        self._work[job.id] = work
        if len(line) == 1:
            self._come_up(server, person, job.id)

    def add_first(self, job: Job) -> None:
        """Let a job wait before everything that was put in with `add`."""
        self._first.append(job.id)

    def pop(self) -> str:
        """Take out the job whose turn it is; IndexError if nothing waits."""
        if self._first or not self._servers:
            return self._first.popleft()
        server, person = self._turn()
        people = self._servers[server]
        people.move_to_end(person)
        self._servers.move_to_end(server)
        job_id = people[person][0]
        self._take_out(server, person, job_id)
        return job_id

    def remove(self, job: Job) -> None:
        """Take out a job wherever it waits; ignore one that does not wait."""
        if job.id in self._work:
            self._take_out(job.address.guild_id, job.address.requester_id, job.id)
        elif job.id in self._first:
            self._first.remove(job.id)

    def order(self) -> list[str]:
        """Return the order in which the jobs would start if nothing else came."""
        rehearsal = self._copy()
        return [rehearsal.pop() for _ in range(len(self))]

    def _copy(self) -> FairQueue:
        twin = FairQueue()
        twin._first = self._first.copy()
        for server, people in self._servers.items():
            twin._servers[server] = OrderedDict((who, line.copy()) for who, line in people.items())
        twin._work, twin._passed = self._work.copy(), self._passed.copy()
        twin._heads = self._heads.copy()
        twin._numbers = count(next(self._numbers))
        return twin

    def _turn(self) -> tuple[int | None, int]:
        """Return the server and the person whose turn it is."""
        server = next(iter(self._servers))
        person = next(iter(self._servers[server]))
        job_id = self._servers[server][person][0]
        smallest = self._smallest()
        is_huge = self._work[job_id] >= HUGE * smallest.work
        if not is_huge or self._passed.get(job_id, 0) == MAX_PASSED:
            return server, person
        self._passed[job_id] = self._passed.get(job_id, 0) + 1
        return smallest.server, smallest.person

    def _smallest(self) -> _Head:
        while not self._is_first_in_line(self._heads[0]):
            heapq.heappop(self._heads)
        return self._heads[0]

    def _is_first_in_line(self, head: _Head) -> bool:
        people = self._servers.get(head.server, OrderedDict())
        line = people.get(head.person)
        return line is not None and line[0] == head.job_id

    def _take_out(self, server: int | None, person: int, job_id: str) -> None:
        people = self._servers[server]
        line = people[person]
        was_first = line[0] == job_id
        line.remove(job_id)
        del self._work[job_id]
        self._passed.pop(job_id, None)
        if not line:
            del people[person]
            if not people:
                del self._servers[server]
        elif was_first:
            self._come_up(server, person, line[0])

    def _come_up(self, server: int | None, person: int, job_id: str) -> None:
        """Let a job stand first in its person's line."""
        head = _Head(self._work[job_id], next(self._numbers), job_id, server, person)
        heapq.heappush(self._heads, head)
        if len(self._heads) > 2 * len(self._work) + _SPARE:
            self._heads = [head for head in self._heads if self._is_first_in_line(head)]
            heapq.heapify(self._heads)
