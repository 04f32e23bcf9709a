"""Slots that kinds of work take in turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from backend.tools.turns import Turns


class Workshop:
    """Two slots; work of some kind goes on until it is told to end."""

    def __init__(self, slots: int = 2, per_line: int | None = None) -> None:
        self.turns = Turns(slots, per_line)
        self.running: list[str] = []
        self.begun: list[str] = []
        self.ends: dict[str, asyncio.Event] = {}
        self.afterwards: dict[str, Callable[[], object]] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def start(self, kind: str, *names: str) -> None:
        for name in names:
            self.ends[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._work(kind, name))
        await self.settle()

    async def end(self, *names: str) -> None:
        for name in names:
            self.ends[name].set()
        await self.settle()

    async def cancel(self, *names: str) -> None:
        for name in names:
            self.tasks[name].cancel()
        await self.settle()

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    async def _work(self, kind: str, name: str) -> None:
        async with self.turns.turn(kind):
            with self._running(name):
                await self.ends[name].wait()
        self.afterwards.get(name, bool)()

    @contextmanager
    def _running(self, name: str) -> Iterator[None]:
        self.begun.append(name)
        self.running.append(name)
        try:
            yield
        finally:
            self.running.remove(name)


@pytest.fixture
def shop() -> Workshop:
    return Workshop()


async def test_so_many_at_a_time(shop: Workshop) -> None:
    await shop.start("film", "a", "b", "c")
    assert shop.running == ["a", "b"]
    await shop.end("b")
    assert shop.running == ["a", "c"]
    await shop.end("a", "c")
    await shop.start("film", "d", "e", "f")
    assert shop.running == ["d", "e"]


async def test_a_burst_of_one_kind_does_not_hold_up_another(shop: Workshop) -> None:
    await shop.start("film", *"abcdef")
    await shop.start("check", "x", "y")
    await shop.start("curve", "z")
    while shop.running:
        await shop.end(shop.running[0])
    assert shop.begun == list("abcxzdyef")


async def test_one_line_has_so_many_at_most() -> None:
    shop = Workshop(3, per_line=2)
    await shop.start("Ada", *"abcd")
    assert shop.running == ["a", "b"]
    await shop.start("Bob", "x", "y")
    assert shop.running == ["a", "b", "x"]
    await shop.end("a")
    assert shop.running == ["b", "x", "c"]
    await shop.end("b", "c", "x")
    assert shop.begun == list("abxcyd")


async def test_whoever_is_cancelled_takes_no_slot(shop: Workshop) -> None:
    await shop.start("film", *"abcd")
    await shop.cancel("c")
    await shop.end("a")
    assert shop.running == ["b", "d"]
    await shop.end("b", "d")
    await shop.start("check", "x", "y", "z")
    assert shop.running == ["x", "y"]


async def test_cancelled_at_the_moment_of_ones_turn(shop: Workshop) -> None:
    await shop.start("film", *"abcd")
    # In the step in which a gives its slot to c, before c can notice.
    shop.afterwards["a"] = shop.tasks["c"].cancel
    await shop.end("a")
    assert shop.running == ["b", "d"]
    await shop.end("b", "d")
    await shop.start("film", *"efg")
    assert shop.running == ["e", "f"]
    assert "c" not in shop.begun
