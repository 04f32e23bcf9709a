"""Answering what a person did: deadlines, tokens, and what may be answered with what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from localchat import Interaction, InvalidInput, LocalChat, NotAcknowledged, Upload
from tests.localchat.chat import CONVERT, Begun, FakeClock, Rest, begin, png

PICTURE = Upload("a.png", png(), "image/png")
BUTTONS = [{"type": 1, "components": [{"type": 2, "style": 1, "label": "Stop", "custom_id": "s"}]}]


@pytest.fixture
def new_local_chat(clock: FakeClock) -> LocalChat:
    return LocalChat(clock=clock)


@pytest.fixture
async def begun(
    chat: LocalChat, rest: Rest, problems: list[str]
) -> AsyncIterator[Begun[Interaction]]:
    await rest("PUT", f"/applications/{chat.application_id}/commands", [CONVERT])
    ada = chat.person("Ada")
    begun = await begin(chat, ada.run("convert", {"source": PICTURE, "template": PICTURE}))
    yield begun
    begun.waiting.cancel()
    assert problems == []


async def test_within_three_seconds(
    rest: Rest, begun: Begun[Interaction], clock: FakeClock
) -> None:
    clock.now += 2.9

    status, _ = await rest("POST", begun.callback, {"type": 5}, token="")

    assert status == 204
    assert (await begun.waiting).seconds_to_acknowledge == pytest.approx(2.9)


async def test_after_three_seconds_it_is_unknown(
    rest: Rest, begun: Begun[Interaction], clock: FakeClock
) -> None:
    clock.now += 3.1

    status, body = await rest("POST", begun.callback, {"type": 5}, token="")

    assert (status, body["code"]) == (404, 10062)
    with pytest.raises(NotAcknowledged, match="did not respond"):
        await begun.waiting


async def test_an_answer_is_there_when_all_of_it_is(
    rest: Rest, begun: Begun[Interaction], clock: FakeClock
) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        yield b'{"type": 4, '
        clock.now += 3.1
        yield b'"data": {"content": "x"}}'

    callback = rest.chat.api_url + begun.callback
    async with rest.session.post(callback, data=slowly(), expect100=True) as response:
        assert (response.status, (await response.json())["code"]) == (404, 10062)


async def test_a_second_answer_is_refused(
    rest: Rest, begun: Begun[Interaction], clock: FakeClock
) -> None:
    await rest("POST", begun.callback, {"type": 5}, token="")
    clock.now += 3.1

    status, body = await rest(
        "POST", begun.callback, {"type": 4, "data": {"content": "hi"}}, token=""
    )

    assert (status, body["code"]) == (400, 40060)


async def test_a_wrong_token_in_the_path(
    chat: LocalChat, rest: Rest, begun: Begun[Interaction]
) -> None:
    path = f"/interactions/{begun.interaction.id}/wrong/callback"

    status, body = await rest("POST", path, {"type": 5}, token="")

    assert (status, body["code"]) == (404, 10062)


@pytest.mark.parametrize("kind", [6, 7, 8, 3, None])
async def test_a_command_cannot_be_answered_like_a_button(
    rest: Rest, begun: Begun[Interaction], kind: int | None
) -> None:
    status, body = await rest("POST", begun.callback, {"type": kind, "data": {}}, token="")

    assert (status, body["code"]) == (400, 50035)
    assert begun.interaction.acknowledged_at is None


async def test_the_answer_is_returned_on_request(rest: Rest, begun: Begun[Interaction]) -> None:
    answer = {"type": 4, "data": {"content": "hello", "flags": 64}}

    status, body = await rest(
        "POST", begun.callback, answer, token="", query={"with_response": "true"}
    )

    assert status == 200
    assert body["interaction"]["response_message_ephemeral"] is True
    assert body["resource"]["message"]["content"] == "hello"
    assert body["resource"]["message"]["flags"] == 64


async def test_the_token_lives_fifteen_minutes(
    chat: LocalChat, rest: Rest, begun: Begun[Interaction], clock: FakeClock
) -> None:
    await rest("POST", begun.callback, {"type": 5}, token="")
    original = begun.webhook(chat.application_id, "/messages/@original")
    clock.now += 15 * 60 - 1
    alive, _ = await rest("PATCH", original, {"content": "in time"}, token="")
    clock.now += 2

    status, body = await rest("PATCH", original, {"content": "too late"}, token="")
    followup, _ = await rest("POST", begun.webhook(chat.application_id), {"content": "x"}, token="")

    assert alive == 200
    assert (status, body["code"]) == (401, 50027)
    assert followup == 401
    # The bot's own token still reaches the message through its channel.
    message_id = begun.interaction.response_message_id
    path = f"/channels/{begun.interaction.channel_id}/messages/{message_id}"
    status, body = await rest("PATCH", path, {"content": "through the channel"})
    assert (status, body["content"]) == (200, "through the channel")


async def test_before_an_answer_there_is_nothing_to_edit(
    chat: LocalChat, rest: Rest, begun: Begun[Interaction]
) -> None:
    original = begun.webhook(chat.application_id, "/messages/@original")

    status, body = await rest("PATCH", original, {"content": "hi"}, token="")

    assert (status, body["code"]) == (404, 10015)


async def test_the_first_followup_fills_a_deferred_answer(
    chat: LocalChat, rest: Rest, begun: Begun[Interaction]
) -> None:
    await rest("POST", begun.callback, {"type": 5, "data": {"flags": 64}}, token="")
    deferred = chat.messages()[0]
    followup = begun.webhook(chat.application_id)

    _, first = await rest("POST", followup, {"content": "one"}, token="", query={"wait": "1"})
    _, second = await rest("POST", followup, {"content": "two"}, token="", query={"wait": "1"})

    assert deferred["flags"] == 64 | 128
    assert first["id"] == deferred["id"]
    assert first["flags"] == 64  # as it was deferred, and no longer loading
    assert first["edited_timestamp"] is None
    assert second["id"] != first["id"]
    assert second["message_reference"]["message_id"] == first["id"]


async def test_deferring_cannot_set_components_v2_but_the_edit_can(
    chat: LocalChat, rest: Rest, begun: Begun[Interaction]
) -> None:
    await rest("POST", begun.callback, {"type": 5, "data": {"flags": 32768}}, token="")
    assert chat.messages()[0]["flags"] == 128
    original = begun.webhook(chat.application_id, "/messages/@original")
    card = {"flags": 32768, "components": [{"type": 10, "content": "# Card"}]}

    status, body = await rest("PATCH", original, card, token="")

    assert (status, body["flags"]) == (200, 32768)


async def test_followups_are_edited_read_and_deleted_through_the_token(
    chat: LocalChat, rest: Rest, begun: Begun[Interaction]
) -> None:
    await rest("POST", begun.callback, {"type": 4, "data": {"content": "hi"}}, token="")
    _, made = await rest("POST", begun.webhook(chat.application_id), {"content": "one"}, token="")
    path = begun.webhook(chat.application_id, f"/messages/{made['id']}")

    edited = await rest("PATCH", path, {"content": "uno"}, token="")
    read = await rest("GET", path, token="")
    deleted = await rest("DELETE", path, token="")
    gone = await rest("GET", path, token="")

    assert edited[1]["content"] == read[1]["content"] == "uno"
    assert deleted == (204, "")
    assert (gone[0], gone[1]["code"]) == (404, 10008)


async def test_other_messages_are_out_of_the_tokens_reach(
    chat: LocalChat, rest: Rest, begun: Begun[Interaction]
) -> None:
    await rest("POST", begun.callback, {"type": 4, "data": {"content": "hi"}}, token="")
    _, other = await rest(
        "POST", f"/channels/{begun.interaction.channel_id}/messages", {"content": "other"}
    )
    path = begun.webhook(chat.application_id, f"/messages/{other['id']}")

    status, body = await rest("PATCH", path, {"content": "mine"}, token="")

    assert (status, body["code"]) == (404, 10008)


async def test_an_ephemeral_message_cannot_be_reached_through_the_channel(
    chat: LocalChat, rest: Rest, begun: Begun[Interaction]
) -> None:
    answer = {"type": 4, "data": {"content": "secret", "flags": 64, "components": BUTTONS}}
    await rest("POST", begun.callback, answer, token="")
    message_id = int(chat.messages()[0]["id"])

    status, body = await rest(
        "PATCH",
        f"/channels/{begun.interaction.channel_id}/messages/{message_id}",
        {"content": "x"},
    )

    assert (status, body["code"]) == (404, 10008)
    with pytest.raises(InvalidInput, match="no such message"):
        await chat.person("Eve").press(message_id, "s")


@pytest.mark.parametrize(
    ("answer", "content", "callback_type"),
    [
        ({"type": 7, "data": {"content": "changed"}}, "changed", 7),
        ({"type": 6}, "press me", 6),
    ],
)
async def test_a_button_may_change_its_own_message(
    chat: LocalChat,
    rest: Rest,
    begun: Begun[Interaction],
    answer: dict[str, Any],
    content: str,
    callback_type: int,
) -> None:
    data = {"content": "press me", "components": BUTTONS}
    await rest("POST", begun.callback, {"type": 4, "data": data}, token="")
    message_id = int(chat.messages()[0]["id"])
    pressed = await begin(chat, chat.person("Eve").press(message_id, "s"))

    await rest("POST", pressed.callback, answer, token="")
    done = await pressed.waiting

    assert done.callback_type == callback_type
    assert done.response_message_id == message_id
    assert chat.messages()[0]["content"] == content
    edited = await rest(
        "PATCH",
        pressed.webhook(chat.application_id, "/messages/@original"),
        {"content": "again"},
        token="",
    )
    assert edited[1]["id"] == str(message_id)


async def test_a_disabled_button_cannot_be_pressed(
    chat: LocalChat, rest: Rest, begun: Begun[Interaction]
) -> None:
    button = {"type": 2, "style": 1, "label": "Stop", "custom_id": "s", "disabled": True}
    data = {"components": [{"type": 1, "components": [button]}]}
    await rest("POST", begun.callback, {"type": 4, "data": data}, token="")

    with pytest.raises(InvalidInput, match="disabled"):
        await chat.person("Ada").press(int(chat.messages()[0]["id"]), "s")
