"""Fixtures for the tests of any bot: `pytest_plugins = ["localchat.pytest_plugin"]`.

They need pytest-asyncio. A test directory with a chat of its own overrides `new_local_chat`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from localchat.chat import LocalChat
from localchat.observe import Dispatch, Exchange


@pytest.fixture
def new_local_chat() -> LocalChat:
    """Return a chat that does not run yet; override it to give it a config, limits or a clock."""
    return LocalChat()


@pytest_asyncio.fixture
async def local_chat(new_local_chat: LocalChat) -> AsyncIterator[LocalChat]:
    """Yield a running chat."""
    async with new_local_chat:
        yield new_local_chat


@pytest.fixture
def local_chat_exchanges(local_chat: LocalChat) -> list[Exchange]:
    """Every REST request of the test with its answer, so far."""
    seen: list[Exchange] = []
    local_chat.on_exchange(seen.append)
    return seen


@pytest.fixture
def local_chat_dispatches(local_chat: LocalChat) -> list[Dispatch]:
    """Every gateway event of the test, so far."""
    seen: list[Dispatch] = []
    local_chat.on_dispatch(seen.append)
    return seen


@pytest.fixture
def discord_py(local_chat: LocalChat) -> Iterator[None]:
    """Point discord.py at the running chat."""
    from localchat.discord_py import connected_to  # noqa: PLC0415 - other libraries work as well

    with connected_to(local_chat):
        yield
