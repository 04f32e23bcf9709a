"""Another Discord library connects to the local chat: it is not shaped to discord.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import hikari
import pytest
from hikari.impl import special_endpoints

from localchat import LocalChat, Message, Upload
from tests.localchat.chat import png

PICTURE = Upload("picture.png", png(), "image/png")


class Converter:
    """A small bot made with hikari: a slash command with a button, a context menu, and a command
    whose card is changed by a form."""

    def __init__(self, chat: LocalChat) -> None:
        self.bot = hikari.GatewayBot(
            chat.token,
            rest_url=chat.api_url,
            banner=None,
            logs=None,
            suppress_optimization_warning=True,
        )
        self.seen: list[str] = []
        self.guilds: list[str] = []
        self.bot.subscribe(hikari.InteractionCreateEvent, self._answer)
        self.bot.subscribe(hikari.GuildAvailableEvent, self._guild)

    async def _guild(self, event: hikari.GuildAvailableEvent) -> None:
        self.guilds.append(event.guild.name)

    async def register(self, application: int) -> None:
        mix = special_endpoints.SlashCommandBuilder("mix", "Mix a picture")
        mix.add_option(
            hikari.CommandOption(
                type=hikari.OptionType.ATTACHMENT, name="picture", description="x", is_required=True
            )
        )
        menu = special_endpoints.ContextMenuCommandBuilder(
            type=hikari.CommandType.MESSAGE, name="Mix this"
        )
        card = special_endpoints.SlashCommandBuilder("card", "Show a card")
        await self.bot.rest.set_application_commands(application, [mix, menu, card])

    def _card(self, title: str) -> special_endpoints.ContainerComponentBuilder:
        picture = special_endpoints.MediaGalleryItemBuilder(
            media=hikari.Bytes(png(9, 7), "result.png"), description="A picture"
        )
        row = special_endpoints.MessageActionRowBuilder()
        row.add_interactive_button(hikari.ButtonStyle.SECONDARY, "ask", label="Change…")
        card = special_endpoints.ContainerComponentBuilder(accent_color=hikari.Color(0xB04A24))
        return card.add_text_display(f"## {title}").add_media_gallery([picture]).add_component(row)

    async def _change(self, interaction: hikari.ModalInteraction) -> None:
        (row,) = interaction.components
        (entry,) = row
        assert isinstance(entry, hikari.TextInputComponent)
        await interaction.create_initial_response(
            hikari.ResponseType.MESSAGE_UPDATE, component=self._card(entry.value)
        )

    async def _answer(self, event: hikari.InteractionCreateEvent) -> None:
        interaction = event.interaction
        if isinstance(interaction, hikari.ModalInteraction):
            await self._change(interaction)
        elif (
            isinstance(interaction, hikari.ComponentInteraction) and interaction.custom_id == "ask"
        ):
            entry = special_endpoints.ModalActionRowBuilder().add_text_input("title", "Title")
            await interaction.create_modal_response("Change", "change", component=entry)
        elif (
            isinstance(interaction, hikari.CommandInteraction)
            and interaction.command_name == "card"
        ):
            await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_CREATE)
            await interaction.edit_initial_response(component=self._card("before"))
        elif isinstance(interaction, hikari.ComponentInteraction):
            await interaction.create_initial_response(
                hikari.ResponseType.MESSAGE_UPDATE,
                f"pressed {interaction.custom_id}",
                components=[],
            )
        elif isinstance(interaction, hikari.CommandInteraction):
            resolved = interaction.resolved
            assert resolved is not None
            self.seen += [file.filename for file in resolved.attachments.values()]
            self.seen += [message.content or "" for message in resolved.messages.values()]
            row = special_endpoints.MessageActionRowBuilder()
            row.add_interactive_button(hikari.ButtonStyle.PRIMARY, "go", label="Go")
            await interaction.create_initial_response(
                hikari.ResponseType.MESSAGE_CREATE, "mixed", component=row
            )


@pytest.fixture
async def converter(chat: LocalChat, problems: list[str]) -> AsyncIterator[Converter]:
    converter = Converter(chat)
    await asyncio.wait_for(converter.bot.start(check_for_updates=False), 20)
    try:
        await converter.register(chat.application_id)
        yield converter
    finally:
        await converter.bot.close()
    assert problems == []


async def test_a_command_its_answer_and_a_button(chat: LocalChat, converter: Converter) -> None:
    ada = chat.person("Ada")

    interaction = await ada.run("mix", {"picture": PICTURE})
    message = interaction.response_message_id or 0
    said = chat.message(message).content
    await ada.press(message, "go")

    assert (said, chat.message(message).content) == ("mixed", "pressed go")
    assert chat.message(message).components == ()
    assert converter.seen == ["picture.png"]
    assert converter.guilds == ["Server"]


async def test_a_context_menu_and_a_follow_up_with_a_file(
    chat: LocalChat, converter: Converter
) -> None:
    ada = chat.person("Ada")
    said = await ada.say("this one", [PICTURE])

    interaction = await ada.use("Mix this", said)
    sent = await converter.bot.rest.create_message(
        interaction.channel_id, "and a file", attachment=hikari.Bytes(png(), "result.png")
    )

    assert converter.seen == ["this one"]
    assert [file.filename for file in chat.message(int(sent.id)).attachments] == ["result.png"]


async def test_a_card_is_changed_by_a_form(chat: LocalChat, converter: Converter) -> None:
    ada = chat.person("Ada")

    interaction = await ada.run("card")
    message = interaction.response_message_id or 0
    async with asyncio.timeout(10):
        async for state in chat.watch(message):
            if state["components"]:
                break
    before = chat.message(message)
    pressed = await ada.press(message, "ask")
    await ada.submit(pressed, {"title": "after"})
    after = chat.message(message)

    assert (before.is_v2, after.is_v2) == (True, True)
    assert [_title(before), _title(after)] == ["## before", "## after"]
    assert [file.width for file in after.attachments] == [9]
    assert before.attachments[0].id != after.attachments[0].id


def _title(message: Message) -> str:
    (card,) = message.components
    return str(card["components"][0]["content"])
