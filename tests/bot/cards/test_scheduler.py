"""Who edits first: by urgency, then by time; the less urgent leave room, and go one at a time."""

from __future__ import annotations

import asyncio

from bot.cards.scheduler import Bucket, EditScheduler, Urgency

WIDE = Bucket("wide", 5, 3600.0)  # what is used up comes back in an hour
QUICK = Bucket("quick", 5, 0.05)


class Queue:
    """Edits, and the order in which they had their turns."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._scheduler = EditScheduler()
        self.turns: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []

    def want(self, name: str, urgency: Urgency, until: asyncio.Event | None = None) -> None:
        self.tasks.append(asyncio.create_task(self._edit(name, urgency, until)))

    async def _edit(self, name: str, urgency: Urgency, until: asyncio.Event | None) -> None:
        async with self._scheduler.turn(self._bucket, urgency):
            self.turns.append(name)
            if until:
                await until.wait()

    async def end(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def settled() -> None:
    """Let everything happen that needs no time."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_results_overtake_painting_overtakes_waiting() -> None:
    queue, busy = Queue(QUICK), asyncio.Event()
    queue.want("first", Urgency.WAITING, busy)
    await settled()
    for name, urgency in (
        ("waiting", Urgency.WAITING),
        ("painting 1", Urgency.PAINTING),
        ("painting 2", Urgency.PAINTING),
        ("result", Urgency.RESULT),
    ):
        queue.want(name, urgency)
    await settled()
    assert queue.turns == ["first", "result"], "a result waits for no edit on its way"
    busy.set()
    await asyncio.gather(*queue.tasks)
    assert queue.turns == ["first", "result", "painting 1", "painting 2", "waiting"]


async def test_the_less_urgent_leave_room_for_results() -> None:
    queue = Queue(WIDE)
    for number in range(9):
        queue.want(f"waiting {number}", Urgency.WAITING)
    await settled()
    assert queue.turns == ["waiting 0", "waiting 1"]
    for number in range(9):
        queue.want(f"painting {number}", Urgency.PAINTING)
    await settled()
    assert queue.turns[2:] == ["painting 0"]
    for number in range(9):
        queue.want(f"result {number}", Urgency.RESULT)
    await settled()
    assert queue.turns[3:] == ["result 0", "result 1"], "no more than fits"
    await queue.end()


async def test_room_comes_back_with_time() -> None:
    queue = Queue(QUICK)
    for number in range(12):
        queue.want(f"waiting {number}", Urgency.WAITING)
    await asyncio.gather(*queue.tasks)
    assert queue.turns == [f"waiting {number}" for number in range(12)]


async def test_whoever_leaves_the_queue_holds_nobody_up() -> None:
    queue, busy = Queue(QUICK), asyncio.Event()
    queue.want("first", Urgency.WAITING, busy)
    queue.want("leaves", Urgency.WAITING)
    queue.want("stays", Urgency.WAITING)
    await settled()
    queue.tasks[1].cancel()
    queue.tasks[0].cancel()
    await settled()
    await queue.tasks[2]
    assert queue.turns == ["first", "stays"]


async def test_buckets_do_not_wait_for_each_other() -> None:
    scheduler = EditScheduler()
    async with (
        asyncio.timeout(20),
        scheduler.turn(Bucket(1, 1, 3600.0), Urgency.WAITING),
        scheduler.turn(Bucket(2, 1, 3600.0), Urgency.WAITING),
    ):
        pass
