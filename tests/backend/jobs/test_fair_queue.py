"""Turns and the times of those that wait, as pure calculations."""

from __future__ import annotations

import math
import pickle
import random
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.jobs.eta import finish_times
from backend.jobs.fair_queue import FairQueue
from tests.backend.jobs.support import MakeJob

PEOPLE = st.lists(
    st.tuples(st.integers(min_value=1, max_value=4), st.sampled_from([100, 200, None])),
    max_size=25,
)
LENIENT = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(people=PEOPLE)
@LENIENT
def test_turns(make_job: MakeJob, people: list[tuple[int, int | None]]) -> None:
    jobs = [make_job(number, *who) for number, who in enumerate(people)]
    queue = FairQueue()
    for job in jobs:
        queue.add(job)
    order = queue.order()
    served = []
    while queue:
        served.append(queue.pop())
    assert served == order
    assert sorted(served, key=int) == [job.id for job in jobs]
    for who in set(people):
        own = [job_id for job_id in served if people[int(job_id)] == who]
        assert own == sorted(own, key=int), "first come, first served for each person"
    for server in {server for _, server in people}:
        turns = [place for place, job in enumerate(served) if people[int(job)][1] == server]
        gaps = [later - sooner for sooner, later in pairwise(turns)]
        assert all(gap <= 3 for gap in gaps), "each of the three servers has its turn in each round"


@given(people=PEOPLE, gone=st.sets(st.integers(min_value=0, max_value=24)))
@LENIENT
def test_removing(make_job: MakeJob, people: list[tuple[int, int | None]], gone: set[int]) -> None:
    jobs = [make_job(number, *who) for number, who in enumerate(people)]
    queue = FairQueue()
    for job in jobs:
        (queue.add_first if int(job.id) % 5 == 0 else queue.add)(job)
    for job in jobs:
        if int(job.id) in gone:
            queue.remove(job)
            queue.remove(job)
    assert set(queue.order()) == {job.id for job in jobs if int(job.id) not in gone}
    assert len(queue) == len(queue.order())


def test_nothing_waits() -> None:
    with pytest.raises(IndexError):
        FairQueue().pop()


def test_a_newcomer_waits_for_nobody_twice(make_job: MakeJob) -> None:
    queue = FairQueue()
    for number in range(10):
        queue.add(make_job(number, 1, 100))
    queue.pop()
    queue.add(make_job(99, 2, 100))
    assert queue.order()[:2] in (["1", "99"], ["99", "1"])


def test_small_jobs_pass_huge_ones_three_times(make_job: MakeJob) -> None:
    queue = FairQueue()
    for number in range(3):
        queue.add(make_job(number, number, 100), work=100.0)
    for number in range(3, 13):
        queue.add(make_job(number, number, 100), work=1.0)
    order = list(map(int, queue.order()))
    assert order[:4] == [3, 4, 5, 0], "three small ones, then the huge one that let them pass"
    assert max(order.index(huge) for huge in range(3)) < 12
    alike = FairQueue()
    for number in range(5):
        alike.add(make_job(number, number, 100), work=1.0 + number)
    alike_order = list(map(int, alike.order()))
    assert alike_order[0] == 0


@pytest.mark.parametrize(
    ("running", "waiting", "slots", "expected"),
    [
        ([], [], 1, []),
        ([5.0], [10.0, 3.0], 1, [15.0, 18.0]),
        ([5.0, 1.0], [10.0, 3.0, 2.0], 2, [11.0, 8.0, 10.0]),
        ([None], [10.0], 1, [None]),
        ([None, 4.0], [10.0, None, 1.0], 2, [14.0, None, None]),
        ([], [2.0], 3, [2.0]),
        ([], [2.0], 0, [None]),
        ([5.0, 1.0], [10.0], 1, [16.0]),
    ],
)
def test_finish_times(
    running: list[float | None],
    waiting: list[float | None],
    slots: int,
    expected: list[float | None],
) -> None:
    assert finish_times(running, waiting, slots) == expected


class Work(float):
    """How long a job takes; counts how often it is compared."""

    compared = 0

    def __lt__(self, other: float) -> bool:
        Work.compared += 1
        return float(self) < float(other)

    def __eq__(self, other: object) -> bool:
        Work.compared += 1
        return isinstance(other, float) and float(self) == float(other)

    __hash__ = float.__hash__


def test_choosing_the_next_of_many_takes_few_steps(make_job: MakeJob) -> None:
    dice, queue, count = random.Random(7), FairQueue(), 4000
    for number in range(count):
        queue.add(make_job(number, number % 997, number % 31), Work(dice.choice([1, 2, 9, 80])))
    Work.compared = 0
    for _ in range(count):
        queue.pop()
    assert Work.compared / count < 8 * math.log2(count)


def test_a_queue_that_is_never_empty_does_not_grow(make_job: MakeJob) -> None:
    """What was served is forgotten, also while something small always waits."""
    queue = FairQueue()
    queue.add(make_job(0, 1, 1), 1.0)
    sizes = []
    for number in range(1, 4000):
        queue.add(make_job(number, 1 + number % 7, 1), 1.0 + number % 3)
        queue.pop()
        if number % 100 == 0:
            sizes.append(len(pickle.dumps(queue)))
    assert sizes[-1] < 2 * sizes[0]
