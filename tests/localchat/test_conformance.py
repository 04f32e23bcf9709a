"""Everything said between the local chat and a bot is as Discord describes it."""

from __future__ import annotations

from typing import Any

import pytest

from localchat import ChannelKind, Dispatch, Exchange, LocalChat, Upload
from tests.localchat.chat import CONVERT, Rest, begin, png
from tests.localchat.deviations import KNOWN_DEVIATIONS
from tests.localchat.openapi import OpenApi, openapi_or_skip


@pytest.fixture
def openapi() -> OpenApi:
    return openapi_or_skip()


def exchange(**fields: Any) -> Exchange:
    """Return a create-message exchange that is fine but for `fields`."""
    good: dict[str, Any] = {
        "method": "POST",
        "template": "/channels/{channel_id}/messages",
        "path": "/channels/1/messages",
        "query": {},
        "request_json": {"content": "x"},
        "files": (),
        "status": 429,
        "response_json": {"message": "slow", "code": 0, "retry_after": 0.1, "global": False},
    }
    return Exchange(**(good | fields))


async def test_a_whole_job_validates_and_every_deviation_is_needed(
    chat: LocalChat,
    rest: Rest,
    openapi: OpenApi,
    exchanges: list[Exchange],
) -> None:
    openapi.used.clear()
    application = chat.application_id
    picture = Upload("a.png", png(), "image/png")
    me = ("/users/@me", "/users/@me/guilds", "/applications/@me", "/oauth2/applications/@me")
    for path in (*me, f"/users/{chat.person('Ada').user.id}", "/gateway/bot"):
        await rest("GET", path)
    await rest("PUT", f"/applications/{application}/commands", [CONVERT])
    run = chat.person("Ada").run("convert", {"source": picture, "template": picture})
    begun = await begin(chat, run)
    await rest("POST", begun.callback, {"type": 5}, token="", query={"with_response": "1"})
    card = {
        "flags": 32768,
        "components": [
            {"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]},
            {
                "type": 1,
                "components": [{"type": 2, "style": 1, "label": "Stop", "custom_id": "s"}],
            },
        ],
        "attachments": [{"id": 0, "filename": "a.png", "description": "alt"}],
    }
    original = begun.webhook(application, "/messages/@original")
    await rest("PATCH", original, card, files=(("a.png", png()),), token="")
    message = (await begun.waiting).response_message_id
    channel = f"/channels/{begun.interaction.channel_id}"
    await rest("PATCH", f"{channel}/messages/{message}", card, files=(("a.png", png()),))
    pressed = await begin(chat, chat.person("Ada").press(message or 0, "s"))
    note = {"type": 4, "data": {"content": "ok", "flags": 64}}
    await rest("POST", pressed.callback, note, token="", query={"with_response": "1"})
    mention = {"parse": [], "users": [begun.interaction.user.id]}
    done = {"content": "done", "allowed_mentions": mention}
    await rest("POST", begun.webhook(application), done, query={"wait": "1"})
    await rest("POST", f"{channel}/messages", {"flags": 32768, "components": [{"type": 99}]})
    await rest("GET", f"{channel}/messages/{message}")
    await rest("GET", f"{channel}/messages")
    await chat.person("Ada").forward(message or 0, "random")
    await rest("GET", f"/channels/{chat.add_channel('videos', kind=ChannelKind.MEDIA).id}")
    await rest("GET", f"/channels/{chat.channel('random').id}/messages")
    await rest("GET", channel)
    await rest("DELETE", f"{channel}/messages/{message}")

    problems = [problem for seen in exchanges for problem in openapi.check(seen)]

    assert problems == []
    assert len(exchanges) == 19
    assert openapi.used == {deviation.name for deviation in KNOWN_DEVIATIONS}


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"template": "/no/such/path"}, "no such operation"),
        ({"method": "PUT"}, "no such operation"),
        ({"query": {"colour": "red"}}, "unknown parameter 'colour'"),
        ({"request_json": {"content": 5}}, "request: content"),
        ({"request_json": {"components": [{"type": 2}]}}, "request: components"),
        ({"request_json": None, "status": 200, "response_json": {}}, "a body is required"),
        ({"response_json": {"message": "slow"}}, "response"),
        ({"status": 200, "response_json": {"id": "1"}}, "is a required property"),
        ({"status": 204, "response_json": None}, "status 204 is not described"),
        ({"template": "/gateway/bot", "method": "GET"}, "no body is expected"),
    ],
)
def test_the_check_can_fail(openapi: OpenApi, fields: dict[str, Any], complaint: str) -> None:
    assert openapi.check(exchange()) == []

    problems = openapi.check(exchange(**fields))

    assert any(complaint in problem for problem in problems), problems


def test_formats_are_checked(openapi: OpenApi) -> None:
    attachment = {
        "id": "1",
        "filename": "a",
        "size": 1,
        "url": "http://x/a",
        "proxy_url": "http://x",
    }
    assert openapi.check_schema("MessageAttachmentResponse", attachment) == []

    for wrong in ({"size": 2**31}, {"url": "no scheme"}, {"id": "01"}):
        assert openapi.check_schema("MessageAttachmentResponse", attachment | wrong) != []


def test_events_are_checked(openapi: OpenApi) -> None:
    assert openapi.check_dispatch(Dispatch(name="MESSAGE_CREATE", data={"id": "1"})) != []
