"""The real bot in a local chat; what they say is checked against Discord's description.

Most tests share one running bot (`bot`): after each of them the chat begins anew, so that the next
one meets other people in another server. Tests that restart the bot, or want it set up differently,
have a chat of their own (`stage`).
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, chdir
from pathlib import Path

import pytest
import pytest_asyncio

from backend.logs import RedactingFormatter
from backend.settings import load_settings
from bot.local_chat import CHAT, server_of
from bot.ui.about import EXAMPLE
from localchat import ChatConfig, DiscordLimits, Dispatch, Exchange, LocalChat
from localchat.discord_py import connected_to
from tests.e2e.pings import pings
from tests.e2e.playing import READY
from tests.e2e.support import Card, Stage
from tests.localchat.openapi import load_openapi

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark this folder's tests; let those that share a bot come first, in one event loop."""
    places = [at for at, item in enumerate(items) if HERE in item.path.parents]
    mine = [items[at] for at in places]
    for item in mine:
        item.add_marker("e2e")
    for item in filter(_shares_the_bot, mine):
        item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
    mine.sort(key=_shares_the_bot, reverse=True)
    for at, item in zip(places, mine, strict=True):
        items[at] = item


def _shares_the_bot(item: pytest.Item) -> bool:
    wanted = item.fixturenames if isinstance(item, pytest.Function) else ()
    return "bot" in wanted and "stage" not in wanted


@pytest.fixture(autouse=True)
def no_env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


class Expected:
    """Complaints that a test provokes."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    def __call__(self, *words: str) -> None:
        """Let the log have errors with these words."""
        self.errors += words

    def covers(self, record: logging.LogRecord) -> bool:
        """Whether a complaint was announced."""
        return any(words in record.getMessage() for words in self.errors)


@pytest.fixture
def expect_errors() -> Expected:
    return Expected()


@pytest.fixture
def chat_config() -> ChatConfig:
    """How the local chat begins."""
    return CHAT


def quick_chat(config: ChatConfig) -> LocalChat:
    # Discord's three seconds are tested with the local chat and measured by the benchmark
    # `acknowledgement`; here a machine that is busy with other tests must not make one fail. And
    # bots are started again sooner than Discord lets them identify.
    limits = DiscordLimits(acknowledge_seconds=10.0, identify_seconds=0.0)
    return LocalChat(config=config, limits=limits)


@pytest.fixture
def new_local_chat(chat_config: ChatConfig) -> LocalChat:
    return quick_chat(chat_config)


class Overheard:
    """What is said between the chat and the bot, and what the bot logs, during one test."""

    def __init__(
        self, chat: LocalChat, caplog: pytest.LogCaptureFixture, expected: Expected
    ) -> None:
        caplog.set_level(logging.DEBUG)
        self._chat = chat
        self._caplog = caplog
        self._expected = expected
        self._exchanges: list[Exchange] = []
        self._dispatches: list[Dispatch] = []
        chat.on_exchange(self._exchanges.append)
        chat.on_dispatch(self._dispatches.append)

    def check(self) -> None:
        """Check that nothing unlawful was said and no secret or unexpected error was logged.

        Nobody may have been woken but who asked.
        """
        assert pings(self._chat, self._exchanges) == []
        self._check_conversation()
        self._check_first_answers()
        records = self._caplog.get_records("call")
        self._check_secrets(records)
        errors = [each for each in records if each.levelno >= logging.ERROR]
        assert [e.getMessage() for e in errors if not self._expected.covers(e)] == []

    def _check_conversation(self) -> None:
        openapi = load_openapi()
        if openapi is None:
            return  # tests/localchat/test_conformance.py says so
        problems = [problem for exchange in self._exchanges for problem in openapi.check(exchange)]
        problems += [p for event in self._dispatches for p in openapi.check_dispatch(event)]
        assert problems == []

    def _check_first_answers(self) -> None:
        """Check that none has to bring a picture in three seconds, apart from a small example."""
        callbacks = (each for each in self._exchanges if each.path.endswith("/callback"))
        brought = {file.filename for each in callbacks for file in each.files}
        assert brought <= {EXAMPLE}

    def _check_secrets(self, records: list[logging.LogRecord]) -> None:
        secrets = [self._chat.token, *(each.token for each in self._chat.interactions)]
        formatter = RedactingFormatter(self._chat.token)
        for line in map(formatter.format, records):
            for secret in secrets:
                assert secret not in line
            assert "&hm=" not in line.replace("&hm=[signature]", "")


class SharedBot:
    """One bot in one chat for many tests, started when the first of them wants it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = AsyncExitStack()
        self._stage: Stage | None = None

    @asynccontextmanager
    async def stage(self) -> AsyncIterator[Stage]:
        """Yield what one test sees of it: a server that nobody has been to."""
        first = self._stage or await self._start()
        try:
            yield Stage(first.chat, first.server, first.settings)
        except BaseException:
            await self.close()  # who knows in what state it is
            raise
        first.chat.start_over()

    async def _start(self) -> Stage:
        with chdir(self._folder):
            settings = load_settings(data_dir=self._folder / "data", devices=("cpu",))
        chat = await self._running.enter_async_context(quick_chat(CHAT))
        self._running.enter_context(connected_to(chat))
        self._stage = Stage(chat, server_of(chat), settings)
        await self._running.enter_async_context(self._stage.bot())
        return self._stage

    async def close(self) -> None:
        """End it; it is started anew if another test wants it."""
        self._stage = None
        await self._running.aclose()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SharedBot]:
    shared = SharedBot(tmp_path_factory.mktemp("shared"))
    yield shared
    await shared.close()


@pytest_asyncio.fixture(loop_scope="session")
async def bot(
    shared_bot: SharedBot, caplog: pytest.LogCaptureFixture, expect_errors: Expected
) -> AsyncIterator[Stage]:
    """Yield a bot at work in a server that is new to it."""
    async with shared_bot.stage() as stage:
        overheard = Overheard(stage.chat, caplog, expect_errors)
        yield stage
        await stage.until_idle()
        overheard.check()


@pytest_asyncio.fixture(loop_scope="session")
async def nobody_else(shared_bot: SharedBot) -> None:
    """End the shared bot: its loop stands still while a test runs in a loop of its own."""
    await shared_bot.close()


@pytest.fixture
async def stage(
    nobody_else: None,
    local_chat: LocalChat,
    discord_py: None,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    expect_errors: Expected,
) -> AsyncIterator[Stage]:
    """Yield a local chat without a bot; start one with `async with stage.bot():`."""
    overheard = Overheard(local_chat, caplog, expect_errors)
    settings = load_settings(data_dir=tmp_path / "data", devices=("cpu",))
    yield Stage(local_chat, server_of(local_chat), settings)
    overheard.check()


@pytest.fixture
async def finished(stage: Stage) -> AsyncIterator[tuple[Stage, Card]]:
    """Yield a picture that is done, and a bot that was restarted after that."""
    async with stage.bot():
        card = await stage.stylize("Ada", strength=50, seed=7)
        await card.until(READY)
        await stage.until_delivered(card.job_id)
    async with stage.bot():
        yield stage, card
