"""The local chat's page in a chromium that the tests of this folder share, in one event loop.

Each test has a chat and a page of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser

from localchat import LocalChat
from tests.localchat.browser import browser, chromium

HERE = Path(__file__).parent
CHROMIUM = chromium()
MISSING = "no chromium on the PATH and none named by CHROMIUM"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark this folder's tests."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.skipif(CHROMIUM is None, reason=MISSING))
            item.add_marker("browser")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running() -> AsyncIterator[Browser]:
    assert CHROMIUM is not None
    async with browser(CHROMIUM) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def local_chat(new_local_chat: LocalChat) -> AsyncIterator[LocalChat]:
    async with new_local_chat:
        yield new_local_chat


@pytest_asyncio.fixture(loop_scope="session")
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session
