"""A modal of discord.py, opened from a command and from a context menu."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest
from discord import app_commands, ui

from localchat import Interaction, LocalChat, Upload
from localchat.discord_py import running
from tests.localchat.chat import png

PICTURE = Upload("picture.png", png(), "image/png")


class Form(ui.Modal, title="Convert this"):
    """A modal like a bot's."""

    intro: ui.TextDisplay[Any] = ui.TextDisplay("Choose one")
    strength: ui.Label[Any] = ui.Label(
        text="Strength", component=ui.TextInput(default="60", max_length=3)
    )
    files: ui.Label[Any] = ui.Label(
        text="Files", component=ui.FileUpload(min_values=1, max_values=3)
    )
    shelf: ui.Label[Any] = ui.Label(
        text="Shelf",
        component=ui.Select(
            options=[discord.SelectOption(label="Waves"), discord.SelectOption(label="Ink")],
            required=False,
        ),
    )
    colours: ui.Label[Any] = ui.Label(
        text="Colours",
        component=ui.RadioGroup(
            options=[
                discord.RadioGroupOption(label="Old", value="old", default=True),
                discord.RadioGroupOption(label="New", value="new"),
            ]
        ),
    )

    def __init__(self, pressed: asyncio.Future[tuple[Any, ...]]) -> None:
        super().__init__(timeout=None)
        self.pressed = pressed

    async def on_submit(self, interaction: discord.Interaction) -> None:
        fields = (self.strength, self.files, self.shelf, self.colours)
        strength, files, shelf, colours = (field.component for field in fields)
        assert isinstance(strength, ui.TextInput)
        assert isinstance(files, ui.FileUpload)
        assert isinstance(shelf, ui.Select)
        assert isinstance(colours, ui.RadioGroup)
        data = [await file.read() for file in files.values]
        await interaction.response.send_message("thank you", ephemeral=True)
        self.pressed.set_result((strength.value, data, shelf.values, colours.value))

    async def on_error(  # type: ignore[override] # as discord.py's own Modal has it
        self, interaction: discord.Interaction, error: Exception
    ) -> None:
        self.pressed.set_exception(error)


class Asker(discord.Client):
    """Opens the modal from a command, a context menu and a button."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.default(), guild_ready_timeout=0.1)
        self.tree = app_commands.CommandTree(self)
        self.submitted: asyncio.Future[tuple[Any, ...]] = asyncio.Future()
        self.on_message_menu: list[discord.Message] = []

        async def ask(interaction: discord.Interaction) -> None:
            await interaction.response.send_modal(Form(self.submitted))

        async def menu(interaction: discord.Interaction, message: discord.Message) -> None:
            self.on_message_menu.append(message)
            await interaction.response.send_modal(Form(self.submitted))

        async def wave(interaction: discord.Interaction, member: discord.Member) -> None:
            await interaction.response.send_message(f"hello {member.display_name}")

        self.tree.add_command(app_commands.Command(name="ask", description="x", callback=ask))
        self.tree.add_command(app_commands.ContextMenu(name="Convert this…", callback=menu))
        self.tree.add_command(app_commands.ContextMenu(name="Wave at", callback=wave))

    async def setup_hook(self) -> None:
        await self.tree.sync()


@pytest.fixture
async def asker(chat: LocalChat, discord_py: None, problems: list[str]) -> AsyncIterator[Asker]:
    client = Asker()
    async with running(client, chat):
        yield client
    assert problems == []


async def test_a_context_menu_and_its_modal(chat: LocalChat, asker: Asker) -> None:
    ada = chat.person("Ada")
    said = await ada.say("look", [PICTURE])

    interaction = await ada.use("Convert this…", said)
    answer = await ada.submit(interaction, _values(interaction, ["75", PICTURE, "Ink", "new"]))
    values = await asyncio.wait_for(asker.submitted, 5)

    assert values == ("75", [PICTURE.data], ["Ink"], "new")
    (message,) = asker.on_message_menu
    assert message.content == "look"
    assert [file.filename for file in message.attachments] == ["picture.png"]
    reply = chat.message(answer.response_message_id or 0)
    assert (reply.content, reply.visible_to) == ("thank you", ada.user.id)


async def test_a_command_and_its_modal(chat: LocalChat, asker: Asker) -> None:
    ada = chat.person("Ada")

    interaction = await ada.run("ask")
    await ada.submit(interaction, _values(interaction, [None, PICTURE, None, None]))

    values = await asyncio.wait_for(asker.submitted, 5)
    assert values == ("60", [PICTURE.data], [], "old")


async def test_a_menu_on_a_member(chat: LocalChat, asker: Asker) -> None:
    chat.person("Grace")

    interaction = await chat.person("Ada").use("Wave at", "Grace")

    assert chat.message(interaction.response_message_id or 0).content == "hello Grace"
    assert chat.messages()[-1]["type"] == 23


def _values(interaction: Interaction, given: list[Any]) -> dict[str, Any]:
    """Return values by the custom ids discord.py made up."""
    modal = interaction.modal or {}
    ids = [part["component"]["custom_id"] for part in modal["components"] if part["type"] == 18]
    return {custom_id: value for custom_id, value in zip(ids, given, strict=True) if value}
