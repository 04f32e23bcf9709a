"""Several servers, channels, roles and people; direct messages; an application without its bot."""

from __future__ import annotations

from typing import Any

import pytest

from localchat import (
    MANAGER_PERMISSIONS,
    MODERATOR_PERMISSIONS,
    Dispatch,
    Interaction,
    InvalidInput,
    LocalChat,
    Permission,
    Upload,
)
from tests.localchat.chat import Begun, Rest, begin, png

PLAIN = {"name": "mix", "type": 1, "description": "Mix"}
ANYWHERE = PLAIN | {"integration_types": [0, 1], "contexts": [0, 1, 2]}


async def register(chat: LocalChat, rest: Rest, *commands: dict[str, Any]) -> None:
    status, body = await rest("PUT", f"/applications/{chat.application_id}/commands", commands)
    assert status == 200, body


async def ran(chat: LocalChat, who: str = "Ada", **place: Any) -> Begun[Interaction]:
    begun = await begin(chat, chat.person(who).run("mix", **place))
    begun.waiting.cancel()
    return begun


async def test_a_member_of_a_role_may_do_more(chat: LocalChat, rest: Rest) -> None:
    await register(chat, rest, PLAIN)
    role = chat.add_role("Helpers", Permission.MANAGE_GUILD)
    studio = chat.add_guild("Studio", ["hall"])
    chat.give_role(chat.person("Ada"), role)

    here = (await ran(chat)).interaction
    there = (await ran(chat, channel="hall")).interaction

    payloads = [chat.interaction_json(each) for each in (here, there)]
    may = [bool(int(each["member"]["permissions"]) & 1 << 5) for each in payloads]
    assert may == [True, False]
    assert payloads[0]["member"]["roles"] == [str(role.id)]
    assert payloads[1]["guild_id"] == str(studio.id)


async def test_languages(chat: LocalChat, rest: Rest) -> None:
    await register(chat, rest, PLAIN)
    chat.add_guild("Studio", ["hall"], locale="fr")
    chat.person("Ada", locale="ja")

    told = chat.interaction_json((await ran(chat, channel="hall")).interaction)

    assert (told["locale"], told["guild_locale"]) == ("ja", "fr")


async def test_direct_messages(chat: LocalChat, rest: Rest, problems: list[str]) -> None:
    await register(chat, rest, PLAIN)
    ada = chat.person("Ada")

    begun = await begin(chat, ada.run("mix", channel=ada.dm))
    told = chat.interaction_json(begun.interaction)
    await rest("POST", begun.callback, {"type": 4, "data": {"content": "hi"}}, token="")
    message = (await begun.waiting).response_message_id
    edited, _ = await rest("PATCH", f"/channels/{ada.dm}/messages/{message}", {"content": "ho"})
    again, opened = await rest("POST", "/users/@me/channels", {"recipient_id": str(ada.user.id)})
    nobody, body = await rest("POST", "/users/@me/channels", {"recipient_id": "1"})

    assert (told["context"], told["user"]["id"]) == (1, str(ada.user.id))
    assert told["authorizing_integration_owners"] == {"0": "0"}
    assert "member" not in told
    assert "guild_id" not in told
    assert edited == 200
    assert (again, opened["id"]) == (200, str(ada.dm))
    assert (nobody, body["code"]) == (400, 50033)
    assert problems == []
    with pytest.raises(InvalidInput, match="no such channel"):
        await chat.person("Grace").run("mix", channel=ada.dm)


async def test_an_installed_application_where_the_bot_is_not(
    chat: LocalChat, rest: Rest, problems: list[str], dispatches: list[Dispatch]
) -> None:
    await register(chat, rest, ANYWHERE)
    chat.add_guild("Elsewhere", ["hall"], has_bot=False)
    ada = chat.person("Ada")
    with pytest.raises(InvalidInput, match="no command"):
        await ada.run("mix", channel="hall")
    ada.install()

    begun = await begin(chat, ada.run("mix", channel="hall"))
    told = chat.interaction_json(begun.interaction)
    await rest("POST", begun.callback, {"type": 4, "data": {"content": "hi"}}, token="")
    message = (await begun.waiting).response_message_id
    own = f"/channels/{begun.interaction.channel_id}/messages/{message}"
    refused, body = await rest("PATCH", own, {"content": "no"})
    through_token = begun.webhook(chat.application_id, "/messages/@original")
    edited, _ = await rest("PATCH", through_token, {"content": "yes"}, token="")

    assert told["authorizing_integration_owners"] == {"1": str(ada.user.id)}
    assert (refused, body["code"]) == (403, 50001)
    assert edited == 200
    assert "MESSAGE_CREATE" not in [dispatch.name for dispatch in dispatches]
    assert problems == []


async def test_between_two_people(chat: LocalChat, rest: Rest) -> None:
    await register(chat, rest, ANYWHERE)
    ada, grace = chat.person("Ada"), chat.person("Grace")
    ada.install()

    begun = await begin(chat, ada.run("mix", channel=ada.dm_with(grace)))
    begun.waiting.cancel()

    assert chat.interaction_json(begun.interaction)["context"] == 2
    with pytest.raises(InvalidInput, match="no command"):
        await grace.run("mix", channel=ada.dm_with(grace))


async def test_without_external_apps_answers_are_private(chat: LocalChat, rest: Rest) -> None:
    await register(chat, rest, ANYWHERE)
    chat.add_guild("Elsewhere", ["hall"], has_bot=False)
    ada = chat.person("Ada", MODERATOR_PERMISSIONS & ~Permission.USE_EXTERNAL_APPS)
    ada.install()

    begun = await begin(chat, ada.run("mix", channel="hall"))
    await rest("POST", begun.callback, {"type": 4, "data": {"content": "hi"}}, token="")

    assert chat.messages("hall")[0]["flags"] == 64


@pytest.mark.parametrize(
    ("fields", "place", "found"),
    [
        ({"contexts": [0]}, "dm", False),
        ({"contexts": [1]}, "dm", True),
        ({"contexts": [1]}, "general", False),
        ({"dm_permission": False}, "dm", False),
        ({"nsfw": True}, "general", False),
        ({"nsfw": True}, "late", True),
        ({"integration_types": [1]}, "general", False),
        ({"default_member_permissions": str(1 << 5)}, "general", False),
        ({"default_member_permissions": "0"}, "general", False),
    ],
)
async def test_where_a_command_is_found(
    chat: LocalChat, rest: Rest, fields: dict[str, Any], place: str, found: bool
) -> None:
    await register(chat, rest, PLAIN | fields)
    chat.add_channel("late", nsfw=True)
    channel = chat.person("Ada").dm if place == "dm" else place

    if found:
        await ran(chat, channel=channel)
    else:
        with pytest.raises(InvalidInput, match="no command /mix"):
            await ran(chat, channel=channel)


async def test_managers_find_what_needs_their_permission(chat: LocalChat, rest: Rest) -> None:
    await register(chat, rest, PLAIN | {"default_member_permissions": str(1 << 5)})
    chat.person("Max", MANAGER_PERMISSIONS)

    await ran(chat, "Max")


async def test_a_thread_inherits_what_the_bot_may_not(
    chat: LocalChat, rest: Rest, problems: list[str]
) -> None:
    thread = chat.add_thread("talk", chat.channel("general"))
    path = f"/channels/{thread.id}/messages"

    fine, _ = await rest("POST", path, {"content": "hi"})
    chat.deny_bot(Permission.SEND_MESSAGES, "general")
    still, _ = await rest("POST", path, {"content": "hi"})
    chat.deny_bot(Permission.SEND_MESSAGES_IN_THREADS, "general")
    refused, body = await rest("POST", path, {"content": "hi"})
    _, payload = await rest("GET", f"/channels/{thread.id}")

    assert (fine, still) == (200, 200)
    assert (refused, body["code"]) == (403, 50013)
    assert payload["type"] == 11
    assert problems == []


async def test_the_upload_limit_that_is_told_may_be_wrong(chat: LocalChat, rest: Rest) -> None:
    await register(chat, rest, PLAIN)
    chat.limit_uploads(1000, told=5000)

    begun = await begin(chat, chat.person("Ada").run("mix"))
    told = chat.interaction_json(begun.interaction)
    answer = {"type": 4, "data": {}}
    refused, body = await rest(
        "POST", begun.callback, answer, files=(("a.bin", bytes(2000)),), token=""
    )
    begun.waiting.cancel()

    assert told["attachment_size_limit"] == 5000
    assert (refused, body["code"]) == (413, 40005)


@pytest.mark.parametrize(
    ("text", "files", "why"),
    [
        (" ", 0, "empty"),
        ("x" * 2001, 0, "2000 characters"),
        ("x", 11, "10 files"),
    ],
)
async def test_what_people_may_not_say(chat: LocalChat, text: str, files: int, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        await chat.person("Ada").say(text, [Upload("a.png", png())] * files)


async def test_who_may_not_write(chat: LocalChat) -> None:
    mute = chat.person("Mute", Permission.VIEW_CHANNEL)
    plain = chat.person("Plain", Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES)

    with pytest.raises(InvalidInput, match="may not write"):
        await mute.say("hello")
    with pytest.raises(InvalidInput, match="may not attach"):
        await plain.say("hello", [Upload("a.png", png())])
