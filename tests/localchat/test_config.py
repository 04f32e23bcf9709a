"""A chat begins as its config says, and its page shows that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from localchat import ChannelConfig, ChatConfig, Example, LocalChat, ServerConfig
from tests.localchat.chat import CONVERT, Rest, page_state, png

CONFIG = ChatConfig(
    bot_name="Translate It",
    servers=(
        ServerConfig(
            name="Library",
            channels=(
                ChannelConfig(name="desk", topic="Ask here"),
                ChannelConfig(name="cellar", nsfw=True),
            ),
            roles=("Regular",),
        ),
        ServerConfig(name="Harbour", channels=(ChannelConfig(name="pier"),), has_bot=False),
    ),
    welcome_title="Begin",
    welcome_text="with a file",
    example_options={"old": r"^convert source$", "new": r"^convert "},
    main_options="^convert preset",
)


@pytest.fixture
def new_local_chat(tmp_path: Path) -> LocalChat:
    file = tmp_path / "a.png"
    file.write_bytes(png())
    kinds = ("new", "old", "new")
    examples = [Example(name=f"{at}", kind=kind, path=file) for at, kind in enumerate(kinds)]
    return LocalChat(config=replace(CONFIG, examples=examples))


async def test_servers_channels_and_roles(chat: LocalChat) -> None:
    home, away = chat.guilds

    assert (home.name, home.has_bot) == ("Library", True)
    assert (away.name, away.has_bot) == ("Harbour", False)
    assert [(each.name, each.topic, each.nsfw) for each in chat.channels(home)] == [
        ("desk", "Ask here", False),
        ("cellar", "", True),
    ]
    assert [(role.name, role.guild_id) for role in chat.roles] == [("Regular", home.id)]


async def test_the_page_shows_them(
    chat: LocalChat, rest: Rest, session: aiohttp.ClientSession
) -> None:
    await rest("PUT", f"/applications/{chat.application_id}/commands", [CONVERT])
    chat.give_role(chat.person("Ada"), chat.roles[0])

    state = await page_state(chat, session, "Ada")
    options = state["commands"][0]["options"]
    assert [option["name"] for option in options if option["main"]] == ["preset"]

    marks = {each["name"]: (each["bot"], each["nsfw"]) for each in state["channels"]}
    assert marks == {
        "#desk": (True, False),
        "#cellar": (True, True),
        "#pier": (False, False),
        "@Translate It": (True, False),
    }
    (role,) = state["roles"]
    assert (role["name"], role["place"], role["given"]) == ("Regular", "Library", True)
    assert state["bot"] == "Translate It"
    assert state["welcome"] == {"title": "Begin", "text": "with a file"}
    (command,) = state["commands"]
    offered = {option["name"]: option["examples"] for option in command["options"]}
    assert offered == {"source": [1], "template": [0, 2], "size": [], "preset": []}


async def test_the_name_of_the_bots_user(rest: Rest) -> None:
    _, user = await rest("GET", "/users/@me")

    assert user["username"] == "Translate It"
