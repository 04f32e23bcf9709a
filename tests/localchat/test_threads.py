"""Channels of every kind; private, archived and locked threads; posts of forums."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest

from localchat import (
    BOT_PERMISSIONS,
    MEMBER_PERMISSIONS,
    MODERATOR_PERMISSIONS,
    Channel,
    ChannelKind,
    Dispatch,
    InvalidInput,
    LocalChat,
    Permission,
    Upload,
)
from localchat.discord_py import running
from tests.localchat.chat import Begun, Rest, begin, png

MIX = {"name": "mix", "type": 1, "description": "Mix"}
EDIT = {"content": "edited"}


@pytest.fixture
def thread(chat: LocalChat) -> Channel:
    return chat.add_thread("talk", chat.channel())


async def ran(chat: LocalChat, rest: Rest, channel: Channel) -> Begun[Any]:
    await rest("PUT", f"/applications/{chat.application_id}/commands", [MIX])
    return await begin(chat, chat.person("Ada").run("mix", channel=channel.id))


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        (ChannelKind.VOICE, True),
        (ChannelKind.STAGE, True),
        (ChannelKind.ANNOUNCEMENT, True),
        (ChannelKind.FORUM, False),
        (ChannelKind.MEDIA, False),
    ],
)
async def test_messages_in_channels_of_every_kind(
    chat: LocalChat, rest: Rest, problems: list[str], kind: ChannelKind, taken: bool
) -> None:
    channel = chat.add_channel("new", kind=kind)
    path = f"/channels/{channel.id}"

    status, body = await rest("POST", f"{path}/messages", {"content": "hi"})
    _, told = await rest("GET", path)

    assert told["type"] == kind
    assert (status, body.get("code")) == ((200, None) if taken else (400, 50008))
    assert problems == []
    if not taken:
        with pytest.raises(InvalidInput, match="posts of this channel"):
            await chat.person("Ada").say("hi", channel=channel.id)
        await rest("PUT", f"/applications/{chat.application_id}/commands", [MIX])
        with pytest.raises(InvalidInput, match="posts of this channel"):
            await chat.person("Ada").run("mix", channel=channel.id)


async def test_a_forum_has_posts(chat: LocalChat, rest: Rest, problems: list[str]) -> None:
    forum = chat.add_channel("help", kind=ChannelKind.FORUM)

    post = await chat.person("Ada").post(forum.id, "A picture", "look", [Upload("a.png", png())])
    status, _ = await rest("POST", f"/channels/{post.id}/messages", {"content": "nice"})
    _, told = await rest("GET", f"/channels/{post.id}")

    assert (told["type"], told["parent_id"], told["name"]) == (11, str(forum.id), "A picture")
    assert [each["content"] for each in chat.messages(post.id)] == ["look", "nice"]
    assert chat.message(post.id).attachments, "the first message has the thread's id"
    assert status == 200
    assert problems == []
    with pytest.raises(InvalidInput, match="no posts"):
        await chat.person("Ada").post("general", "x", "y")


async def test_a_thread_of_an_announcement_channel(chat: LocalChat) -> None:
    news = chat.add_channel("news", kind=ChannelKind.ANNOUNCEMENT)

    assert chat.add_thread("talk", news).kind is ChannelKind.ANNOUNCEMENT_THREAD


async def test_a_private_thread_without_the_bot(
    chat: LocalChat, rest: Rest, problems: list[str], dispatches: list[Dispatch]
) -> None:
    """Everything by the interaction's token works, nothing by the bot's own."""
    thread = chat.add_thread("secret", chat.channel(), private=True)
    ada = chat.person("Ada")
    chat.add_to_thread(thread, ada)
    await chat.person("Ada").say("only us", channel=thread.id)

    begun = await ran(chat, rest, thread)
    told = chat.interaction_json(begun.interaction)
    await rest("POST", begun.callback, {"type": 4, "data": {"content": "hi"}}, token="")
    message = (await begun.waiting).response_message_id
    by_token, _ = await rest(
        "PATCH", begun.webhook(chat.application_id, "/messages/@original"), EDIT, token=""
    )
    again, _ = await rest("POST", begun.webhook(chat.application_id), {"content": "x"}, token="")
    path = f"/channels/{thread.id}"
    refused = [
        await rest("GET", path),
        await rest("POST", f"{path}/messages", {"content": "x"}),
        await rest("PATCH", f"{path}/messages/{message}", {"content": "x"}),
        await rest("GET", f"{path}/messages/{message}"),
    ]

    assert (told["channel"]["type"], by_token, again) == (12, 200, 200)
    assert int(told["app_permissions"]) & Permission.SEND_MESSAGES_IN_THREADS
    assert [(status, body["code"]) for status, body in refused] == [(403, 50001)] * 4
    assert [each.name for each in dispatches if each.name != "INTERACTION_CREATE"] == []
    with pytest.raises(InvalidInput, match="no such channel"):
        await chat.person("Eve").say("hello?", channel=thread.id)
    chat.add_to_thread(thread, bot=True)
    assert (await rest("PATCH", f"{path}/messages/{message}", EDIT))[0] == 200
    chat.remove_bot_from_thread(thread)
    assert (await rest("GET", path))[0] == 403
    assert problems == []


async def test_moderators_see_private_threads(chat: LocalChat) -> None:
    thread = chat.add_thread("secret", chat.channel(), private=True)
    mo = chat.person("Mo", MODERATOR_PERMISSIONS | Permission.MANAGE_THREADS)

    assert await mo.say("hello", channel=thread.id)


async def test_an_archived_thread(
    chat: LocalChat, rest: Rest, thread: Channel, problems: list[str]
) -> None:
    path = f"/channels/{thread.id}/messages"
    _, message = await rest("POST", path, {"content": "first"})
    chat.archive(thread)
    refused, body = await rest("PATCH", f"{path}/{message['id']}", {"content": "second"})
    _, closed = await rest("GET", f"/channels/{thread.id}")

    opened, _ = await rest("POST", path, {"content": "wake up"})
    edited, _ = await rest("PATCH", f"{path}/{message['id']}", {"content": "second"})
    chat.archive(thread)
    await chat.person("Ada").say("me too", channel=thread.id)

    assert (refused, body["code"]) == (400, 50083)
    assert closed["thread_metadata"]["archived"] is True
    assert (opened, edited) == (200, 200)
    assert not chat.channel(thread.id).archived
    assert problems == []


async def test_a_locked_thread(
    chat: LocalChat, rest: Rest, thread: Channel, problems: list[str]
) -> None:
    path = f"/channels/{thread.id}/messages"
    begun = await ran(chat, rest, thread)
    await rest("POST", begun.callback, {"type": 4, "data": {"content": "hi"}}, token="")
    message = (await begun.waiting).response_message_id
    webhook = begun.webhook(chat.application_id)
    chat.archive(thread, locked=True)

    posted = await rest("POST", path, {"content": "x"})
    edited = await rest("PATCH", f"{path}/{message}", {"content": "x"})
    by_token = await rest("PATCH", f"{webhook}/messages/@original", {"content": "x"}, token="")
    more = await rest("POST", webhook, {"content": "x"}, token="")
    private, _ = await rest("POST", webhook, {"content": "x", "flags": 64}, token="")
    with pytest.raises(InvalidInput, match="locked"):
        await chat.person("Ada").say("x", channel=thread.id)

    for status, body in (posted, edited, by_token, more):
        assert (status, body["code"]) == (400, 50083)
    assert private == 200
    assert chat.channel(thread.id).archived
    assert problems == []


async def test_a_bot_that_may_manage_threads_opens_a_locked_one(
    chat: LocalChat, rest: Rest, thread: Channel
) -> None:
    chat.permit_bot(BOT_PERMISSIONS | MEMBER_PERMISSIONS | Permission.MANAGE_THREADS)
    chat.archive(thread, locked=True)

    opened, _ = await rest("POST", f"/channels/{thread.id}/messages", {"content": "x"})

    assert opened == 200
    assert not chat.channel(thread.id).archived
    assert chat.channel(thread.id).locked


class Watcher(discord.Client):
    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.default(), guild_ready_timeout=0.1)


@pytest.fixture
async def watcher(chat: LocalChat, discord_py: None, problems: list[str]) -> AsyncIterator[Watcher]:
    chat.add_channel("lounge", kind=ChannelKind.VOICE)
    chat.add_channel("stage", kind=ChannelKind.STAGE)
    chat.add_channel("news", kind=ChannelKind.ANNOUNCEMENT)
    chat.add_thread("secret", chat.add_channel("help", kind=ChannelKind.FORUM))
    chat.add_thread("hidden", chat.channel(), private=True)
    client = Watcher()
    async with running(client, chat):
        yield client
    assert problems == []


async def test_discord_py_knows_them_all(chat: LocalChat, watcher: Watcher) -> None:
    guild = watcher.guilds[0]
    kinds = {channel.name: type(channel).__name__ for channel in guild.channels}

    assert kinds == {
        "general": "TextChannel",
        "random": "TextChannel",
        "lounge": "VoiceChannel",
        "stage": "StageChannel",
        "news": "TextChannel",
        "help": "ForumChannel",
    }
    assert [thread.name for thread in guild.threads] == ["secret"]
