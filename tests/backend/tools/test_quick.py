"""Quick work that several people want, and one person who wants much of it."""

from __future__ import annotations

import asyncio

import pytest

from backend.errors import ToolFailed
from backend.tools import QuickWork

ADA, BOB = 1, 2


class Maker:
    """Makes something once it may; counts how often it was asked to."""

    def __init__(self) -> None:
        self.made = 0
        self.may = asyncio.Event()

    async def __call__(self) -> str:
        self.made += 1
        await self.may.wait()
        return "sheet"


async def started(quick: QuickWork, person: int, key: str, make: Maker) -> asyncio.Task[str]:
    task = asyncio.create_task(quick.do(person, key, make))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return task


async def test_equal_presses_share_the_work() -> None:
    quick, make = QuickWork(), Maker()
    first = await started(quick, ADA, "compare", make)
    others = [await started(quick, person, "compare", make) for person in (ADA, BOB, BOB)]
    first.cancel()  # whoever leaves takes nothing away
    make.may.set()
    assert await asyncio.gather(*others) == ["sheet"] * 3
    assert make.made == 1
    assert await quick.do(BOB, "compare", make) == "sheet"
    assert make.made == 2, "it may have changed since"


async def test_nobody_has_too_much_under_way() -> None:
    quick, make = QuickWork(per_person=2), Maker()
    tasks = [await started(quick, ADA, key, make) for key in ("film", "curve")]
    with pytest.raises(ToolFailed, match="2 things that you asked for"):
        await quick.do(ADA, "compare", make)
    tasks.append(await started(quick, BOB, "compare", make))
    tasks.append(await started(quick, ADA, "compare", make))  # Bob's
    make.may.set()
    assert await asyncio.gather(*tasks) == ["sheet"] * 4
    assert await quick.do(ADA, "recipe", make) == "sheet"


async def test_a_failure_is_everybodys() -> None:
    quick, begun = QuickWork(), asyncio.Event()

    async def fail() -> None:
        await begun.wait()
        raise ToolFailed("There is no picture yet.")

    tasks = [asyncio.create_task(quick.do(person, "film", fail)) for person in (ADA, BOB)]
    await asyncio.sleep(0)
    begun.set()
    for task in tasks:
        with pytest.raises(ToolFailed):
            await task
    with pytest.raises(ToolFailed, match="no picture"):
        await quick.do(ADA, "film", fail)
