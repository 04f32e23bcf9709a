"""Modals: what a bot may open, what a person may submit, and what discord.py makes of both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest
from discord import app_commands, ui

from bot.localchat import Interaction, InvalidInput, LocalChat, Upload
from tests.chat import Begun, Rest, begin, connected, png

COMMAND = {"name": "mix", "type": 1, "description": "Mix"}
PHOTO = Upload("photo.png", png(), "image/png")


def label(component: dict[str, Any], text: str = "Label") -> dict[str, Any]:
    return {"type": 18, "label": text, "component": component}


def text(**fields: Any) -> dict[str, Any]:
    return {"type": 4, "custom_id": "text", "style": 1} | fields


def modal(*components: dict[str, Any], **fields: Any) -> dict[str, Any]:
    parts = list(components) or [label(text())]
    return {"type": 9, "data": {"custom_id": "m", "title": "Mix", "components": parts} | fields}


def options(count: int) -> list[dict[str, Any]]:
    return [{"label": f"Option {n}", "value": f"o{n}"} for n in range(count)]


async def asked(chat: LocalChat, rest: Rest) -> Begun[Interaction]:
    await rest("PUT", f"/applications/{chat.application_id}/commands", [COMMAND])
    return await begin(chat, chat.person("Ada").run("mix"))


async def opened(chat: LocalChat, rest: Rest, answer: dict[str, Any]) -> Interaction:
    begun = await asked(chat, rest)
    status, body = await rest("POST", begun.callback, answer, token="")
    assert status == 204, body
    return await begun.waiting


def radio(count: int, **fields: Any) -> dict[str, Any]:
    return {"type": 21, "custom_id": "r", "options": options(count)} | fields


def boxes(count: int, **fields: Any) -> dict[str, Any]:
    return {"type": 22, "custom_id": "b", "options": options(count)} | fields


def menu(count: int, **fields: Any) -> dict[str, Any]:
    return {"type": 3, "custom_id": "s", "options": options(count)} | fields


def files(**fields: Any) -> dict[str, Any]:
    return {"type": 19, "custom_id": "f"} | fields


REFUSED: dict[str, dict[str, Any]] = {
    "title of 46": modal(title="x" * 46),
    "no title": modal(title=""),
    "custom id of 101": modal(custom_id="x" * 101),
    "six parts": modal(*(label(text(custom_id=str(n))) for n in range(6))),
    "no part": modal() | {"data": {"custom_id": "m", "title": "Mix", "components": []}},
    "the same custom id twice": modal(label(text()), label(text())),
    "a button": modal({"type": 1, "components": [{"type": 2, "style": 1, "custom_id": "x"}]}),
    "a text input without a label": modal(text()),
    "label of 46": modal(label(text(), "x" * 46)),
    "description of 101": modal(label(text()) | {"description": "x" * 101}),
    "an empty label": modal({"type": 18, "label": "x"}),
    "style 3": modal(label(text(style=3))),
    "shortest longer than longest": modal(label(text(min_length=5, max_length=4))),
    "longest over 4000": modal(label(text(max_length=4001))),
    "prefilled with 4001": modal(label(text(value="x" * 4001))),
    "placeholder of 101": modal(label(text(placeholder="x" * 101))),
    "eleven files": modal(label(files(max_values=11))),
    "fewest more than most": modal(label(files(min_values=3, max_values=2))),
    "one radio button": modal(label(radio(1))),
    "eleven radio buttons": modal(label(radio(11))),
    "eleven boxes": modal(label(boxes(11))),
    "26 options": modal(label(menu(26))),
    "the same value twice": modal(label(menu(2, options=[*options(1), *options(1)]))),
    "a disabled menu": modal(label(menu(2, disabled=True))),
    "4001 characters of text": modal({"type": 10, "content": "x" * 4001}),
    "a gallery": modal({"type": 12, "items": []}),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_refused(chat: LocalChat, rest: Rest, case: str) -> None:
    begun = await asked(chat, rest)

    status, body = await rest("POST", begun.callback, REFUSED[case], token="")

    assert (status, body["code"]) == (400, 50035), body
    assert begun.interaction.modal is None
    begun.waiting.cancel()


EVERYTHING = modal(
    label(text(value="before", min_length=2, max_length=20)),
    label(menu(3, min_values=0, max_values=2, required=False)),
    label(files(min_values=0, max_values=2, required=False)),
    label(radio(2)),
    label(boxes(3, required=False, min_values=0)),
)


async def test_what_is_submitted(chat: LocalChat, rest: Rest, problems: list[str]) -> None:
    interaction = await opened(chat, rest, EVERYTHING)
    values: dict[str, Any] = {
        "text": "hello",
        "s": ["o2", "o0"],
        "f": [PHOTO],
        "r": "o1",
        "b": ["o1"],
    }

    begun = await begin(chat, chat.person("Ada").submit(interaction, values))
    status, _ = await rest("POST", begun.callback, {"type": 5}, token="")

    sent = begun.interaction
    inner = [part["component"] for part in sent.data["components"]]
    (file_id,) = sent.data["resolved"]["attachments"]
    assert status == 204
    assert sent.data["custom_id"] == "m"
    assert [part.get("value", part.get("values")) for part in inner] == [
        "hello",
        ["o2", "o0"],
        [file_id],
        "o1",
        ["o1"],
    ]
    assert len({part["id"] for part in [*inner, *sent.data["components"]]}) == 10
    answer = chat.messages()[-1]
    assert answer["interaction_metadata"]["type"] == 5
    assert answer["interaction_metadata"]["triggering_interaction_metadata"]["type"] == 2
    assert problems == []


async def test_what_the_bot_put_there_stays(chat: LocalChat, rest: Rest) -> None:
    interaction = await opened(chat, rest, EVERYTHING)

    begun = await begin(chat, chat.person("Ada").submit(interaction, {"r": "o0"}))

    inner = [part["component"] for part in begun.interaction.data["components"]]
    assert [part.get("value", part.get("values")) for part in inner] == ["before", [], [], "o0", []]
    assert "resolved" not in begun.interaction.data
    begun.waiting.cancel()


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"r": "o0", "text": "x"}, "2 to 20"),
        ({"r": "o0", "text": "x" * 21}, "2 to 20"),
        ({"r": "o0", "text": ""}, "required"),
        ({"r": "o0", "text": True}, "a text"),
        ({"r": "o0", "s": ["o0", "o1", "o2"]}, "0 to 2"),
        ({"r": "o0", "s": ["o0", "o0"]}, "once"),
        ({"r": "o0", "s": ["o9"]}, "one of the options"),
        ({"r": "o0", "f": [PHOTO] * 3}, "0 to 2"),
        ({"r": "o0", "f": ["photo.png"]}, "takes files"),
        ({"r": "o9"}, "one of the options"),
        ({}, "1 to 1"),
        ({"r": "o0", "other": "x"}, "no field 'other'"),
    ],
)
async def test_limits_of_fields(
    chat: LocalChat, rest: Rest, values: dict[str, Any], why: str
) -> None:
    interaction = await opened(chat, rest, EVERYTHING)

    with pytest.raises(InvalidInput, match=why):
        await chat.person("Ada").submit(interaction, values)


async def test_members_roles_and_channels(chat: LocalChat, rest: Rest, problems: list[str]) -> None:
    role = chat.add_role("Painters")
    grace = chat.person("Grace")
    everyone = [
        label({"type": kind, "custom_id": name, "max_values": 2})
        for name, kind in (("user", 5), ("role", 6), ("any", 7), ("channel", 8))
    ]
    interaction = await opened(chat, rest, modal(*everyone, label({"type": 23, "custom_id": "c"})))
    values: dict[str, Any] = {
        "user": ["Grace"],
        "role": ["Painters"],
        "any": ["Painters", "Grace"],
        "c": True,
    }

    begun = await begin(
        chat, chat.person("Ada").submit(interaction, values | {"channel": ["gallery"]})
    )

    data = begun.interaction.data
    inner = [part["component"] for part in data["components"]]
    user_id, role_id = str(grace.user.id), str(role.id)
    assert [part.get("values") for part in inner[:3]] == [[user_id], [role_id], [role_id, user_id]]
    assert inner[4]["value"] is True
    assert set(data["resolved"]) == {"users", "members", "roles", "channels"}
    assert problems == []
    begun.waiting.cancel()


async def test_a_modal_cannot_answer_a_modal(chat: LocalChat, rest: Rest) -> None:
    interaction = await opened(chat, rest, modal())
    begun = await begin(chat, chat.person("Ada").submit(interaction, {"text": "x"}))

    status, body = await rest("POST", begun.callback, modal(), token="")
    update, _ = await rest("POST", begun.callback, {"type": 6}, token="")

    assert (status, body["code"]) == (400, 50035)
    assert update == 400  # a command opened it: there is no message to update
    begun.waiting.cancel()


async def test_only_who_asked_may_submit(chat: LocalChat, rest: Rest) -> None:
    interaction = await opened(chat, rest, modal())

    with pytest.raises(InvalidInput, match="no form is open"):
        await chat.person("Grace").submit(interaction, {"text": "x"})


# the same with discord.py


class Form(ui.Modal, title="Stylize this"):
    """A modal like the bot's."""

    intro: ui.TextDisplay[Any] = ui.TextDisplay("Choose a style")
    strength: ui.Label[Any] = ui.Label(
        text="Strength", component=ui.TextInput(default="60", max_length=3)
    )
    style: ui.Label[Any] = ui.Label(
        text="Style", component=ui.FileUpload(min_values=1, max_values=3)
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
                discord.RadioGroupOption(label="Style's", value="style", default=True),
                discord.RadioGroupOption(label="Photo's", value="photo"),
            ]
        ),
    )

    def __init__(self, pressed: asyncio.Future[tuple[Any, ...]]) -> None:
        super().__init__(timeout=None)
        self.pressed = pressed

    async def on_submit(self, interaction: discord.Interaction) -> None:
        fields = (self.strength, self.style, self.shelf, self.colours)
        strength, style, shelf, colours = (field.component for field in fields)
        assert isinstance(strength, ui.TextInput)
        assert isinstance(style, ui.FileUpload)
        assert isinstance(shelf, ui.Select)
        assert isinstance(colours, ui.RadioGroup)
        data = [await file.read() for file in style.values]
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
        self.tree.add_command(app_commands.ContextMenu(name="Stylize this…", callback=menu))
        self.tree.add_command(app_commands.ContextMenu(name="Wave at", callback=wave))

    async def setup_hook(self) -> None:
        await self.tree.sync()


@pytest.fixture
async def asker(chat: LocalChat, addresses: None, problems: list[str]) -> AsyncIterator[Asker]:
    client = Asker()
    async with connected(client, chat):
        yield client
    assert problems == []


async def test_a_context_menu_and_its_modal(chat: LocalChat, asker: Asker) -> None:
    ada = chat.person("Ada")
    said = await ada.say("look", [PHOTO])

    interaction = await ada.use("Stylize this…", said)
    answer = await ada.submit(interaction, _values(interaction, ["75", PHOTO, "Ink", "photo"]))
    values = await asyncio.wait_for(asker.submitted, 5)

    assert values == ("75", [PHOTO.data], ["Ink"], "photo")
    (message,) = asker.on_message_menu
    assert message.content == "look"
    assert [file.filename for file in message.attachments] == ["photo.png"]
    reply = chat.world.message(answer.response_message_id or 0)
    assert (reply.content, reply.visible_to) == ("thank you", ada.user.id)


async def test_a_command_and_its_modal(chat: LocalChat, asker: Asker) -> None:
    ada = chat.person("Ada")

    interaction = await ada.run("ask")
    await ada.submit(interaction, _values(interaction, [None, PHOTO, None, None]))

    values = await asyncio.wait_for(asker.submitted, 5)
    assert values == ("60", [PHOTO.data], [], "style")


async def test_a_menu_on_a_member(chat: LocalChat, asker: Asker) -> None:
    chat.person("Grace")

    interaction = await chat.person("Ada").use("Wave at", "Grace")

    assert chat.world.message(interaction.response_message_id or 0).content == "hello Grace"
    assert chat.messages()[-1]["type"] == 23


def _values(interaction: Interaction, given: list[Any]) -> dict[str, Any]:
    """Values by the custom ids discord.py made up."""
    modal = interaction.modal or {}
    ids = [part["component"]["custom_id"] for part in modal["components"] if part["type"] == 18]
    return {custom_id: value for custom_id, value in zip(ids, given, strict=True) if value}
