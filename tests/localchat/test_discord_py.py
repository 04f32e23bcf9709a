"""The real discord.py client, pointed at the local chat by its two base addresses only."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest
from discord import app_commands, ui

from localchat import (
    MODERATOR_PERMISSIONS,
    NO_PERMISSION,
    Dispatch,
    LocalChat,
    Permission,
    Upload,
)
from localchat.discord_py import running
from tests.localchat.chat import png

pytestmark = pytest.mark.usefixtures("discord_py")


class Card(ui.LayoutView):
    """A card like a bot's: a section, a gallery, a row of buttons."""

    def __init__(self, title: str, picture: str, *, done: bool = False) -> None:
        super().__init__(timeout=None)
        container: ui.Container[Card] = ui.Container(accent_colour=0xB04A24)
        thumbnail: ui.Thumbnail[Card] = ui.Thumbnail(f"attachment://{picture}", description="small")
        container.add_item(ui.Section(ui.TextDisplay(f"## {title}"), accessory=thumbnail))
        gallery: ui.MediaGallery[Card] = ui.MediaGallery()
        gallery.add_item(media=f"attachment://{picture}", description="the picture")
        container.add_item(gallery)
        container.add_item(ui.Separator())
        if not done:
            row: ui.ActionRow[Card] = ui.ActionRow()
            row.add_item(ui.Button(label="Stop", custom_id="stop:7", emoji="🖼️"))
            container.add_item(row)
        self.add_item(container)


class Converter(discord.Client):
    """A small bot with one slash command that answers, edits both ways, and follows up."""

    def __init__(self, **options: Any) -> None:
        # The client waits this long for more guilds; there is one.
        super().__init__(intents=discord.Intents.default(), guild_ready_timeout=0.1, **options)
        self.tree = app_commands.CommandTree(self)
        self.finished = asyncio.Event()
        self.received: list[bytes] = []
        self.pressed: list[str] = []
        self.may_manage: list[tuple[bool, bool]] = []  # messages: in this channel, in the server
        self.resumed = asyncio.Event()
        self.tree.add_command(
            app_commands.Command(name="convert", description="Convert", callback=self.convert)
        )

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def on_resumed(self) -> None:
        self.resumed.set()

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        assert isinstance(interaction.user, discord.Member)
        may = interaction.permissions, interaction.user.guild_permissions
        self.may_manage.append((may[0].manage_messages, may[1].manage_messages))
        if interaction.type is discord.InteractionType.component:
            assert interaction.data is not None
            self.pressed.append(str(interaction.data.get("custom_id")))
            await interaction.response.send_message("as you wish", ephemeral=True)

    async def convert(
        self,
        interaction: discord.Interaction,
        source: discord.Attachment,
        template: discord.Attachment,
        size: app_commands.Range[int, 64, 512] = 256,
    ) -> None:
        self.received = [await source.read(), await template.read()]
        await interaction.response.defer()
        first = discord.File(io.BytesIO(self.received[0]), "preview.png", description="alt")
        message = await interaction.edit_original_response(
            attachments=[first], view=Card(f"Working at {size}", "preview.png")
        )
        channel = self.get_channel(message.channel.id)
        assert isinstance(channel, discord.TextChannel)
        second = discord.File(io.BytesIO(self.received[1]), "result.png")
        await channel.get_partial_message(message.id).edit(
            attachments=[second], view=Card("Done", "result.png")
        )
        await interaction.followup.send(f"{interaction.user.mention}, it is ready")
        self.finished.set()


@pytest.fixture
async def converter(
    chat: LocalChat, discord_py: None, problems: list[str]
) -> AsyncIterator[Converter]:
    client = Converter()
    async with running(client, chat):
        yield client
    assert problems == []


async def test_command_answer_edits_and_followup(chat: LocalChat, converter: Converter) -> None:
    ada = chat.person("Ada Lovelace")
    source = Upload("my picture.png", png(20, 10), "image/png")
    template = Upload("template.png", png(4, 4), "image/jpeg")

    interaction = await ada.run("convert", {"source": source, "template": template, "size": 128})
    await asyncio.wait_for(converter.finished.wait(), 10)

    assert interaction.seconds_to_acknowledge is not None
    assert interaction.seconds_to_acknowledge < 3
    assert converter.received == [source.data, template.data]
    card, followup = chat.messages("general")
    assert card["id"] == str(interaction.response_message_id)
    assert card["flags"] == 32768
    assert card["attachments"] == []  # shown by components, so not listed
    container = card["components"][0]
    assert container["components"][0]["components"][0]["content"] == "## Done"
    media = container["components"][1]["items"][0]["media"]
    assert (media["width"], media["height"]) == (4, 4)
    assert followup["content"] == f"<@{ada.user.id}>, it is ready"
    assert [user["id"] for user in followup["mentions"]] == [str(ada.user.id)]


async def test_what_the_bot_is_told_about_attachments(
    chat: LocalChat, converter: Converter, dispatches: list[Dispatch]
) -> None:
    upload = Upload("../a b/ü?.svg", png(20, 10), "text/html; charset=utf-8")

    await chat.person("Ada").run("convert", {"source": upload, "template": upload})
    await asyncio.wait_for(converter.finished.wait(), 10)

    event = next(dispatch.data for dispatch in dispatches if dispatch.name == "INTERACTION_CREATE")
    first, _ = event["data"]["resolved"]["attachments"].values()
    assert first["content_type"] == "image/svg+xml"
    assert first["size"] == len(upload.data)
    assert (first["width"], first["height"]) == (20, 10)
    assert first["ephemeral"] is True
    assert "/" not in first["filename"]
    assert event["attachment_size_limit"] == 10 * 1024 * 1024
    assert int(event["app_permissions"]) & 274878024704 == 274878024704


async def test_watching_every_state_of_a_card(chat: LocalChat, converter: Converter) -> None:
    upload = Upload("a.png", png(), "image/png")

    interaction = await chat.person("Ada").run("convert", {"source": upload, "template": upload})
    titles = []
    async for state in chat.watch(interaction.response_message_id or 0):
        if state["components"]:
            section = state["components"][0]["components"][0]
            titles.append(section["components"][0]["content"])
        if titles[-1:] == ["## Done"]:
            break

    assert titles[-1] == "## Done"
    assert set(titles) <= {"## Working at 256", "## Done"}


async def test_pressing_a_button(chat: LocalChat, converter: Converter) -> None:
    upload = Upload("a.png", png(), "image/png")
    ada = chat.person("Ada")
    interaction = await ada.run("convert", {"source": upload, "template": upload})
    await asyncio.wait_for(converter.finished.wait(), 10)

    answer = await ada.press(interaction.response_message_id or 0, "stop:7")

    assert converter.pressed == ["stop:7"]
    note = next(m for m in chat.messages() if m["id"] == str(answer.response_message_id))
    assert note["content"] == "as you wish"
    assert note["flags"] == 64
    assert note["message_reference"]["message_id"] == str(interaction.response_message_id)


async def test_a_dropped_connection_is_resumed_and_nothing_is_missed(
    chat: LocalChat, converter: Converter
) -> None:
    await chat.drop_gateway(4000)
    upload = Upload("a.png", png(), "image/png")

    await chat.person("Ada").run("convert", {"source": upload, "template": upload})

    await asyncio.wait_for(converter.resumed.wait(), 10)
    await asyncio.wait_for(converter.finished.wait(), 10)
    assert chat.session_starts == 1


async def test_autocomplete(chat: LocalChat, problems: list[str]) -> None:
    client = Converter()

    async def suggest(
        interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        names = ["draft", "standard", "fine"]
        return [app_commands.Choice(name=n, value=n) for n in names if n.startswith(current)]

    @client.tree.command(name="preset", description="Choose")
    @app_commands.autocomplete(preset=suggest)
    async def preset_command(interaction: discord.Interaction, preset: str) -> None:
        await interaction.response.send_message(preset)

    async with running(client, chat):
        choices = await chat.person("Ada").autocomplete("preset", "preset", "st")

    assert choices == [{"name": "standard", "value": "standard"}]
    assert problems == []


async def test_a_wrong_token_is_refused_at_login(chat: LocalChat) -> None:
    client = Converter()

    with pytest.raises(discord.LoginFailure):
        await client.login("not-the-token")

    await client.close()


async def test_privileged_intents_are_refused(chat: LocalChat) -> None:
    intents = discord.Intents.default()
    intents.message_content = True
    client = discord.Client(intents=intents)

    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with running(client, chat):
            pass


async def test_what_a_channel_adds_holds_there_alone(chat: LocalChat, converter: Converter) -> None:
    chat.add_channel("hall")
    thread = chat.add_thread("talk", chat.channel("hall"))
    ada, mo = chat.person("Ada"), chat.person("Mo", MODERATOR_PERMISSIONS)
    chat.allow(ada, Permission.MANAGE_MESSAGES, "hall")
    files = {"source": Upload("a.png", png(20, 10)), "template": Upload("b.png", png(4, 4))}

    for person, channel in ((ada, None), (ada, "hall"), (ada, thread.id), (mo, None)):
        await person.run("convert", {**files}, channel=channel)

    assert converter.may_manage == [(False, False), (True, False), (True, False), (True, True)]
    hall = converter.get_channel(chat.channel("hall").id)
    assert isinstance(hall, discord.TextChannel)
    assert [one.manage_messages for one in hall.overwrites.values()] == [True]


async def test_a_bot_without_permission_gets_forbidden(
    chat: LocalChat, converter: Converter
) -> None:
    channel = converter.get_channel(chat.channel().id)
    assert isinstance(channel, discord.TextChannel)
    chat.deny_bot(Permission.SEND_MESSAGES)

    with pytest.raises(discord.Forbidden) as refusal:
        await channel.send("hello")

    assert refusal.value.code == 50013
    assert not channel.permissions_for(channel.guild.me).send_messages
    chat.deny_bot(NO_PERMISSION)
    assert (await channel.send("hello")).content == "hello"


async def test_edits_beyond_the_limit_are_slowed_down_not_lost(
    chat: LocalChat, converter: Converter
) -> None:
    channel = converter.get_channel(chat.channel().id)
    assert isinstance(channel, discord.TextChannel)
    message = await channel.send("0")
    states: list[str] = []
    chat.on_change(lambda change, message: states.append(message.content))

    for number in range(1, 7):
        await message.edit(content=str(number))

    assert states == ["1", "2", "3", "4", "5", "6"]
