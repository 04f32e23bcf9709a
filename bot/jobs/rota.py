"""Whose turn it is: in turn over servers, in turn over the people of a server, then by age."""

from __future__ import annotations

from collections import OrderedDict, deque
from copy import deepcopy

from bot.jobs.model import Job

_People = OrderedDict[int, deque[str]]


class Rota:
    """The waiting jobs. Who was just served goes to the end of the line, and so does the server.

    Direct messages count as one server.
    """

    def __init__(self) -> None:
        self._first: deque[str] = deque()
        self._servers: OrderedDict[int | None, _People] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._first or self._servers)

    def add(self, job: Job) -> None:
        """Let a job wait behind those of the same person."""
        people = self._servers.setdefault(job.address.guild_id, OrderedDict())
        people.setdefault(job.address.requester_id, deque()).append(job.id)

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
        server, people = self._servers.popitem(last=False)
        person, jobs = people.popitem(last=False)
        job_id = jobs.popleft()
        if jobs:
            people[person] = jobs
        if people:
            self._servers[server] = people
        return job_id

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
