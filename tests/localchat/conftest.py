"""A running local chat, a real discord.py client, and a check of everything they say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import aiohttp
import discord
import pytest
import yarl

from localchat import Dispatch, Exchange, LocalChat
from tests.localchat.chat import FakeClock, Rest
from tests.localchat.openapi import load_openapi


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def chat() -> AsyncIterator[LocalChat]:
    async with LocalChat() as chat:
        yield chat


@pytest.fixture
def problems(chat: LocalChat) -> list[str]:
    """What Discord's API description has against the traffic so far.

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
def exchanges(chat: LocalChat) -> list[Exchange]:
    seen: list[Exchange] = []
    chat.on_exchange(seen.append)
    return seen


@pytest.fixture
def dispatches(chat: LocalChat) -> list[Dispatch]:
    seen: list[Dispatch] = []
    chat.on_dispatch(seen.append)
    return seen


@pytest.fixture
def addresses(chat: LocalChat, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The two base addresses, and nothing else, point discord.py at the local chat."""
    monkeypatch.setattr(discord.http.Route, "BASE", chat.api_url)
    gateway = yarl.URL(chat.gateway_url)
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
    yield


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def rest(chat: LocalChat, session: aiohttp.ClientSession) -> Rest:
    return Rest(chat, session)
