"""From one process to the bot in another, by way of either kind of database."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.control.requests import NobodyAnswers, RequestRefused, ask, attended
from bot.database.location import Location
from bot.jobs.store import JobStore


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
