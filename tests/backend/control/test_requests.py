"""From one process to the bot in another, by way of either kind of database."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from backend.control.requests import NobodyAnswers, RequestRefused, answer_to, ask, attended, leave
from backend.database.location import Location
from backend.database.tables import REQUESTS
from backend.jobs.store import JobStore


async def greet(about: dict[str, str]) -> str:
    return f"Hello {about['name']}"


async def refuse(about: Any) -> None:
    raise RequestRefused("Not today.")


async def fail(about: Any) -> None:
    raise RuntimeError("on purpose")


HANDLERS = {"greet": greet, "refuse": refuse, "fail": fail}


async def test_what_is_asked_is_answered(location: Location, store: JobStore) -> None:
    async with location.beside(writable=True) as beside:
        with pytest.raises(NobodyAnswers):
            await ask(beside, "greet", {"name": "nobody"})
        async with attended(store.database, HANDLERS, 0.01):
            said = await asyncio.gather(
                *(ask(beside, "greet", {"name": name}) for name in ("Ada", "Bo"))
            )
            assert said == ["Hello Ada", "Hello Bo"]
            with pytest.raises(RequestRefused, match="Not today"):
                await ask(beside, "refuse")
            with pytest.raises(RequestRefused, match=r"The bot failed \(RuntimeError\)"):
                await ask(beside, "fail")
            with pytest.raises(RequestRefused, match="another version"):
                await ask(beside, "dance")
        with pytest.raises(NobodyAnswers):
            await ask(beside, "greet", {"name": "nobody"})


async def test_none_waits_for_another(location: Location, store: JobStore) -> None:
    released = asyncio.Event()
    began: list[str] = []

    async def wait(about: str) -> str:
        began.append(about)
        await released.wait()
        return about

    async with (
        location.beside(writable=True) as beside,
        attended(store.database, {**HANDLERS, "wait": wait}, 0.01),
    ):
        slow = asyncio.create_task(ask(beside, "wait", "a while", patience=60))
        while not began:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
        assert await ask(beside, "greet", {"name": "Ada"}) == "Hello Ada"
        with pytest.raises(NobodyAnswers, match="has not answered for 0 seconds; it may still"):
            await ask(beside, "wait", "too long", patience=0.3)
        released.set()
        assert await slow == "a while"
    assert began.count("a while") == 1


async def test_what_answers_nothing_that_can_be_said_is_done_once(
    location: Location, store: JobStore
) -> None:
    done = 0

    async def count(_about: Any) -> object:
        nonlocal done
        done += 1
        return object()

    async with (
        location.beside(writable=True) as beside,
        attended(store.database, {"count": count}, 0.01),
    ):
        with pytest.raises(RequestRefused, match=r"The bot failed \(TypeError\)"):
            await ask(beside, "count")
    assert done == 1


async def test_what_was_asked_just_before_the_start_is_done(
    location: Location, store: JobStore
) -> None:
    async with location.beside(writable=True) as beside:
        async with beside.write() as connection:
            request_id = await leave(connection, "greet", {"name": "Ada"})
        with pytest.raises(NobodyAnswers, match="No running bot answers"):
            await answer_to(beside, request_id, stays=True)
        async with attended(store.database, HANDLERS, 0.01):
            assert await answer_to(beside, request_id) == "Hello Ada"
        assert await beside.rows(select(REQUESTS)) == []
