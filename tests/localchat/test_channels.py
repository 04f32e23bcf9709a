"""Channels over REST: permissions, pages, unknown things, who is mentioned."""

from __future__ import annotations

from typing import Any

import pytest

from localchat import LocalChat, Permission
from tests.localchat.chat import FakeClock, Rest, png


@pytest.fixture
def new_local_chat(clock: FakeClock) -> LocalChat:
    return LocalChat(clock=clock)


@pytest.fixture
def path(chat: LocalChat) -> str:
    return f"/channels/{chat.channel().id}/messages"


@pytest.mark.parametrize(
    ("denied", "files", "code"),
    [
        (Permission.VIEW_CHANNEL, (), 50001),
        (Permission.SEND_MESSAGES, (), 50013),
        (Permission.ATTACH_FILES, (("a.png", png()),), 50013),
    ],
)
async def test_missing_permissions(
    chat: LocalChat,
    rest: Rest,
    path: str,
    denied: Permission,
    files: tuple[tuple[str, bytes], ...],
    code: int,
) -> None:
    chat.deny_bot(denied)

    status, body = await rest("POST", path, {"content": "x"}, files=files)

    assert (status, body["code"]) == (403, code)


async def test_replying_needs_the_history(chat: LocalChat, rest: Rest, path: str) -> None:
    _, made = await rest("POST", path, {"content": "first"})
    reply = {"content": "second", "message_reference": {"message_id": made["id"]}}
    _, replied = await rest("POST", path, reply)
    chat.deny_bot(Permission.READ_MESSAGE_HISTORY)

    status, body = await rest("POST", path, reply)

    assert replied["type"] == 19
    assert replied["referenced_message"]["content"] == "first"
    assert (status, body["code"]) == (403, 160002)


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"after": "x"}]
)
async def test_pages_of_messages(rest: Rest, path: str, query: dict[str, str]) -> None:
    whole, _ = await rest("GET", path, query={"limit": "100", "before": "1", "after": "0"})
    status, body = await rest("GET", path, query=query)

    assert whole == 200
    assert (status, body["code"], list(body["errors"])) == (400, 50035, list(query))


async def test_unknown_things(rest: Rest, path: str) -> None:
    for method, where, code in (
        ("GET", f"{path}/1", 10008),
        ("PATCH", f"{path}/1", 10008),
        ("DELETE", f"{path}/1", 10008),
        ("GET", "/channels/1", 10003),
        ("GET", "/nothing/here", 0),
    ):
        body = {"content": "x"} if method == "PATCH" else None
        status, answer = await rest(method, where, body)
        assert (status, answer["code"]) == (404, code)
    status, answer = await rest("PUT", path, {})
    assert (status, answer["code"]) == (405, 0)


async def test_only_the_bots_token_opens_the_channel(rest: Rest, path: str) -> None:
    for token in ("", "wrong"):
        status, body = await rest("POST", path, {"content": "x"}, token=token)
        assert (status, body) == (401, {"message": "401: Unauthorized", "code": 0})


async def test_who_is_mentioned(chat: LocalChat, rest: Rest, path: str) -> None:
    ada, eve = chat.person("Ada").user, chat.person("Eve").user
    body: dict[str, Any] = {"content": f"<@{ada.id}> and <@{eve.id}>"}

    _, everybody = await rest("POST", path, body)
    _, nobody = await rest("POST", path, body | {"allowed_mentions": {"parse": []}})
    _, one = await rest(
        "POST", path, body | {"allowed_mentions": {"parse": [], "users": [str(eve.id)]}}
    )

    assert {user["id"] for user in everybody["mentions"]} == {str(ada.id), str(eve.id)}
    assert nobody["mentions"] == []
    assert [user["id"] for user in one["mentions"]] == [str(eve.id)]
