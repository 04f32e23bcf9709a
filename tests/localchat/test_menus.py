"""Select menus in messages: their limits, and what may be chosen in them; private cards."""

from __future__ import annotations

from typing import Any

import pytest

from localchat import Interaction, InvalidInput, LocalChat
from tests.localchat.chat import Begun, Rest, begin

V2 = 32768
COMMAND = {"name": "mix", "type": 1, "description": "Mix"}


def options(*values: str, **fields: Any) -> list[dict[str, Any]]:
    return [{"label": value or "x", "value": value} | fields for value in values]


def menu(kind: int = 3, **fields: Any) -> dict[str, Any]:
    given = {"options": options("a", "b", "c")} if kind == 3 else {}
    return {"type": kind, "custom_id": f"menu{kind}"} | given | fields


def card(*menus: dict[str, Any], **fields: Any) -> dict[str, Any]:
    rows = [{"type": 1, "components": [each]} for each in menus]
    return {"flags": V2, "components": rows} | fields


def path(chat: LocalChat) -> str:
    return f"/channels/{chat.channel().id}/messages"


REFUSED: dict[str, dict[str, Any]] = {
    "26 options": menu(options=options(*map(str, range(26)))),
    "no option": menu(options=[]),
    "the same value twice": menu(options=options("a", "a")),
    "label of 101": menu(options=[{"label": "x" * 101, "value": "x"}]),
    "value of 101": menu(options=[{"label": "x", "value": "x" * 101}]),
    "description of 101": menu(options=options("a", description="x" * 101)),
    "placeholder of 151": menu(placeholder="x" * 151),
    "more than 25 values": menu(max_values=26),
    "fewest more than most": menu(min_values=2, max_values=1),
    "custom id of 101": menu(custom_id="x" * 101),
    "more defaults than values": menu(5, default_values=[{"id": "1", "type": "user"}] * 2),
    "a text input": {"type": 4, "custom_id": "x", "style": 1},
    "a file upload": {"type": 19, "custom_id": "x"},
}


@pytest.mark.parametrize("case", REFUSED)
async def test_refused(chat: LocalChat, rest: Rest, case: str) -> None:
    status, body = await rest("POST", path(chat), card(REFUSED[case]))

    assert (status, body["code"]) == (400, 50035)


async def test_a_menu_needs_a_row_of_its_own(chat: LocalChat, rest: Rest) -> None:
    crowded = {"type": 1, "components": [menu(), menu(5)]}

    status, body = await rest("POST", path(chat), {"flags": V2, "components": [crowded]})

    assert (status, body["code"]) == (400, 50035)


async def test_ids_may_not_be_given_twice(chat: LocalChat, rest: Rest) -> None:
    twice = [{"type": 10, "id": 7, "content": "a"}, {"type": 10, "id": 7, "content": "b"}]

    status, body = await rest("POST", path(chat), {"flags": V2, "components": twice})

    assert (status, body["code"]) == (400, 50035)


async def test_what_is_chosen_is_resolved(chat: LocalChat, rest: Rest, problems: list[str]) -> None:
    grace, role = chat.person("Grace").user, chat.add_role("Helpers")
    menus = [menu(max_values=2), *(menu(kind) for kind in (5, 6, 7, 8))]
    status, message = await rest("POST", path(chat), card(*menus))
    assert status == 200
    chosen: dict[int, list[str]] = {
        3: ["c", "a"],
        5: ["Grace"],
        6: ["Helpers"],
        7: [str(role.id)],
        8: ["random"],
    }

    told = []
    for kind, values in chosen.items():
        pressing = chat.person("Ada").press(int(message["id"]), f"menu{kind}", values)
        begun = await begin(chat, pressing)
        await rest("POST", begun.callback, {"type": 6}, token="")
        told.append((await begun.waiting).data)

    gallery = str(chat.channel("random").id)
    assert [data["component_type"] for data in told] == [3, 5, 6, 7, 8]
    assert [data["values"] for data in told] == [
        ["c", "a"],
        [str(grace.id)],
        [str(role.id)],
        [str(role.id)],
        [gallery],
    ]
    assert [sorted(data.get("resolved", {})) for data in told] == [
        [],
        ["members", "users"],
        ["roles"],
        ["roles"],
        ["channels"],
    ]
    assert problems == []


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([], "1 to 2"),
        (["a", "b", "c"], "1 to 2"),
        (["a", "a"], "once"),
        (["z"], "one of the options"),
    ],
)
async def test_limits_of_a_choice(chat: LocalChat, rest: Rest, values: list[str], why: str) -> None:
    _, message = await rest("POST", path(chat), card(menu(max_values=2)))

    with pytest.raises(InvalidInput, match=why):
        await chat.person("Ada").press(int(message["id"]), "menu3", values)


async def started(chat: LocalChat, rest: Rest) -> Begun[Interaction]:
    await rest("PUT", f"/applications/{chat.application_id}/commands", [COMMAND])
    return await begin(chat, chat.person("Ada").run("mix"))


async def test_a_private_card_is_edited_and_deleted_through_its_token(
    chat: LocalChat, rest: Rest, problems: list[str]
) -> None:
    begun = await started(chat, rest)
    original = begun.webhook(chat.application_id, "/messages/@original")
    await rest("POST", begun.callback, {"type": 5, "data": {"flags": 64}}, token="")

    edited, message = await rest("PATCH", original, card(menu()), token="")
    private, second = await rest(
        "POST", begun.webhook(chat.application_id), card(menu(), flags=V2 | 64), token=""
    )
    deleted, _ = await rest("DELETE", original, token="")
    gone, body = await rest("GET", original, token="")

    assert (edited, message["flags"]) == (200, V2 | 64)
    assert (private, second["flags"]) == (200, V2 | 64)
    assert (deleted, gone, body["code"]) == (204, 404, 10008)
    ada = chat.person("Ada").user.id
    assert [each.visible_to for each in chat.all_messages()] == [ada]
    assert problems == []


async def test_others_do_not_see_a_private_card(chat: LocalChat, rest: Rest) -> None:
    begun = await started(chat, rest)
    answer = {"type": 4, "data": card(menu(), flags=V2 | 64)}
    await rest("POST", begun.callback, answer, token="")
    message = (await begun.waiting).response_message_id or 0

    with pytest.raises(InvalidInput, match="no such message"):
        await chat.person("Grace").press(message, "menu3", ["a"])
    await chat.person("Ada").delete(message)  # "Dismiss message"

    assert chat.messages() == []


async def test_automod_speaks_discords_words(chat: LocalChat, rest: Rest) -> None:
    chat.faults.next("POST", "/messages$", status=400, code=200000)

    status, body = await rest("POST", path(chat), {"content": "x"})

    assert (status, body["code"]) == (400, 200000)
    assert body["message"] == "Message was blocked by automatic moderation"


async def test_the_page_offers_members_roles_and_channels(chat: LocalChat, rest: Rest) -> None:
    chat.person("Grace")
    chat.add_role("Helpers")
    _, message = await rest("POST", path(chat), card(menu(7), menu(8)))

    html = await chat.export_message(int(message["id"]))

    for name in ("Grace", "@Helpers", "#random"):
        assert f">{name}</option>" in html
