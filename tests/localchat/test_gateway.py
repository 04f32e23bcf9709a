"""The gateway, spoken to by hand: what discord.py would never send, and other libraries' ways."""

from __future__ import annotations

import asyncio
import json
import zlib
from typing import Any

import aiohttp
import pytest

from localchat import Dispatch, LocalChat
from localchat.connection import SENT_LIMIT
from tests.localchat.chat import Rest
from tests.localchat.sockets import (
    ACK,
    HELLO,
    IDENTIFY,
    INVALID,
    RESUME,
    connect,
    identity,
    ready,
)


async def test_hello_identify_ready_guild(chat: LocalChat, session: aiohttp.ClientSession) -> None:
    socket, event = await ready(chat, session)
    guild = await socket.receive()
    await socket.send(1, 2)

    assert (event["t"], event["s"]) == ("READY", 1)
    assert event["d"]["resume_gateway_url"] == chat.gateway_url
    assert event["d"]["guilds"] == [{"id": guild["d"]["id"], "unavailable": True}]
    assert guild["d"]["name"] == "Server"
    assert [channel["name"] for channel in guild["d"]["channels"]] == ["general", "random"]
    assert (await socket.receive())["op"] == ACK
    await asyncio.wait_for(chat.wait_for_bot(), 1)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"token": "wrong"}, 4004),
        ({"intents": 513 | 1 << 15}, 4014),
        ({"intents": 513 | 1 << 1}, 4014),
        ({"intents": 1 << 30}, 4013),
        ({"intents": None}, 4013),
        ({"shard": [2, 2]}, 4010),
        ({"shard": ["0", 2]}, 4010),
        ({"shard": 1}, 4010),
        ({"properties": None}, 4002),
    ],
)
async def test_identities_that_are_refused(
    chat: LocalChat, session: aiohttp.ClientSession, fields: dict[str, Any], code: int
) -> None:
    socket = await connect(chat, session)
    await socket.send(IDENTIFY, identity(chat, **fields))

    assert await socket.closed() == code
    assert not chat.connected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("not json", 4002),
        ("[]", 4002),
        ('{"op": 99}', 4001),
        ('{"op": 3, "d": {}}', 4003),
        ('{"op": 3, "d": "' + "x" * 4096 + '"}', 4002),
        ("x" * 20_000, 1009),
    ],
)
async def test_nonsense_is_refused(
    chat: LocalChat, session: aiohttp.ClientSession, text: str, code: int
) -> None:
    socket = await connect(chat, session)
    await socket.socket.send_str(text)

    assert await socket.closed() == code


async def test_identifying_twice_and_talking_too_much(
    chat: LocalChat, session: aiohttp.ClientSession
) -> None:
    twice, _ = await ready(chat, session)
    await twice.send(IDENTIFY, identity(chat))
    chatty, _ = await ready(chat, session)
    for _ in range(SENT_LIMIT + 1):
        await chatty.send(1, None)

    assert await twice.closed() == 4005
    assert await chatty.closed() == 4008


@pytest.mark.parametrize("query", ["?v=7&encoding=json", ""])
async def test_old_versions_are_refused(
    chat: LocalChat, session: aiohttp.ClientSession, query: str
) -> None:
    socket = await connect(chat, session, query)

    assert await socket.closed() == 4012


@pytest.mark.parametrize("query", ["?v=10&encoding=etf", "?v=10&compress=lzma"])
async def test_what_is_not_spoken_here_is_said_at_once(
    chat: LocalChat, session: aiohttp.ClientSession, query: str
) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await connect(chat, session, query)

    assert refusal.value.status == 400


async def test_resuming_brings_what_was_missed(
    chat: LocalChat, session: aiohttp.ClientSession, rest: Rest
) -> None:
    first, event = await ready(chat, session)
    await first.receive()
    await chat.drop_gateway(4000)
    assert await first.closed() == 4000
    channel = chat.channel().id
    await rest("POST", f"/channels/{channel}/messages", {"content": "missed"})

    second = await connect(chat, session)
    await second.receive()
    session_id = event["d"]["session_id"]
    await second.send(RESUME, {"token": chat.token, "session_id": session_id, "seq": 2})

    missed = await second.receive()
    resumed = await second.receive()
    assert (missed["t"], missed["s"], missed["d"]["content"]) == ("MESSAGE_CREATE", 3, "missed")
    assert (resumed["t"], resumed["s"]) == ("RESUMED", 4)


async def test_a_forgotten_session_is_invalid(
    chat: LocalChat, session: aiohttp.ClientSession
) -> None:
    _, event = await ready(chat, session)
    await chat.drop_gateway(4000, forget_sessions=True)
    socket = await connect(chat, session)
    await socket.receive()
    known = {"token": chat.token, "session_id": event["d"]["session_id"], "seq": 2}
    await socket.send(RESUME, known)

    assert await socket.receive() == {"op": INVALID, "d": False, "s": None, "t": None}


@pytest.mark.parametrize(("code", "resumed"), [(1000, False), (1001, False), (4000, True)])
async def test_who_says_goodbye_cannot_resume(
    chat: LocalChat, session: aiohttp.ClientSession, code: int, resumed: bool
) -> None:
    first, event = await ready(chat, session)
    await first.socket.close(code=code)

    second = await connect(chat, session)
    await second.receive()
    known = {"token": chat.token, "session_id": event["d"]["session_id"], "seq": 2}
    await second.send(RESUME, known)

    answer = await second.receive()
    assert (answer["op"], answer["t"]) == ((0, "RESUMED") if resumed else (INVALID, None))


async def test_a_sequence_from_the_future(chat: LocalChat, session: aiohttp.ClientSession) -> None:
    _, event = await ready(chat, session)
    socket = await connect(chat, session)
    known = {"token": chat.token, "session_id": event["d"]["session_id"], "seq": 99}
    await socket.send(RESUME, known)

    assert await socket.closed() == 4007


async def test_zlib_stream(chat: LocalChat, session: aiohttp.ClientSession) -> None:
    socket = await connect(chat, session, "?v=10&encoding=json&compress=zlib-stream")
    inflate = zlib.decompressobj()

    async def receive() -> Any:
        data = await socket.socket.receive_bytes(timeout=5)
        assert data.endswith(b"\x00\x00\xff\xff")
        return json.loads(inflate.decompress(data))

    hello = await receive()
    await socket.send(IDENTIFY, identity(chat))

    assert hello["op"] == HELLO
    assert (await receive())["t"] == "READY"
    assert (await receive())["t"] == "GUILD_CREATE"


async def test_intents_decide_what_is_told(
    chat: LocalChat,
    session: aiohttp.ClientSession,
    rest: Rest,
    dispatches: list[Dispatch],
) -> None:
    await ready(chat, session, intents=0)
    channel = chat.channel().id

    await rest("POST", f"/channels/{channel}/messages", {"content": "x"})

    assert [dispatch.name for dispatch in dispatches] == ["READY"]


async def test_asking_for_members(chat: LocalChat, session: aiohttp.ClientSession) -> None:
    socket, event = await ready(chat, session)
    guild = await socket.receive()
    ada = chat.person("Ada").user

    wanted = {
        "guild_id": guild["d"]["id"],
        "user_ids": [str(ada.id), "5"],
        "nonce": "n",
        "limit": 0,
    }
    await socket.send(8, wanted)

    chunk = await socket.receive()
    assert chunk["t"] == "GUILD_MEMBERS_CHUNK"
    assert [member["user"]["global_name"] for member in chunk["d"]["members"]] == ["Ada"]
    assert (chunk["d"]["not_found"], chunk["d"]["nonce"]) == (["5"], "n")
    assert event["d"]["user"]["bot"] is True
