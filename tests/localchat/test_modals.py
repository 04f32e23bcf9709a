"""Modals: what a bot may open, and what a person may submit."""

from __future__ import annotations

from typing import Any

import pytest

from localchat import Interaction, InvalidInput, LocalChat, Upload
from tests.localchat.chat import Begun, Rest, begin, png

COMMAND = {"name": "mix", "type": 1, "description": "Mix"}
PICTURE = Upload("picture.png", png(), "image/png")


def label(component: dict[str, Any], text: str = "Label") -> dict[str, Any]:
    return {"type": 18, "label": text, "component": component}


def text(**fields: Any) -> dict[str, Any]:
    return {"type": 4, "custom_id": "text", "style": 1} | fields


def modal(*components: dict[str, Any], **fields: Any) -> dict[str, Any]:
    parts = list(components) or [label(text())]
    return {"type": 9, "data": {"custom_id": "m", "title": "Mix", "components": parts} | fields}


def options(count: int) -> list[dict[str, Any]]:
    return [{"label": f"Option {n}", "value": f"o{n}"} for n in range(count)]


async def asked(chat: LocalChat, rest: Rest) -> Begun[Interaction]:
    await rest("PUT", f"/applications/{chat.application_id}/commands", [COMMAND])
    return await begin(chat, chat.person("Ada").run("mix"))


async def opened(chat: LocalChat, rest: Rest, answer: dict[str, Any]) -> Interaction:
    begun = await asked(chat, rest)
    status, body = await rest("POST", begun.callback, answer, token="")
    assert status == 204, body
    return await begun.waiting


def radio(count: int, **fields: Any) -> dict[str, Any]:
    return {"type": 21, "custom_id": "r", "options": options(count)} | fields


def boxes(count: int, **fields: Any) -> dict[str, Any]:
    return {"type": 22, "custom_id": "b", "options": options(count)} | fields


def menu(count: int, **fields: Any) -> dict[str, Any]:
    return {"type": 3, "custom_id": "s", "options": options(count)} | fields


def files(**fields: Any) -> dict[str, Any]:
    return {"type": 19, "custom_id": "f"} | fields


REFUSED: dict[str, dict[str, Any]] = {
    "no title": modal(title=""),
    "no part": modal() | {"data": {"custom_id": "m", "title": "Mix", "components": []}},
    "the same custom id twice": modal(label(text()), label(text())),
    "a button": modal({"type": 1, "components": [{"type": 2, "style": 1, "custom_id": "x"}]}),
    "a text input without a label": modal(text()),
    "an empty label": modal({"type": 18, "label": "x"}),
    "shortest longer than longest": modal(label(text(min_length=5, max_length=4))),
    "fewest more than most": modal(label(files(min_values=3, max_values=2))),
    "the same value twice": modal(label(menu(2, options=[*options(1), *options(1)]))),
    "a disabled menu": modal(label(menu(2, disabled=True))),
    "a gallery": modal({"type": 12, "items": []}),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_refused(chat: LocalChat, rest: Rest, case: str) -> None:
    begun = await asked(chat, rest)

    status, body = await rest("POST", begun.callback, REFUSED[case], token="")

    assert (status, body["code"]) == (400, 50035), body
    assert begun.interaction.modal is None
    begun.waiting.cancel()


EVERYTHING = modal(
    label(text(value="before", min_length=2, max_length=20)),
    label(menu(3, min_values=0, max_values=2, required=False)),
    label(files(min_values=0, max_values=2, required=False)),
    label(radio(2)),
    label(boxes(3, required=False, min_values=0)),
)


async def test_what_is_submitted(chat: LocalChat, rest: Rest, problems: list[str]) -> None:
    interaction = await opened(chat, rest, EVERYTHING)
    values: dict[str, Any] = {
        "text": "hello",
        "s": ["o2", "o0"],
        "f": [PICTURE],
        "r": "o1",
        "b": ["o1"],
    }

    begun = await begin(chat, chat.person("Ada").submit(interaction, values))
    status, _ = await rest("POST", begun.callback, {"type": 5}, token="")

    sent = begun.interaction
    inner = [part["component"] for part in sent.data["components"]]
    (file_id,) = sent.data["resolved"]["attachments"]
    assert status == 204
    assert sent.data["custom_id"] == "m"
    assert [part.get("value", part.get("values")) for part in inner] == [
        "hello",
        ["o2", "o0"],
        [file_id],
        "o1",
        ["o1"],
    ]
    assert len({part["id"] for part in [*inner, *sent.data["components"]]}) == 10
    answer = chat.messages()[-1]
    assert answer["interaction_metadata"]["type"] == 5
    assert answer["interaction_metadata"]["triggering_interaction_metadata"]["type"] == 2
    assert problems == []


async def test_what_the_bot_put_there_stays(chat: LocalChat, rest: Rest) -> None:
    interaction = await opened(chat, rest, EVERYTHING)

    begun = await begin(chat, chat.person("Ada").submit(interaction, {"r": "o0"}))

    inner = [part["component"] for part in begun.interaction.data["components"]]
    assert [part.get("value", part.get("values")) for part in inner] == ["before", [], [], "o0", []]
    assert "resolved" not in begun.interaction.data
    begun.waiting.cancel()


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"r": "o0", "text": "x"}, "2 to 20"),
        ({"r": "o0", "text": "x" * 21}, "2 to 20"),
        ({"r": "o0", "text": ""}, "required"),
        ({"r": "o0", "text": True}, "a text"),
        ({"r": "o0", "s": ["o0", "o1", "o2"]}, "0 to 2"),
        ({"r": "o0", "s": ["o0", "o0"]}, "once"),
        ({"r": "o0", "s": ["o9"]}, "one of the options"),
        ({"r": "o0", "f": [PICTURE] * 3}, "0 to 2"),
        ({"r": "o0", "f": ["picture.png"]}, "takes files"),
        ({"r": "o9"}, "one of the options"),
        ({}, "1 to 1"),
        ({"r": "o0", "other": "x"}, "no field 'other'"),
    ],
)
async def test_limits_of_fields(
    chat: LocalChat, rest: Rest, values: dict[str, Any], why: str
) -> None:
    interaction = await opened(chat, rest, EVERYTHING)

    with pytest.raises(InvalidInput, match=why):
        await chat.person("Ada").submit(interaction, values)


async def test_members_roles_and_channels(chat: LocalChat, rest: Rest, problems: list[str]) -> None:
    role = chat.add_role("Helpers")
    grace = chat.person("Grace")
    everyone = [
        label({"type": kind, "custom_id": name, "max_values": 2})
        for name, kind in (("user", 5), ("role", 6), ("any", 7), ("channel", 8))
    ]
    interaction = await opened(chat, rest, modal(*everyone, label({"type": 23, "custom_id": "c"})))
    values: dict[str, Any] = {
        "user": ["Grace"],
        "role": ["Helpers"],
        "any": ["Helpers", "Grace"],
        "c": True,
    }

    begun = await begin(
        chat, chat.person("Ada").submit(interaction, values | {"channel": ["random"]})
    )

    data = begun.interaction.data
    inner = [part["component"] for part in data["components"]]
    user_id, role_id = str(grace.user.id), str(role.id)
    assert [part.get("values") for part in inner[:3]] == [[user_id], [role_id], [role_id, user_id]]
    assert inner[4]["value"] is True
    assert set(data["resolved"]) == {"users", "members", "roles", "channels"}
    assert problems == []
    begun.waiting.cancel()


async def test_a_modal_cannot_answer_a_modal(chat: LocalChat, rest: Rest) -> None:
    interaction = await opened(chat, rest, modal())
    begun = await begin(chat, chat.person("Ada").submit(interaction, {"text": "x"}))

    status, body = await rest("POST", begun.callback, modal(), token="")
    update, _ = await rest("POST", begun.callback, {"type": 6}, token="")

    assert (status, body["code"]) == (400, 50035)
    assert update == 400  # a command opened it: there is no message to update
    begun.waiting.cancel()


async def test_only_who_asked_may_submit(chat: LocalChat, rest: Rest) -> None:
    interaction = await opened(chat, rest, modal())

    with pytest.raises(InvalidInput, match="no form is open"):
        await chat.person("Grace").submit(interaction, {"text": "x"})


async def test_a_modal_of_a_button_may_change_the_buttons_message(
    chat: LocalChat, rest: Rest, problems: list[str]
) -> None:
    channel = f"/channels/{chat.channel().id}/messages"
    button = {"type": 2, "style": 1, "label": "Change…", "custom_id": "change"}
    row = [{"type": 1, "components": [button]}]
    _, card = await rest("POST", channel, {"content": "before", "components": row})
    ada = chat.person("Ada")

    pressed = await begin(chat, ada.press(int(card["id"]), "change"))
    await rest("POST", pressed.callback, modal(), token="")
    submitted = await begin(chat, ada.submit(await pressed.waiting, {"text": "x"}))
    status, body = await rest(
        "POST",
        submitted.callback,
        {"type": 7, "data": {"content": "after", "components": []}},
        token="",
        query={"with_response": "true"},
    )

    assert status == 200
    assert body["resource"]["message"]["id"] == card["id"]
    assert chat.message(int(card["id"])).content == "after"
    assert problems == []
