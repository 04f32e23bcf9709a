"""Faults that tests order, the ban of an address, and a chat that cannot be reached."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import aiohttp
import discord
import pytest

from localchat import DiscordLimits, Fault, LocalChat
from localchat.discord_py import running
from tests.localchat.chat import FakeClock, Rest, begin

MIX = {"name": "mix", "type": 1, "description": "Mix"}
ME = "/users/@me"


@pytest.fixture
def new_local_chat(clock: FakeClock) -> LocalChat:
    return LocalChat(clock=clock, limits=DiscordLimits(invalid_requests=5, ban_seconds=60))


async def test_one_that_lasts_until_it_is_stopped(
    chat: LocalChat, rest: Rest, problems: list[str]
) -> None:
    fault = chat.faults.start(Fault(status=503))
    during = [(await rest("GET", path))[0] for path in (ME, "/gateway")]
    chat.faults.stop(fault)
    after, _ = await rest("GET", ME)

    assert during == [503, 503]
    assert fault.struck == 2
    assert after == 200
    assert problems == []


async def test_one_that_lasts_for_a_time(chat: LocalChat, rest: Rest, clock: FakeClock) -> None:
    chat.faults.start(Fault(status=500), seconds=30)
    clock.now += 29
    during, _ = await rest("GET", ME)
    clock.now += 1
    after, _ = await rest("GET", ME)

    assert (during, after) == (500, 200)


async def test_those_that_are_chosen(chat: LocalChat, rest: Rest) -> None:
    path = f"/channels/{chat.channel().id}/messages"
    chat.faults.start(Fault(status=403, code=50013, method="post", path="/messages$"))

    refused, body = await rest("POST", path, {"content": "x"})
    read, _ = await rest("GET", path)

    assert (refused, body["code"], body["message"]) == (403, 50013, "Missing Permissions")
    assert read == 200


@pytest.mark.parametrize("token", ["bot", "interaction"])
async def test_those_with_one_kind_of_token(chat: LocalChat, rest: Rest, token: str) -> None:
    await rest("PUT", f"/applications/{chat.application_id}/commands", [MIX])
    begun = await begin(chat, chat.person("Ada").run("mix"))
    chat.faults.start(Fault(status=401, token="bot" if token == "bot" else "interaction"))

    answer = {"type": 4, "data": {"content": "hi"}}
    by_interaction, _ = await rest("POST", begun.callback, answer, token="")
    by_bot, _ = await rest("GET", ME)
    begun.waiting.cancel()

    assert (by_bot, by_interaction) == ((401, 204) if token == "bot" else (200, 401))


@pytest.mark.parametrize(
    ("fault", "via", "kind"),
    [
        (Fault(status=429, retry_after=2), True, "application/json"),
        (Fault(status=429, retry_after=2, via=False), False, "text/html"),
        (Fault(status=502, html=True), True, "text/html"),
        (Fault(status=503), False, "application/json"),
    ],
)
async def test_what_proxies_answer(
    chat: LocalChat, rest: Rest, problems: list[str], fault: Fault, via: bool, kind: str
) -> None:
    chat.faults.start(fault)

    status, _ = await rest("GET", ME)

    assert status == fault.status
    assert ("Via" in rest.headers) is via
    assert rest.headers["Content-Type"].startswith(kind)
    assert (rest.headers.get("Retry-After") == "2") is (status == 429)
    assert problems == []


async def test_broken_connections(chat: LocalChat, rest: Rest) -> None:
    chat.faults.start(Fault(reset=True), times=1)

    # A client of its own: another one would try again by itself.
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await Rest(chat, session)("POST", f"/channels/{chat.channel().id}/typing")
    assert (await rest("GET", ME))[0] == 200


@pytest.mark.parametrize("fault", [Fault(status=502, done=True), Fault(reset=True, done=True)])
async def test_answers_that_are_lost(chat: LocalChat, rest: Rest, fault: Fault) -> None:
    chat.faults.start(fault, times=1)

    async with aiohttp.ClientSession() as session:
        with suppress(aiohttp.ServerDisconnectedError):
            path = f"/channels/{chat.channel().id}/messages"
            status, _ = await Rest(chat, session)("POST", path, {"content": "x"})
            assert status == fault.status

    assert [message["content"] for message in chat.messages()] == ["x"]


async def test_slow_answers(chat: LocalChat, rest: Rest) -> None:
    chat.faults.start(Fault(delay=0.2))
    before = time.monotonic()

    status, _ = await rest("GET", ME)

    assert status == 200
    assert time.monotonic() - before >= 0.2


async def test_a_bot_that_is_refused_too_often_is_banned(
    chat: LocalChat, rest: Rest, clock: FakeClock, problems: list[str]
) -> None:
    for _ in range(4):
        assert (await rest("GET", ME, token="wrong"))[0] == 401
    clock.now += 601  # too long ago
    for _ in range(4):
        await rest("GET", ME, token="wrong")
    fine, _ = await rest("GET", ME)
    await rest("GET", ME, token="wrong")

    banned, page = await rest("GET", ME)
    headers = rest.headers
    seconds = chat.ban_seconds
    clock.now += 60
    again, _ = await rest("GET", ME)

    assert (fine, banned, again) == (200, 429, 200)
    assert "<html>" in page
    assert "Via" not in headers
    assert (headers["Retry-After"], seconds) == ("60", 60)
    assert chat.ban_seconds == 0
    assert problems == []


async def test_a_ban_that_is_lifted(chat: LocalChat, rest: Rest) -> None:
    for _ in range(5):
        await rest("GET", ME, token="wrong")
    banned, _ = await rest("GET", ME)
    chat.lift_ban()

    assert (banned, (await rest("GET", ME))[0]) == (429, 200)


async def test_discord_py_gives_up_at_once_on_a_ban(chat: LocalChat, discord_py: None) -> None:
    client = discord.Client(intents=discord.Intents.default(), guild_ready_timeout=0.1)
    async with running(client, chat):
        channel = client.get_channel(chat.channel().id)
        assert isinstance(channel, discord.TextChannel)
        fault = chat.faults.start(Fault(status=429, via=False, retry_after=3600))
        with pytest.raises(discord.HTTPException) as refusal:
            await asyncio.wait_for(channel.send("x"), 5)

    assert refusal.value.status == 429
    assert fault.struck == 1


async def test_a_chat_that_cannot_be_reached(chat: LocalChat, discord_py: None) -> None:
    client = discord.Client(intents=discord.Intents.default(), guild_ready_timeout=0.1)
    resumed = asyncio.Event()

    @client.event
    async def on_resumed() -> None:
        resumed.set()

    async with running(client, chat):
        async with chat.offline(), aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.ClientConnectorError):
                await Rest(chat, session)("GET", ME)
            said = await chat.person("Ada").say("anybody there?")
        await asyncio.wait_for(resumed.wait(), 30)

    assert chat.message(said).content == "anybody there?"
    assert chat.session_starts == 1


async def test_ordered_faults_strike_once_each(chat: LocalChat, rest: Rest) -> None:
    path = f"/channels/{chat.channel().id}/messages"
    chat.faults.next("POST", "/messages$", status=500)
    chat.faults.next("POST", "/messages$", status=403, code=50013, message="Missing Permissions")

    first = await rest("POST", path, {"content": "x"})
    second = await rest("POST", path, {"content": "x"})
    third = await rest("POST", path, {"content": "x"})

    assert first[0] == 500
    assert (second[0], second[1]["code"]) == (403, 50013)
    assert third[0] == 200
