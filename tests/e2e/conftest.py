"""The real bot in a local chat; what they say is checked against Discord's description."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.local_chat import CHAT, server_of
from bot.logs import RedactingFormatter
from bot.settings import load_settings
from localchat import ChatConfig, DiscordLimits, Dispatch, Exchange, LocalChat
from tests.e2e.pings import pings
from tests.e2e.playing import READY
from tests.e2e.support import Card, Stage
from tests.localchat.openapi import load_openapi


@pytest.fixture(autouse=True)
def no_env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


class Expected:
    """Complaints that a test provokes."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    def __call__(self, *words: str) -> None:
        """The log may have errors with these words."""
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


@pytest.fixture
def new_local_chat(chat_config: ChatConfig) -> LocalChat:
    # Discord's three seconds are tested with the local chat and measured by the benchmark
    # `acknowledgement`; here a machine that is busy with other tests must not make one fail.
    return LocalChat(config=chat_config, limits=DiscordLimits(acknowledge_seconds=10.0))


@pytest.fixture
async def stage(
    local_chat: LocalChat,
    local_chat_exchanges: list[Exchange],
    local_chat_dispatches: list[Dispatch],
    discord_py: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    expect_errors: Expected,
) -> AsyncIterator[Stage]:
    """A local chat without a bot; start one with `async with stage.bot():`.

    At the end: nothing unlawful was said, nobody was woken but who asked, no secret was logged, and
    no error but the expected.
    """
    caplog.set_level(logging.DEBUG)
    settings = load_settings(data_dir=tmp_path / "data", devices=("cpu",))
    yield Stage(local_chat, server_of(local_chat), settings)
    assert pings(local_chat, local_chat_exchanges) == []
    secrets = [local_chat.token, *(each.token for each in local_chat.interactions)]
    _check_conversation(local_chat_exchanges, local_chat_dispatches)
    records = caplog.get_records("call")
    _check_log(records, local_chat.token, secrets)
    complaints = [r for r in records if r.levelno >= logging.ERROR and not expect_errors.covers(r)]
    assert not complaints, [record.getMessage() for record in complaints]


def _check_conversation(exchanges: list[Exchange], dispatches: list[Dispatch]) -> None:
    openapi = load_openapi()
    if openapi is None:
        return  # tests/localchat/test_conformance.py says so
    problems = [problem for exchange in exchanges for problem in openapi.check(exchange)]
    problems += [problem for event in dispatches for problem in openapi.check_dispatch(event)]
    assert problems == []


def _check_log(records: list[logging.LogRecord], token: str, secrets: list[str]) -> None:
    formatter = RedactingFormatter(token)
    for line in map(formatter.format, records):
        for secret in secrets:
            assert secret not in line
        assert "&hm=" not in line.replace("&hm=[signature]", "")


@pytest.fixture
async def bot(stage: Stage) -> AsyncIterator[Stage]:
    """The same with the bot in it."""
    async with stage.bot():
        yield stage


@pytest.fixture
async def finished(stage: Stage) -> AsyncIterator[tuple[Stage, Card]]:
    """A picture that is done, and a bot that was restarted after that."""
    async with stage.bot():
        card = await stage.stylize("Ada", strength=50, seed=7)
        await card.until(READY)
        await stage.until_delivered(card.job_id)
    async with stage.bot():
        yield stage, card
