"""What people meet beside the card: the real bot, painting in the local chat.

Menus, forms, the shelf, settings, private pictures, strengths, direct messages. For
`make_screenshots.py`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from backend.examples import list_examples
from backend.settings import load_settings
from bot.app import running_bot
from bot.local_chat import TOUR, local_chat
from bot.ui.buttons import CHANGE, MENU, RESTYLE, REUSE
from docs.contact_sheets import Scene
from localchat import MANAGER_PERMISSIONS, Interaction, LocalChat, Person, Upload

SIZE: Final = 384
EXAMPLES: Final = {example.name: example for example in list_examples()}


def upload(name: str) -> Upload:
    """Return an example as somebody sends it."""
    path = EXAMPLES[name].path
    return Upload(path.name, path.read_bytes(), "image/jpeg")


async def painted(
    chat: LocalChat,
    person: Person,
    photo: str,
    style: str,
    *,
    channel: int | None = None,
    size: int = SIZE,
    **options: bool | int,
) -> int:
    """Run `/stylize`; return the id of the card once the picture is on it."""
    given: dict[str, Upload | str | int] = {
        "content": upload(photo),
        "style_name": style,
        "size": size,
        "seed": 7,
        **options,
    }
    answer = await person.run("stylize", given, channel=channel)
    async for state in chat.watch(answer.response_message_id or 0):
        if "stylized-" in json.dumps(state["components"]):
            return int(state["id"])
    raise RuntimeError("the card was deleted")


async def said(chat: LocalChat, answer: Interaction) -> int:
    """Wait until the bot has said what it was thinking about; return the id of the message."""
    async for state in chat.watch(answer.response_message_id or 0):
        if state["content"] or state["components"]:
            return int(state["id"])
    raise RuntimeError("the answer was deleted")


async def opened(chat: LocalChat, person: Person, card: int, begins: str) -> int:
    """Press a button of a card; return the id of the panel that it opens."""
    return await said(chat, await person.press(card, pressed(chat, card, begins)))


def pressed(chat: LocalChat, message: int, begins: str) -> str:
    """Return the custom id of a button of a message."""
    nodes = list(chat.message(message).components)
    while nodes:
        node = nodes.pop()
        if str(node.get("custom_id", "")).startswith(f"{begins}:"):
            return str(node["custom_id"])
        nodes += node.get("components", [])
    raise LookupError(f"there is no button {begins}")


async def stage(chat: LocalChat, language: str) -> list[Scene]:
    """Ada, who looks after the server, tries everything; Grace brings a style along."""
    ada = chat.person("Ada", MANAGER_PERMISSIONS, locale=language)
    grace = chat.person("Grace", locale=language)
    here, gallery = (chat.channel(name).id for name in ("painting", "gallery"))

    async def ran(command: str, **options: Upload | str | int) -> int:
        return await said(chat, await ada.run(command, options, channel=gallery))

    card = await painted(chat, ada, "Chelsea the cat", "Night wind", size=512)
    menu = await opened(chat, ada, card, MENU.name)
    shelf = await ran("style list")
    await ada.run("settings change", {"shelf_approval": True}, channel=gallery)
    added: dict[str, Upload | str] = {
        "name": "Evening coffee",
        "picture": upload("Cup of coffee"),
        "credit": "Grace",
    }
    await said(chat, await grace.run("style add", added, channel=gallery))
    notes = Upload("notes.txt.jpg", b"Dear diary", "image/jpeg")
    refused = await ran("stylize", content=notes, style_name="Night sky", size=4096)
    waiting, settings = await ran("style pending"), await ran("settings show")
    private = await painted(chat, ada, "Cup of coffee", "Pencil valley", private=True)
    strengths = await painted(chat, ada, "Astronaut", "Woodblock wave", sheet=True)
    several = await painted(chat, ada, "Astronaut", "Stained glass", takes=4)
    styles = await opened(chat, ada, several, RESTYLE.name)
    photos = await opened(chat, ada, card, REUSE.name)
    direct = await painted(chat, ada, "Astronaut", "Cubist harbour", channel=ada.dm)
    own = await ran("my pictures")
    return [
        Scene("/stylize", here, card),
        Scene("More…", here, menu),
        Scene("/stylize with compare: four strengths", here, strengths),
        Scene("/stylize with takes: four versions", here, several),
        Scene("Another style…", here, styles),
        Scene("Use this style…", here, photos),
        Scene("/my pictures", gallery, own),
        Scene("What cannot be painted", gallery, refused),
        Scene("/style list", gallery, shelf),
        Scene("/compose", here, command="compose"),
        Scene("More… › Change…", here, menu, press=f"{CHANGE.name}:"),
        Scene("/stylize with private", here, private),
        Scene("/settings show", gallery, settings),
        Scene("/style pending", gallery, waiting),
        Scene("/stylize in a direct message", ada.dm, direct),
    ]


@asynccontextmanager
async def chat_scenes(language: str) -> AsyncIterator[tuple[LocalChat, list[Scene]]]:
    """Run the bot, and yield when everything has happened."""
    with TemporaryDirectory() as folder:
        settings = load_settings(data_dir=Path(folder) / "data", devices=("cpu",))
        async with local_chat(0, TOUR) as (chat, server), running_bot(settings, server):
            yield chat, await stage(chat, language)
