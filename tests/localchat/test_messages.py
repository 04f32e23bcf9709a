"""Messages through the channel: what is refused, with Discord's codes."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from localchat import LocalChat
from tests.localchat.chat import FakeClock, Rest, png

V2 = 32768
MIB = 1024 * 1024


@pytest.fixture
def new_local_chat(clock: FakeClock) -> LocalChat:
    return LocalChat(clock=clock)


@pytest.fixture
def path(chat: LocalChat) -> str:
    return f"/channels/{chat.channel().id}/messages"


def text(content: str = "hello") -> dict[str, Any]:
    return {"type": 10, "content": content}


def button(custom_id: str | None = "a", **fields: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "Press", "custom_id": custom_id} | fields


def row(*children: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(children)}


def gallery(*urls: str) -> dict[str, Any]:
    return {"type": 12, "items": [{"media": {"url": url}} for url in urls]}


def container(*children: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": 17, "components": list(children)} | fields


REFUSED: dict[str, tuple[dict[str, Any], list[Any], str]] = {
    "content beside components": ({"content": "x"}, [text()], "content"),
    "embeds beside components": ({"embeds": [{"title": "x"}]}, [text()], "embeds"),
    "missing file": ({}, [gallery("attachment://nothing.png")], "url"),
    "unknown scheme": ({}, [gallery("file:///etc/passwd")], "url"),
    "no custom_id": ({}, [row(button() | {"custom_id": None})], "custom_id"),
    "custom_id twice": ({}, [row(button("a"), button("a"))], "custom_id"),
    "words for an emoji": ({}, [row(button(emoji={"name": "palette"}))], "name"),
    "no address": ({}, [row(button(style=5, custom_id=None, url="https://"))], "url"),
    "a picture without one": ({}, [{"type": 12, "items": [{}]}], "url"),
    "button without words": ({}, [row(button(label=None))], "0"),
    "script in a link": ({}, [row(button(style=5, custom_id=None, url="javascript:0"))], "url"),
    "loose button": ({}, [button()], "type"),
    "container in a container": ({}, [container(container(text()))], "type"),
    "unknown type": ({}, [{"type": 99}], "type"),
    "no type": ({}, ["text"], "type"),
    "section without accessory": ({}, [{"type": 9, "components": [text()]}], "type"),
}


def _places_of(errors: Any) -> set[str]:
    """Return names of the fields that errors are noted for."""
    places: set[str] = set()
    for name, child in errors.items():
        if name != "_errors":
            places |= {name} if "_errors" in child else set()
            places |= _places_of(child)
    return places


@pytest.mark.parametrize("case", REFUSED)
async def test_components_v2_are_refused(rest: Rest, path: str, case: str) -> None:
    fields, components, place = REFUSED[case]

    status, body = await rest("POST", path, {"flags": V2, "components": components} | fields)

    assert (status, body["code"]) == (400, 50035)
    assert place in _places_of(body["errors"])


async def test_forty_components_of_4000_characters_are_taken(
    chat: LocalChat, rest: Rest, path: str, problems: list[str]
) -> None:
    texts = [text("a" * 100) for _ in range(39)] + [text("a" * 100)]

    status, body = await rest("POST", path, {"flags": V2, "components": texts})

    assert status == 200
    assert [component["id"] for component in body["components"]] == list(range(1, 41))
    assert problems == []


async def test_every_kind_of_component_is_answered_in_discords_shape(
    rest: Rest, path: str, problems: list[str]
) -> None:
    thumbnail = {"type": 11, "media": {"url": "attachment://a.png"}, "description": "alt"}
    components = [
        container(
            {"type": 9, "components": [text("## Title")], "accessory": thumbnail},
            {"type": 14, "divider": False, "spacing": 2},
            gallery("attachment://a.png", "https://example.org/b.png"),
            {"type": 13, "file": {"url": "attachment://notes.txt"}},
            row(button("a"), button("b", style=4, emoji={"name": "🗑️"})),
            accent_color=0xB04A24,
        ),
        row(button("c", style=2), button(style=5, custom_id=None, url="https://example.org")),
        row({"type": 3, "custom_id": "d", "options": [{"label": "One", "value": "1"}]}),
    ]

    status, body = await rest(
        "POST",
        path,
        {
            "flags": V2,
            "components": components,
            "attachments": [{"id": 0, "description": "a picture"}],
        },
        files=(("a.png", png(9, 7)), ("notes.txt", b"words")),
    )

    assert status == 200
    assert problems == []
    media = body["components"][0]["components"][0]["accessory"]["media"]
    assert (media["width"], media["height"], media["content_type"]) == (9, 7, "image/png")
    async with rest.session.get(media["url"]) as response:
        assert await response.read() == png(9, 7)


async def test_the_flag_cannot_be_taken_off(rest: Rest, path: str) -> None:
    _, made = await rest("POST", path, {"flags": V2, "components": [text()]})
    message = f"{path}/{made['id']}"

    status, body = await rest("PATCH", message, {"flags": 0, "content": "plain"})
    other, body2 = await rest("PATCH", message, {"content": "plain"})

    assert (status, body["code"]) == (400, 50035)
    assert "flags" in body["errors"]
    assert other == 400
    assert "content" in body2["errors"]


async def test_a_plain_message_becomes_a_card_only_without_its_content(
    rest: Rest, path: str
) -> None:
    _, made = await rest("POST", path, {"content": "plain"})
    message = f"{path}/{made['id']}"
    card = {"flags": V2, "components": [text()]}

    refused, _ = await rest("PATCH", message, card)
    status, body = await rest("PATCH", message, card | {"content": None})

    assert refused == 400
    assert (status, body["content"], body["flags"]) == (200, "", V2)


async def test_without_the_flag_only_rows_are_components(rest: Rest, path: str) -> None:
    refused, _ = await rest("POST", path, {"content": "x", "components": [text()]})
    too_many, _ = await rest(
        "POST", path, {"content": "x", "components": [row(button(str(n))) for n in range(6)]}
    )
    status, body = await rest("POST", path, {"content": "x", "components": [row(button())]})

    assert (refused, too_many, status) == (400, 400, 200)
    assert body["components"][0]["components"][0]["custom_id"] == "a"


@pytest.mark.parametrize(
    ("body", "code"),
    [({}, 50006), ({"content": "  "}, 50006), ({"content": "a" * 2001}, 50035), (None, 50109)],
)
async def test_empty_and_overlong(rest: Rest, path: str, body: Any, code: int) -> None:
    status, answer = await rest("POST", path, body)

    assert (status, answer["code"]) == (400, code)


@pytest.mark.parametrize(
    "body",
    [
        {"components": "x"},
        {"components": [5]},
        {"attachments": "x"},
        {"attachments": [5]},
        {"embeds": [5]},
        {"content": 5},
        {"flags": "x"},
        {"content": "x", "nonce": []},
        {"content": "x", "allowed_mentions": "x"},
        {"content": "x", "allowed_mentions": {"users": ["x"]}},
        {"content": "x", "allowed_mentions": {"parse": ["somebody"]}},
        {"content": "x", "message_reference": "x"},
        {"content": "x", "message_reference": {"message_id": "x"}},
        {"content": "x", "message_reference": {"channel_id": "1"}},
        {"embeds": [{"title": "x", "url": "javascript:0"}]},
        {"embeds": [{"title": "x", "image": {}}]},
        {"content": "x", "attachments": [{"id": "²"}]},
        [],
        "x",
    ],
)
async def test_nonsense_is_a_bad_request(rest: Rest, path: str, body: Any) -> None:
    status, answer = await rest("POST", path, body)

    assert status == 400
    assert answer["code"] in {50035, 50109}


async def test_ten_mebibytes_are_taken_and_a_byte_more_is_not(rest: Rest, path: str) -> None:
    exact = await rest("POST", path, {}, files=(("a.bin", bytes(10 * MIB)),))
    over = await rest("POST", path, {}, files=(("a.bin", bytes(10 * MIB + 1)),))

    assert exact[0] == 200
    assert exact[1]["attachments"][0]["size"] == 10 * MIB
    assert (over[0], over[1]["code"]) == (413, 40005)


async def test_ten_files_are_taken_and_eleven_are_not(rest: Rest, path: str) -> None:
    files = tuple((f"{number}.png", png()) for number in range(11))

    ten, made = await rest("POST", path, {}, files=files[:10])
    eleven, refusal = await rest("POST", path, {}, files=files)
    more, refusal2 = await rest("PATCH", f"{path}/{made['id']}", {}, files=files[:1])

    assert (ten, len(made["attachments"])) == (200, 10)
    assert (eleven, refusal["code"]) == (400, 30015)
    assert (more, refusal2["code"]) == (400, 30015)


async def test_an_edit_removes_files_it_does_not_list(
    chat: LocalChat, rest: Rest, path: str
) -> None:
    _, made = await rest("POST", path, {}, files=(("a.png", png()), ("b.png", png())))
    first, second = made["attachments"]
    message = f"{path}/{made['id']}"

    _, kept_all = await rest("PATCH", message, {"content": "all"})
    _, kept_one = await rest("PATCH", message, {"attachments": [{"id": first["id"]}]})
    unknown, _ = await rest("PATCH", message, {"attachments": [{"id": second["id"]}]})

    assert len(kept_all["attachments"]) == 2
    assert [kept["id"] for kept in kept_one["attachments"]] == [first["id"]]
    assert unknown == 400
    async with rest.session.get(second["url"]) as response:
        assert response.status == 404
    async with rest.session.get(first["url"]) as response:
        assert response.status == 200


async def test_edits_at_the_same_time_leave_one_whole_state(
    rest: Rest, path: str, session: aiohttp.ClientSession
) -> None:
    _, made = await rest("POST", path, {}, files=(("0.png", png()),))
    message = f"{path}/{made['id']}"

    edits = [
        rest("PATCH", message, {"attachments": []}, files=((f"{number}.png", png()),))
        for number in range(1, 6)
    ]
    await asyncio.gather(*edits)

    _, final = await rest("GET", message)
    (attachment,) = final["attachments"]
    async with session.get(attachment["url"]) as response:
        assert response.status == 200


async def test_a_nonce_makes_no_second_message(
    chat: LocalChat, rest: Rest, path: str, clock: FakeClock
) -> None:
    body = {"content": "once", "nonce": "abc", "enforce_nonce": True}

    _, first = await rest("POST", path, body)
    _, again = await rest("POST", path, body)
    clock.now += 3600
    _, later = await rest("POST", path, body)
    too_long, _ = await rest("POST", path, body | {"nonce": "x" * 26})

    assert first["id"] == again["id"]
    assert later["id"] != first["id"]
    assert too_long == 400
