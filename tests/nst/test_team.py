"""Work shared out to PyTorch's threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import torch

from nst.team import together


@pytest.fixture(params=[1, 2, 5], ids="{} threads".format)
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.mark.parametrize("count", [0, 1, 2, 100])
def test_every_part_is_done_once(threads: int, count: int) -> None:
    done: list[int] = []
    used: set[int] = set()

    def part(number: int) -> None:
        # PyTorch's operations work within a part, and nothing is recorded for autograd.
        assert not torch.is_grad_enabled()
        assert torch.ones(100_000).add_(number).sum() == 100_000 * (number + 1)
        done.append(number)
        used.add(threading.get_ident())

    together([partial(part, number) for number in range(count)])
    assert sorted(done) == list(range(count))
    assert len(used) <= threads
    assert torch.is_grad_enabled()


@pytest.mark.usefixtures("threads")
def test_what_a_part_raises_is_raised_when_all_are_done() -> None:
    done: list[int] = []

    def part(number: int) -> None:
        if number == 3:
            raise ValueError("the fourth")
        done.append(number)

    with pytest.raises(ValueError, match="the fourth"):
        together([partial(part, number) for number in range(8)])
    assert sorted(done) == [0, 1, 2, 4, 5, 6, 7]


@pytest.mark.usefixtures("threads")
def test_several_may_share_out_work_at_once() -> None:
    def share_out(caller: int) -> list[int]:
        done: list[int] = []
        together([partial(done.append, number) for number in range(caller, caller + 50)])
        return done

    with ThreadPoolExecutor(3) as callers:
        found = list(callers.map(share_out, range(9)))
    assert [sorted(each) for each in found] == [list(range(n, n + 50)) for n in range(9)]
