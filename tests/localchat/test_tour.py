"""What is there to be tried by hand, beside the bare chat of the tests."""

from __future__ import annotations

from localchat import LocalChat, prepare_tour
from localchat.describe import describe


def told(chat: LocalChat) -> dict[str, object]:
    return describe(chat.world, chat.person("Ada").user, (), online=True)


async def test_more_places_and_a_role(chat: LocalChat) -> None:
    bare = {channel.name for channel in chat.world.channels.values()}
    home = chat.world.guild(chat.world.guild_id)

    prepare_tour(chat)

    (abroad,) = [guild for guild in chat.world.guilds.values() if guild is not home]
    restricted = [channel.guild_id for channel in chat.world.channels.values() if channel.nsfw]
    assert bare == {"painting", "gallery"}
    assert not abroad.has_bot
    assert restricted == [home.id]
    assert [role.name for role in home.roles.values()] == ["Regular"]


async def test_the_page_is_told_of_them(chat: LocalChat) -> None:
    assert told(chat)["roles"] == []

    prepare_tour(chat)
    (role,) = chat.world.roles()
    chat.give_role(chat.person("Ada"), role)

    state = told(chat)
    channels = state["channels"]
    assert isinstance(channels, list)
    assert state["roles"] == [
        {"id": str(role.id), "name": "Regular", "place": "Art café", "given": True}
    ]
    marks = {channel["name"]: (channel["bot"], channel["nsfw"]) for channel in channels}
    assert marks == {
        "#painting": (True, False),
        "#gallery": (True, False),
        "#life-drawing": (True, True),
        "#covers": (False, False),
        "#chatter": (False, False),
        "@Stylize": (True, False),
    }
