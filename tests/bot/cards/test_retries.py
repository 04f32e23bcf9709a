"""Pauses before further attempts: longer and longer, ended by a reconnect or the first answer."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.exc import OperationalError

from bot.cards.retries import Retries
from tests.bot.cards.answers import refusal

LONG = 3600.0


class Flaky:
    """Fails so many times with an error, then answers."""

    def __init__(self, times: int, error: Exception) -> None:
        self._errors = [error] * times
        self.attempts = 0

    async def __call__(self) -> str:
        self.attempts += 1
        if self._errors:
            raise self._errors.pop()
        return "answer"


@pytest.mark.parametrize(
    "error",
    [
        refusal(429, page=True),
        refusal(503),
        refusal(401),
        ConnectionRefusedError(),
        TimeoutError(),
        OSError(24, "Too many open files"),
        OperationalError("SELECT 1", {}, Exception("the database restarts")),
    ],
    ids=str,
)
async def test_an_outage_is_never_final(error: Exception) -> None:
    attempt = Flaky(50, error)
    assert await Retries(0.0, 0.0).until_answered(attempt, "Test") == "answer"
    assert attempt.attempts == 51


@pytest.mark.parametrize("error", [refusal(403, 50013), refusal(404, 10008), FileNotFoundError()])
async def test_a_refusal_is_final(error: Exception) -> None:
    attempt = Flaky(1, error)
    with pytest.raises(type(error)):
        await Retries(LONG, LONG).until_answered(attempt, "Test")
    assert attempt.attempts == 1


async def test_pauses_grow_up_to_a_limit() -> None:
    retries, ended = Retries(0.02, 0.5), list[int]()

    async def pause(failed: int) -> None:
        await retries.pause(failed, TimeoutError())
        ended.append(failed)

    async with asyncio.timeout(20):
        await asyncio.gather(*map(pause, (10**6, 4, 2, 1)))
    assert ended == [1, 2, 4, 10**6]


async def test_a_reconnect_ends_all_pauses() -> None:
    retries = Retries(LONG, LONG)
    attempts = [Flaky(1, TimeoutError()) for _ in range(3)]
    tasks = [asyncio.create_task(retries.until_answered(each, "Test")) for each in attempts]
    await asyncio.sleep(0.01)
    retries.wake()
    async with asyncio.timeout(20):
        assert await asyncio.gather(*tasks) == ["answer"] * 3


async def test_the_first_answer_after_an_outage_ends_all_pauses() -> None:
    retries = Retries(LONG, LONG)
    tasks = [
        asyncio.create_task(retries.until_answered(Flaky(1, TimeoutError()), "Test"))
        for _ in range(3)
    ]
    await asyncio.sleep(0.01)
    retries.answered()
    async with asyncio.timeout(20):
        await asyncio.gather(*tasks)


async def test_one_failure_among_answers_is_no_outage() -> None:
    retries, attempt = Retries(LONG, LONG), Flaky(1, TimeoutError())
    task = asyncio.create_task(retries.until_answered(attempt, "Test"))
    await asyncio.sleep(0.01)
    retries.answered()
    await asyncio.sleep(0.01)
    assert attempt.attempts == 1
    task.cancel()
