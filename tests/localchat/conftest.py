"""A running local chat, a bare client, and a check of everything they say."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from localchat import Dispatch, Exchange, LocalChat
from tests.localchat.chat import FakeClock, Rest
from tests.localchat.openapi import load_openapi


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def chat(local_chat: LocalChat) -> LocalChat:
    return local_chat


@pytest.fixture
def problems(chat: LocalChat) -> list[str]:
    """Return what Discord's API description has against the traffic so far.

    Without the file there is nothing to compare with, and the list stays empty;
    `test_conformance.py` is the test that says so.
    """
    openapi = load_openapi()
    found: list[str] = []
    if openapi is None:
        return found
    chat.on_exchange(lambda exchange: found.extend(openapi.check(exchange)))
    chat.on_dispatch(lambda dispatch: found.extend(openapi.check_dispatch(dispatch)))
    return found


@pytest.fixture
def exchanges(local_chat_exchanges: list[Exchange]) -> list[Exchange]:
    return local_chat_exchanges


@pytest.fixture
def dispatches(local_chat_dispatches: list[Dispatch]) -> list[Dispatch]:
    return local_chat_dispatches


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def rest(chat: LocalChat, session: aiohttp.ClientSession) -> Rest:
    return Rest(chat, session)
