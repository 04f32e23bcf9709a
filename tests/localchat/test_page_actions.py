"""What the page does for a person beside commands: context menus, modals, messages, who one is."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest
import yarl

from localchat import LocalChat, Upload
from tests.localchat.chat import Rest, begin, png
from tests.localchat.test_modals import EVERYTHING

MENUS = [{"type": 3, "name": "Convert this…"}, {"type": 2, "name": "Wave at"}]


class PageActions:
    """Posts forms as the page does, for Ada."""

    def __init__(self, chat: LocalChat, session: aiohttp.ClientSession) -> None:
        self._url = chat.page_url
        self._session = session

    async def __call__(
        self, path: str, about: dict[str, Any], *files: tuple[str, str]
    ) -> dict[str, Any]:
        """Return the answer; `files` are names of fields and files."""
        data: Any = json.dumps({"as": "Ada", **about})
        if files:
            form = aiohttp.FormData({"about": data}, default_to_multipart=True)
            for field, name in files:
                form.add_field(f"file:{field}", png(), filename=name)
            data = form
        headers = {"Origin": str(yarl.URL(self._url).origin())}
        url = f"{self._url}page/{path}"
        async with self._session.post(url, data=data, headers=headers) as response:
            answer: dict[str, Any] = await response.json()
            assert response.status == (200 if answer["ok"] else 400)
            return answer


@pytest.fixture
async def page_actions(chat: LocalChat, session: aiohttp.ClientSession, rest: Rest) -> PageActions:
    await rest("PUT", f"/applications/{chat.application_id}/commands", MENUS)
    return PageActions(chat, session)


async def test_a_message_with_files_and_its_end(chat: LocalChat, page_actions: PageActions) -> None:
    said = await page_actions("say", {"text": "look"}, ("files", "a.png"), ("files", "b.png"))
    (message,) = chat.messages()
    gone = await page_actions("delete", {"message": said["message"]})
    again = await page_actions("delete", {"message": said["message"]})

    assert message["content"] == "look"
    assert [file["filename"] for file in message["attachments"]] == ["a.png", "b.png"]
    assert gone["ok"]
    assert again["error"] == "There is no such message."
    assert chat.messages() == []


async def test_a_menu_opens_a_modal_which_is_submitted(
    chat: LocalChat, page_actions: PageActions, rest: Rest
) -> None:
    said = await chat.person("Grace").say("look", [Upload("a.png", png())])
    using = page_actions("use", {"command": "Convert this…", "message": str(said)})
    begun = await begin(chat, using)
    await rest("POST", begun.callback, EVERYTHING, token="")
    opened = await begun.waiting

    about = {"interaction": opened["interaction"], "values": {"text": "x", "r": ["o0"]}}
    refused = await page_actions("submit", about)
    about["values"] |= {"text": "hello", "s": ["o1"]}
    submitted = await begin(chat, page_actions("submit", about, ("f", "c.png")))
    await rest("POST", submitted.callback, {"type": 5}, token="")

    assert (await submitted.waiting)["ok"]
    assert opened["modal"]["title"] == "Mix"
    assert "2 to 20" in refused["error"]
    inner = [part["component"] for part in submitted.interaction.data["components"]]
    (attachment,) = submitted.interaction.data["resolved"]["attachments"].values()
    assert [inner[0]["value"], inner[1]["values"], inner[3]["value"]] == ["hello", ["o1"], "o0"]
    assert attachment["filename"] == "c.png"


async def test_a_menu_on_a_member(chat: LocalChat, page_actions: PageActions, rest: Rest) -> None:
    grace = chat.person("Grace").user

    begun = await begin(chat, page_actions("use", {"command": "Wave at", "member": "Grace"}))
    await rest("POST", begun.callback, {"type": 5}, token="")

    assert (await begun.waiting) == {"ok": True}
    assert begun.interaction.data["target_id"] == str(grace.id)


async def test_who_one_is(chat: LocalChat, page_actions: PageActions) -> None:
    await page_actions("become", {"locale": "fr", "rank": "manager", "installed": True})
    became = chat.person("Ada").user
    installed = chat.person("Ada").has_installed
    await page_actions("become", {"locale": "klingon", "rank": "king", "installed": False})

    assert became.locale == "fr"
    assert became.permissions & 1 << 5
    assert installed
    assert chat.person("Ada").user == became
    assert not chat.person("Ada").has_installed


async def test_roles_one_gives_oneself(chat: LocalChat, page_actions: PageActions) -> None:
    regular, helper = chat.add_role("Regular"), chat.add_role("Helper")
    ada, grace = chat.person("Ada"), chat.person("Grace")
    chat.give_role(grace, regular)
    chat.give_role(ada, helper)
    chat.give_role(ada, helper)  # once is enough
    assert ada.roles == [helper]

    await page_actions("become", {"roles": [str(regular.id), "1"]})
    given = ada.roles
    await page_actions("become", {"locale": "fr"})
    kept = ada.roles
    await page_actions("become", {"roles": []})

    assert given == kept == [regular]
    assert ada.roles == []
    assert grace.roles == [regular]


@pytest.mark.parametrize(
    ("path", "about", "why"),
    [
        ("use", {"command": "Nothing", "message": "1"}, "no such message"),
        ("use", {"command": "Wave at", "member": "Nobody"}, "no member"),
        ("submit", {"interaction": "1"}, "no form is open"),
        ("press", {"message": "x", "custom_id": "y"}, "no such message"),
        ("say", {"text": ""}, "empty"),
        ("say", {"text": "x", "channel": "1"}, "no such channel"),
    ],
)
async def test_what_cannot_be_done_is_said(
    page_actions: PageActions, path: str, about: dict[str, Any], why: str
) -> None:
    answer = await asyncio.wait_for(page_actions(path, about), 5)

    assert why in answer["error"].lower()
