"""The page: what it serves, whom it serves, and what it does for a person."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from localchat import ChatConfig, Example, LocalChat
from tests.localchat.chat import CONVERT, FakeClock, PageEvents, Rest, begin, page_state, png

BUTTON = {"type": 2, "style": 1, "label": "<b>Stop</b>", "custom_id": 'a"b'}


@pytest.fixture
def new_local_chat(clock: FakeClock, tmp_path: Path) -> LocalChat:
    picture = tmp_path / "my picture.png"
    picture.write_bytes(png(9, 7))
    example = Example(name="A picture", kind="picture", path=picture, credit="taken by us")
    return LocalChat(config=ChatConfig(examples=[example]), clock=clock)


def origin(chat: LocalChat) -> dict[str, str]:
    return {"Origin": f"http://{chat.file_host}"}


def multipart(about: dict[str, Any]) -> aiohttp.FormData:
    """Return the page's form, without files."""
    return aiohttp.FormData({"about": json.dumps(about)}, default_to_multipart=True)


@pytest.fixture
async def events(chat: LocalChat, session: aiohttp.ClientSession) -> AsyncIterator[PageEvents]:
    async with session.get(chat.page_url + "page/events?as=Ada") as response:
        yield PageEvents(response)


async def test_it_is_served_with_a_strict_policy(
    chat: LocalChat, session: aiohttp.ClientSession
) -> None:
    async with session.get(chat.page_url) as response:
        html = await response.text()
        policy = response.headers["Content-Security-Policy"]

    assert response.status == 200
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http://" not in html
    assert "https://" not in html
    assert "style=" not in html
    for path in html.split('"')[1::2]:
        if path.startswith("page/"):
            async with session.get(chat.page_url + path) as file:
                assert file.status == 200
                assert "https://" not in await file.text()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:1", "127.0.0.1.evil.example"])
async def test_other_hosts_are_refused(
    chat: LocalChat, session: aiohttp.ClientSession, host: str
) -> None:
    for path in ("", "page/events", "api/v10/gateway"):
        async with session.get(chat.page_url + path, headers={"Host": host}) as response:
            assert response.status == 421


async def test_localhost_is_us_too(chat: LocalChat, session: aiohttp.ClientSession) -> None:
    host = chat.file_host.replace("127.0.0.1", "localhost")

    async with session.get(chat.page_url, headers={"Host": host}) as response:
        assert response.status == 200


@pytest.mark.parametrize("key", ["", "wrong/"])
async def test_who_does_not_know_the_key_gets_nothing(
    chat: LocalChat, session: aiohttp.ClientSession, key: str
) -> None:
    await chat.person("Ada").say("a secret")
    base = f"http://{chat.file_host}/{key}"
    reads = ("", "page/events", "page/example/0", f"page/export/{chat.messages()[0]['id']}")

    for path in reads:
        async with session.get(base + path) as response:
            assert response.status == 404
            assert "secret" not in await response.text()
    for path in ("run", "use", "press", "submit", "complete", "say", "delete", "become"):
        url = f"{base}page/{path}"
        async with session.post(url, data=b"{}", headers=origin(chat)) as response:
            assert response.status == 404
    assert len(chat.messages()) == 1


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://evil.example"}, {"Origin": "null"}])
async def test_other_pages_cannot_act(
    chat: LocalChat, session: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    for path in ("run", "use", "press", "submit", "complete", "say", "delete", "become"):
        url = f"{chat.page_url}page/{path}"
        async with session.post(url, data=b"{}", headers=headers) as response:
            assert response.status == 403
    assert chat.interactions == []
    assert chat.people == []


async def test_other_pages_cannot_open_the_gateway(
    chat: LocalChat, session: aiohttp.ClientSession
) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await session.ws_connect(chat.gateway_url, headers={"Origin": "http://evil.example"})

    assert refusal.value.status == 403


async def test_what_the_page_is_told(
    chat: LocalChat, session: aiohttp.ClientSession, rest: Rest
) -> None:
    await rest("PUT", f"/applications/{chat.application_id}/commands", [CONVERT])

    async with session.get(chat.page_url + "page/events?as=Ada") as response:
        state = await PageEvents(response).next("reset")
    async with session.get(chat.page_url + "page/example/0") as response:
        example = await response.read()
    async with session.get(chat.page_url + "page/example/1") as response:
        assert response.status == 404

    assert state["person"] == "Ada"
    assert state["online"] is False
    assert [command["name"] for command in state["commands"]] == ["convert"]
    assert state["examples"] == [{"number": 0, "name": "A picture", "credit": "taken by us"}]
    assert example == png(9, 7)


async def test_running_a_command_with_an_example_and_a_file(
    chat: LocalChat, session: aiohttp.ClientSession, rest: Rest
) -> None:
    await rest("PUT", f"/applications/{chat.application_id}/commands", [CONVERT])
    about = {
        "as": "Ada",
        "command": "convert",
        "channel": str(chat.channel("random").id),
        "options": {"source": 0, "size": "128", "preset": "fine"},
    }
    form = multipart(about)
    form.add_field("file:template", png(), filename="s.png", content_type="image/x-odd")

    begun = await begin(chat, _post(chat, session, "run", form))
    await rest("POST", begun.callback, {"type": 4, "data": {"content": "ok"}}, token="")

    interaction = begun.interaction
    assert await begun.waiting == (200, {"ok": True})
    options = {option["name"]: option["value"] for option in interaction.data["options"]}
    files = interaction.data["resolved"]["attachments"]
    assert (options["size"], options["preset"]) == (128, "fine")
    assert files[options["source"]]["filename"] == "my_picture.png"
    assert files[options["template"]]["content_type"] == "image/png"  # as its name says
    assert chat.messages("random")[0]["content"] == "ok"


async def _post(
    chat: LocalChat, session: aiohttp.ClientSession, path: str, data: Any
) -> tuple[int, Any]:
    url = f"{chat.page_url}page/{path}"
    async with session.post(url, data=data, headers=origin(chat)) as response:
        return response.status, await response.json()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({}, "'source' is required"),
        ({"source": 7, "template": 0}, "does not fit"),
        ({"source": 0, "template": 0, "size": "big"}, "does not fit"),
        ({"source": 0, "template": 0, "size": "1000"}, "at most 512"),
    ],
)
async def test_what_is_wrong_with_a_form_is_said(
    chat: LocalChat,
    session: aiohttp.ClientSession,
    rest: Rest,
    options: dict[str, Any],
    complaint: str,
) -> None:
    await rest("PUT", f"/applications/{chat.application_id}/commands", [CONVERT])
    form = multipart({"command": "convert", "options": options})

    status, answer = await _post(chat, session, "run", form)

    assert status == 400
    assert complaint in answer["error"]


@pytest.mark.parametrize("data", [b"{}", b"", b"[]", b"\xff"])
async def test_nonsense_is_a_bad_request(
    chat: LocalChat, session: aiohttp.ClientSession, data: bytes
) -> None:
    for path in ("run", "press", "complete"):
        url = f"{chat.page_url}page/{path}"
        async with session.post(url, data=data, headers=origin(chat)) as response:
            assert response.status == 400


async def test_a_bot_that_is_not_there(
    chat: LocalChat, session: aiohttp.ClientSession, rest: Rest, clock: FakeClock
) -> None:
    await rest("PUT", f"/applications/{chat.application_id}/commands", [CONVERT])
    about = {"command": "convert", "options": {"source": 0, "template": 0}}
    form = multipart(about)

    begun = await begin(chat, _post(chat, session, "run", form))
    clock.now += 4

    status, answer = await begun.waiting
    assert status == 400
    assert "offline" in answer["error"]


async def test_messages_come_live_and_escaped(
    chat: LocalChat, session: aiohttp.ClientSession, rest: Rest, events: PageEvents
) -> None:
    state = await events.next("reset")
    channel = state["channels"][0]["id"]
    await events.next("ready")
    body = {
        "content": "<script>alert(1)</script>",
        "components": [{"type": 1, "components": [BUTTON]}],
    }

    _, message = await rest("POST", f"/channels/{channel}/messages", body)
    created = await events.next("message")
    await rest("PATCH", f"/channels/{channel}/messages/{message['id']}", {"content": "new"})
    edited = await events.next("message")
    await rest("DELETE", f"/channels/{channel}/messages/{message['id']}")
    gone = await events.next("gone")

    assert "<script>" not in created["html"]
    assert "&lt;script&gt;" in created["html"]
    assert 'data-press="a&quot;b"' in created["html"]
    assert "&lt;b&gt;Stop&lt;/b&gt;" in created["html"]
    assert "new" in edited["html"]
    assert gone == {"id": message["id"]}


async def test_a_page_begins_anew_with_its_chat(
    chat: LocalChat, session: aiohttp.ClientSession
) -> None:
    url = chat.page_url + "page/events?as=Ada"
    async with session.get(url) as response:
        await PageEvents(response).next("ready")
        chat.start_over()
        await asyncio.wait_for(response.read(), 5)  # it ends, so that a browser asks again

    state = await page_state(chat, session, "Ada")

    assert state["places"][0]["channels"] == [str(each.id) for each in chat.channels(chat.home)]


async def test_pressing_from_the_page(
    chat: LocalChat, session: aiohttp.ClientSession, rest: Rest
) -> None:
    channel = chat.channel().id
    body = {"content": "x", "components": [{"type": 1, "components": [BUTTON]}]}
    _, message = await rest("POST", f"/channels/{channel}/messages", body)
    about = {"as": "Ada", "message": message["id"], "custom_id": 'a"b'}

    begun = await begin(chat, _post(chat, session, "press", json.dumps(about)))
    note = {"type": 4, "data": {"content": "only you", "flags": 64}}
    await rest("POST", begun.callback, note, token="")

    assert await begun.waiting == (200, {"ok": True})
    wrong = await _post(chat, session, "press", json.dumps(about | {"custom_id": "c"}))
    assert wrong == (400, {"ok": False, "error": "There is no such button."})
    # What only Ada may see, only Ada is told.
    for name, seen in (("Ada", 2), ("Eve", 1)):
        async with session.get(f"{chat.page_url}page/events?as={name}") as response:
            stream = PageEvents(response)
            shown = await stream.next("message")
            if seen == 2:
                shown = await stream.next("message")
                assert "only you" in shown["html"]
            await stream.next("ready")


async def test_an_exported_message_needs_nothing_else(chat: LocalChat, rest: Rest) -> None:
    channel = chat.channel().id
    media = {"url": "attachment://a.png"}
    card = {
        "flags": 32768,
        "components": [
            {
                "type": 17,
                "accent_color": 0xB04A24,
                "components": [
                    {"type": 10, "content": "# Done <i>"},
                    {"type": 12, "items": [{"media": media, "description": 'a "view"'}]},
                    {"type": 1, "components": [BUTTON]},
                ],
            }
        ],
    }
    _, message = await rest(
        "POST", f"/channels/{channel}/messages", card, files=(("a.png", png()),)
    )

    html = await chat.export_message(int(message["id"]))

    assert "data:image/png;base64,iVBOR" in html
    assert "default-src 'none'" in html
    assert 'fill="#b04a24"' in html
    assert "Done &lt;i&gt;" in html
    assert 'alt="a &quot;view&quot;"' in html
    assert "disabled" in html
    for outside in ("http://", "https://", "<script", "<link", "src=/"):
        assert outside not in html
