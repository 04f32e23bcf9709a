"""Getting in: many servers in several shards, Discord out of reach, sessions that run short."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest

from backend.metrics import REGISTRY
from bot.timings import Timings
from localchat import ChatConfig, DiscordLimits, Fault, LocalChat
from localchat.permissions import BOT_PERMISSIONS
from tests.e2e.conftest import Expected
from tests.e2e.support import QUICK, Stage, until
from tests.localchat.chat import FakeClock
from tests.localchat.sockets import ready

READY = "Your picture is ready"
STUBBORN = replace(QUICK, identify=0.0, first_retry=0.05, longest_retry=0.2, guilds=0.3)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def new_local_chat(chat_config: ChatConfig, clock: FakeClock) -> LocalChat:
    limits = DiscordLimits(acknowledge_seconds=10.0, identify_seconds=0.0, session_starts=40)
    return LocalChat(config=chat_config, limits=limits, clock=clock)


@asynccontextmanager
async def starting(stage: Stage, timings: Timings = STUBBORN) -> AsyncIterator[asyncio.Event]:
    """Run a bot on its way in; yield an event that is set when it is there."""
    there = asyncio.Event()

    async def serve() -> None:
        async with stage.bot(timings=timings):
            there.set()
            await asyncio.Event().wait()

    running = asyncio.create_task(serve())
    try:
        yield there
    finally:
        running.cancel()
        await asyncio.wait([running])


def channel_in(stage: Stage, guild_ids: range, shard: int, count: int) -> int:
    """Return a channel of a server that belongs to a shard."""
    guild = next(one for one in guild_ids if (one >> 22) % count == shard)
    return stage.chat.channels(stage.chat.guild(guild))[0].id


async def paint_in_each_shard(stage: Stage, guild_ids: range) -> None:
    for shard, count in stage.chat.shards:
        card = await stage.stylize(channel=channel_in(stage, guild_ids, shard, count))
        await card.until(READY)
        await stage.until_delivered(card.job_id)


def resumed(caplog: pytest.LogCaptureFixture) -> int:
    """Return how many shards have resumed their sessions so far."""
    return sum("successfully RESUMED" in record.msg for record in caplog.records)


async def test_thousands_of_servers(
    stage: Stage, expect_errors: Expected, caplog: pytest.LogCaptureFixture
) -> None:
    expect_errors("Attempting a reconnect")
    guild_ids = stage.chat.add_guilds(2600, channels=1, roles=1)
    async with stage.bot(timings=STUBBORN):
        assert stage.chat.shards == [(0, 3), (1, 3), (2, 3)]
        await paint_in_each_shard(stage, guild_ids)
        stage.chat.ask_to_reconnect()
        await until(lambda: resumed(caplog) == 3)
        await paint_in_each_shard(stage, guild_ids)
        await stage.chat.drop_gateway(4000)
        await until(lambda: resumed(caplog) == 6)
        await paint_in_each_shard(stage, guild_ids)
    assert stage.chat.session_starts == 3


async def test_commands_are_answered_while_other_shards_wait(stage: Stage) -> None:
    guild_ids = stage.chat.add_guilds(1500, channels=1, roles=1)
    async with starting(stage, replace(STUBBORN, identify=3600.0)) as there:
        await until(lambda: stage.chat.shards == [(0, 2)])
        first = channel_in(stage, guild_ids, 0, 2)
        asked = await stage.chat.person("Ada").run("queue", channel=first)
        assert "Nothing is being painted" in stage.answer_to(asked)
        assert not there.is_set()


async def test_a_bot_in_no_server_says_how_to_invite_it(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.chat.remove_bot(stage.chat.home)
    async with stage.bot(timings=STUBBORN):
        asked = f"client_id={stage.chat.application_id}&scope=bot+applications.commands"
        await until(lambda: f"oauth2/authorize?{asked}" in caplog.text)
        assert f"permissions={int(BOT_PERMISSIONS)}" in caplog.text


async def test_commands_are_registered_when_they_have_changed(stage: Stage) -> None:
    registered: list[str] = []
    stage.chat.on_exchange(
        lambda exchange: registered.append(exchange.path) if exchange.method == "PUT" else None
    )
    for _ in range(3):
        async with stage.bot(timings=STUBBORN):
            assert "stylize" in [command["name"] for command in stage.chat.commands()]
            await stage.chat.person("Ada").run("help")
    assert len(registered) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=503),
        Fault(status=429, via=False),
        Fault(status=401, html=True),
        Fault(reset=True),
        Fault(status=503, path="/gateway/bot"),
        Fault(status=500, path="/applications/.*/commands"),
    ],
    ids=["503", "banned", "401 of a proxy", "broken", "no gateway", "no commands"],
)
async def test_discord_does_not_answer_at_first(
    stage: Stage, fault: Fault, expect_errors: Expected
) -> None:
    expect_errors("Unclosed")
    fault = stage.chat.faults.start(replace(fault))
    async with starting(stage) as there:
        await until(lambda: fault.struck >= 3)
        assert not there.is_set()
        stage.chat.faults.stop()
        await there.wait()
        await (await stage.stylize()).until(READY)


async def test_discord_cannot_be_reached_at_first(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    async with AsyncExitStack() as stack:
        async with stage.chat.offline():
            there = await stack.enter_async_context(starting(stage))
            await until(lambda: "Logging in failed 3 times" in caplog.text)
            assert not there.is_set()
        await there.wait()
        await (await stage.stylize()).until(READY)


async def test_a_bot_that_starts_again_and_again_keeps_its_token(
    stage: Stage, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """The last 2 of 40 sessions are kept back."""
    token = stage.chat.token
    async with aiohttp.ClientSession() as session:
        for _ in range(38):
            await ready(stage.chat, session)
    async with starting(stage) as there:
        await until(lambda: "Only 2 of 40 sessions are left" in caplog.text)
        assert not there.is_set()
        assert stage.chat.session_starts == 38
        assert REGISTRY.get_sample_value("stylize_session_starts_left") == 2
        clock.now += 24 * 3600
        await there.wait()
        assert stage.chat.session_starts == 39
    assert stage.chat.token == token


async def test_a_connection_that_is_lost_again_and_again_keeps_the_token(
    stage: Stage, clock: FakeClock, caplog: pytest.LogCaptureFixture, expect_errors: Expected
) -> None:
    expect_errors("Attempting a reconnect")
    token = stage.chat.token
    async with stage.bot(timings=STUBBORN), aiohttp.ClientSession() as session:
        for _ in range(37):
            await ready(stage.chat, session)
        await stage.chat.drop_gateway(4000, forget_sessions=True)
        await until(lambda: "Only 2 of 40 sessions are left" in caplog.text)
        assert stage.chat.session_starts == 38
        clock.now += 24 * 3600
        await until(lambda: stage.chat.session_starts == 39)
        await (await stage.stylize()).until(READY)
    assert stage.chat.token == token
