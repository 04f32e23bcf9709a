"""Rate limits: told in headers, enforced with 429."""

from __future__ import annotations

import asyncio

import pytest

from localchat import LocalChat
from tests.localchat.chat import FakeClock, Rest, begin


@pytest.fixture
def new_local_chat(clock: FakeClock) -> LocalChat:
    return LocalChat(clock=clock)


@pytest.fixture
def path(chat: LocalChat) -> str:
    return f"/channels/{chat.channel().id}/messages"


async def test_five_edits_then_429_with_the_time_to_wait(
    rest: Rest, path: str, problems: list[str]
) -> None:
    _, made = await rest("POST", path, {"content": "0"})
    message = f"{path}/{made['id']}"
    remaining = []
    for number in range(5):
        assert (await rest("PATCH", message, {"content": str(number)}))[0] == 200
        remaining.append(rest.headers["X-RateLimit-Remaining"])

    status, body = await rest("PATCH", message, {"content": "6"})

    assert remaining == ["4", "3", "2", "1", "0"]
    assert status == 429
    assert 0 < body["retry_after"] <= 5
    assert body["global"] is False
    assert rest.headers["X-RateLimit-Scope"] == "user"
    assert float(rest.headers["X-RateLimit-Reset-After"]) == pytest.approx(
        body["retry_after"], abs=0.01
    )
    assert problems == []


async def test_messages_older_than_an_hour_take_three_edits(
    rest: Rest, path: str, clock: FakeClock
) -> None:
    _, made = await rest("POST", path, {"content": "0"})
    message = f"{path}/{made['id']}"
    clock.now += 3601

    answers = [await rest("PATCH", message, {"content": str(number)}) for number in range(4)]

    assert [status for status, _ in answers] == [200, 200, 200, 429]
    assert answers[-1][1]["code"] == 30046


async def test_more_than_fifty_requests_a_second(rest: Rest, chat: LocalChat) -> None:
    gets = [
        await rest("GET", f"/channels/{channel.id}", None)
        for channel in chat.channels()
        for _ in range(30)
    ]

    limited = [body for status, body in gets if status == 429]

    assert limited
    assert limited[0]["global"] is True


async def test_all_messages_of_a_channel_share_the_edits(
    chat: LocalChat, rest: Rest, path: str
) -> None:
    other = f"/channels/{chat.channel('random').id}/messages"
    ids = [(await rest("POST", path, {"content": "x"}))[1]["id"] for _ in range(2)]
    _, elsewhere = await rest("POST", other, {"content": "x"})

    edits = [await rest("PATCH", f"{path}/{ids[n % 2]}", {"content": str(n)}) for n in range(6)]
    apart, _ = await rest("PATCH", f"{other}/{elsewhere['id']}", {"content": "y"})

    assert [status for status, _ in edits] == [200] * 5 + [429]
    assert apart == 200


async def test_interactions_do_not_count_towards_the_global_limit(
    chat: LocalChat, rest: Rest
) -> None:
    command = {"name": "mix", "type": 1, "description": "Mix"}
    await rest("PUT", f"/applications/{chat.application_id}/commands", [command])
    begun = await begin(chat, chat.person("Ada").run("mix"))
    places = [chat.add_channel(f"room-{number}") for number in range(60)]
    # At once: one after another they might take longer than the second that counts.
    answers = await asyncio.gather(*(rest("GET", f"/channels/{each.id}") for each in places))

    data = {"type": 4, "data": {"content": "hi"}}
    answered, _ = await rest("POST", begun.callback, data, token="")
    webhook = begun.webhook(chat.application_id, "/messages/@original")
    edited, _ = await rest("PATCH", webhook, {"content": "ho"}, token="")

    limited = [body for status, body in answers if status == 429]
    assert limited
    assert limited[0]["global"] is True
    assert (answered, edited) == (204, 200)
