"""Many servers, several shards, and how often a bot may identify."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import discord
import pytest

from localchat import DiscordLimits, LocalChat
from localchat.discord_py import connected_to, running
from tests.localchat.chat import FakeClock, Rest
from tests.localchat.sockets import (
    IDENTIFY,
    INVALID,
    RECONNECT,
    RESUME,
    Socket,
    connect,
    identity,
    ready,
)

LIMITS = DiscordLimits(guilds_per_connection=4, identify_seconds=0.2, session_starts=3)


@pytest.fixture
def new_local_chat(clock: FakeClock) -> LocalChat:
    return LocalChat(limits=LIMITS, clock=clock)


async def identified(
    chat: LocalChat, session: aiohttp.ClientSession, **fields: Any
) -> dict[str, Any]:
    """Return what a client is told that identifies."""
    _, answer = await ready(chat, session, **fields)
    return answer


async def test_too_many_servers_for_one_connection(
    chat: LocalChat, session: aiohttp.ClientSession
) -> None:
    chat.add_guilds(3)
    refused = await connect(chat, session)
    await refused.send(IDENTIFY, identity(chat))

    assert await refused.closed() == 4011


async def test_so_many_servers_in_two_shards(
    chat: LocalChat, session: aiohttp.ClientSession
) -> None:
    ids = chat.add_guilds(6)
    told, sockets = [], []
    for shard in range(2):
        socket, event = await ready(chat, session, shard=[shard, 2])
        sockets.append(socket)  # a client that is forgotten leaves
        told.append({int(guild["id"]) for guild in event["d"]["guilds"]})
        await asyncio.sleep(LIMITS.identify_seconds)

    assert chat.shards == [(0, 2), (1, 2)]
    assert told[0] | told[1] == {*ids, chat.home.id}
    assert not told[0] & told[1]
    assert all((guild_id >> 22) % 2 == shard for shard in range(2) for guild_id in told[shard])


async def test_a_shard_with_too_many_servers(
    chat: LocalChat, session: aiohttp.ClientSession
) -> None:
    chat.add_guilds(20)
    refused = await connect(chat, session)
    await refused.send(IDENTIFY, identity(chat, shard=[0, 2]))

    assert await refused.closed() == 4011


async def test_what_discord_advises(chat: LocalChat, rest: Rest) -> None:
    chat.add_guilds(2600)

    _, body = await rest("GET", "/gateway/bot")

    assert body["shards"] == 3
    assert body["session_start_limit"] == {
        "total": 3,
        "remaining": 3,
        "reset_after": 24 * 3600 * 1000,
        "max_concurrency": 1,
    }


async def test_an_identification_too_soon(
    chat: LocalChat, session: aiohttp.ClientSession, rest: Rest
) -> None:
    await identified(chat, session)
    socket, early = await ready(chat, session)
    await asyncio.sleep(LIMITS.identify_seconds)
    await socket.send(IDENTIFY, identity(chat))
    late = await socket.receive()
    _, body = await rest("GET", "/gateway/bot")

    assert (early["op"], early["d"]) == (INVALID, False)
    assert late["t"] == "READY"
    assert chat.session_starts == 2
    assert body["session_start_limit"]["remaining"] == 1


async def test_the_token_is_reset_after_too_many_identifications(
    chat: LocalChat, session: aiohttp.ClientSession, rest: Rest, clock: FakeClock
) -> None:
    sockets = []
    for _ in range(LIMITS.session_starts):
        socket, _ = await ready(chat, session)
        sockets.append(socket)
        await asyncio.sleep(LIMITS.identify_seconds)
    old = chat.token
    last = await connect(chat, session)
    await last.send(IDENTIFY, identity(chat))

    assert await last.closed() == 4004
    assert [await socket.closed() for socket in sockets] == [4004] * 3
    assert chat.token != old
    assert (await rest("GET", "/users/@me", token=old))[0] == 401
    assert not chat.connected
    clock.now += 24 * 3600
    await asyncio.sleep(LIMITS.identify_seconds)
    assert (await identified(chat, session))["t"] == "READY"


async def test_shards_of_different_buckets_identify_together(
    session: aiohttp.ClientSession,
) -> None:
    async with LocalChat(limits=DiscordLimits(max_concurrency=2)) as chat:
        answers = [await identified(chat, session, shard=[shard, 3]) for shard in range(3)]

    assert [answer["t"] for answer in answers] == ["READY", "READY", None]
    assert answers[2]["op"] == INVALID  # 2 % 2 is the bucket of shard 0


async def test_asked_to_reconnect(chat: LocalChat, session: aiohttp.ClientSession) -> None:
    first, event = await ready(chat, session)
    await first.receive()  # GUILD_CREATE

    chat.ask_to_reconnect()
    asked = await first.receive()
    await first.socket.close(code=4000)
    chat.add_role("late")
    second = await connect(chat, session)
    await second.receive()  # HELLO
    about = {"token": chat.token, "session_id": event["d"]["session_id"], "seq": 2}
    await second.send(RESUME, about)

    assert asked["op"] == RECONNECT
    assert [(await second.receive())["t"] for _ in range(2)] == ["GUILD_ROLE_CREATE", "RESUMED"]
    assert chat.session_starts == 1


async def test_a_server_of_many_is_like_any_other(
    chat: LocalChat, rest: Rest, problems: list[str]
) -> None:
    ids = chat.add_guilds(3, channels=2, roles=1)
    guild = chat.guild(ids[1])
    first, second = chat.channels(guild)

    status, message = await rest("POST", f"/channels/{second.id}/messages", {"content": "hi"})
    said = await chat.person("Ada").say("ho", channel=first.id)

    assert (status, message["channel_id"]) == (200, str(second.id))
    assert chat.message(said).channel_id == first.id
    assert [role.guild_id for role in guild.roles.values()] == [guild.id]
    assert len({*ids, first.id, second.id, *guild.roles, guild.bot_role_id}) == 7
    assert (await rest("GET", f"/channels/{ids[2] + 1}"))[0] == 200
    assert (await rest("GET", f"/channels/{ids[2] + 100}"))[0] == 404
    assert problems == []


async def test_discord_py_in_thousands_of_servers() -> None:
    limits = DiscordLimits(identify_seconds=0, guilds_per_connection=100)
    async with LocalChat(limits=limits) as chat:
        chat.add_guilds(300, channels=4, roles=2)
        client = discord.AutoShardedClient(
            intents=discord.Intents(guilds=True), guild_ready_timeout=0.5, shard_count=4
        )
        with connected_to(chat):
            async with running(client, chat):
                seen = list(client.guilds)

    assert len(seen) == 301
    assert {len(guild.channels) for guild in seen} == {2, 4}


async def test_a_client_that_waits_for_a_server(
    chat: LocalChat, session: aiohttp.ClientSession
) -> None:
    """Servers that are told of one after another come in order, before what happens in them."""
    chat.add_guilds(2)
    socket: Socket
    socket, event = await ready(chat, session)

    names = [(await socket.receive())["t"] for _ in event["d"]["guilds"]]

    assert names == ["GUILD_CREATE"] * 3
