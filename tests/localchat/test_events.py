"""What discord.py is told of servers, channels, roles, messages and conversations."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import discord
import pytest
from discord import app_commands

from localchat import (
    MODERATOR_PERMISSIONS,
    InvalidInput,
    LocalChat,
    Permission,
    Upload,
)
from localchat.discord_py import running
from tests.localchat.chat import Rest, png

PLAIN = {"name": "mix", "type": 1, "description": "Mix"}


class Watcher(discord.Client):
    """Notes what it is told about places."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.default(), guild_ready_timeout=0.1)
        self.tree = app_commands.CommandTree(self)
        self.told: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self.said: asyncio.Queue[discord.Message] = asyncio.Queue()

    async def on_guild_join(self, guild: discord.Guild) -> None:
        self.told.put_nowait(("join", guild.name))

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self.told.put_nowait(("remove", guild.name))

    async def on_guild_channel_create(self, channel: discord.abc.GuildChannel) -> None:
        assert isinstance(channel, discord.TextChannel)
        self.told.put_nowait(("channel", f"{channel.name} {channel.nsfw}"))

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        self.told.put_nowait(("gone", channel.name))

    async def on_thread_create(self, thread: discord.Thread) -> None:
        self.told.put_nowait(("thread", thread.name))

    async def on_guild_role_create(self, role: discord.Role) -> None:
        self.told.put_nowait(("role", f"{role.name} {role.permissions.manage_messages}"))

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        self.told.put_nowait(("deleted", str(event.message_id)))

    async def on_message(self, message: discord.Message) -> None:
        if not message.author.bot:
            self.said.put_nowait(message)

    async def next(self) -> tuple[str, str]:
        return await asyncio.wait_for(self.told.get(), 5)


@pytest.fixture
async def watcher(chat: LocalChat, discord_py: None, problems: list[str]) -> AsyncIterator[Watcher]:
    client = Watcher()
    async with running(client, chat):
        yield client
    assert problems == []


async def test_the_bot_is_told_of_servers_channels_and_roles(
    chat: LocalChat, watcher: Watcher
) -> None:
    guild = chat.add_guild("Studio", ["easel"], locale="de")
    assert await watcher.next() == ("join", "Studio")
    assert watcher.get_guild(guild.id).preferred_locale is discord.Locale.german  # type: ignore[union-attr]
    channel = chat.add_channel("late", guild=guild, nsfw=True)
    assert await watcher.next() == ("channel", "late True")
    chat.add_thread("talk", channel)
    assert await watcher.next() == ("thread", "talk")
    chat.add_role("Mods", Permission.MANAGE_MESSAGES, guild=guild)
    assert await watcher.next() == ("role", "Mods True")
    chat.remove_channel(channel)
    assert await watcher.next() == ("gone", "late")
    chat.remove_bot(guild)
    assert await watcher.next() == ("remove", "Studio")
    assert [each.name for each in watcher.guilds] == ["Server"]
    chat.invite_bot(guild)
    assert await watcher.next() == ("join", "Studio")


async def test_all_servers_are_there_at_the_start(
    chat: LocalChat, discord_py: None, problems: list[str]
) -> None:
    chat.add_guild("Studio")
    chat.add_guild("Elsewhere", has_bot=False)
    client = Watcher()

    async with running(client, chat):
        names = sorted(guild.name for guild in client.guilds)

    assert names == ["Server", "Studio"]
    assert problems == []


async def test_what_people_say_is_hidden_without_the_privileged_intent(
    chat: LocalChat, watcher: Watcher, rest: Rest
) -> None:
    ada = chat.person("Ada")
    secret = await ada.say("a secret", [Upload("picture.png", png())])
    hidden = await asyncio.wait_for(watcher.said.get(), 5)
    await ada.say(f"<@{chat.application_id}> hello")
    mention = await asyncio.wait_for(watcher.said.get(), 5)
    await ada.say("psst", channel=ada.dm)
    direct = await asyncio.wait_for(watcher.said.get(), 5)

    _, fetched = await rest("GET", f"/channels/{hidden.channel.id}/messages/{secret}")

    assert (hidden.content, hidden.attachments) == ("", [])
    assert fetched["content"] == ""
    assert mention.content.endswith("hello")
    assert (direct.content, direct.guild) == ("psst", None)
    assert chat.message(secret).content == "a secret"


async def test_deleting(chat: LocalChat, watcher: Watcher) -> None:
    ada, grace = chat.person("Ada"), chat.person("Grace")
    first, second = await ada.say("one"), await ada.say("two")

    with pytest.raises(InvalidInput, match="may not delete"):
        await grace.delete(first)
    await ada.delete(first)
    assert await watcher.next() == ("deleted", str(first))
    await chat.person("Grace", MODERATOR_PERMISSIONS).delete(second)
    assert await watcher.next() == ("deleted", str(second))


async def test_interactions_in_conversations_and_threads_are_told_as_discord_does(
    chat: LocalChat, watcher: Watcher, rest: Rest
) -> None:
    await rest("PUT", f"/applications/{chat.application_id}/commands", [PLAIN])
    thread = chat.add_thread("talk", chat.channel("general"))
    seen: list[discord.Interaction] = []

    async def on_interaction(interaction: discord.Interaction) -> None:
        seen.append(interaction)
        await interaction.response.send_message("hi")

    watcher.event(on_interaction)
    ada = chat.person("Ada")
    await ada.run("mix", channel=ada.dm)
    await ada.run("mix", channel=thread.id)

    assert isinstance(seen[0].channel, discord.DMChannel)
    assert (seen[0].guild, seen[0].user.name) == (None, "ada")
    assert isinstance(seen[1].channel, discord.Thread)
    assert seen[1].channel.parent_id == thread.parent_id
