"""Subcommands, groups, all types of options, autocomplete, names in people's languages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest
from discord import app_commands

from localchat import InvalidInput, LocalChat
from localchat.discord_py import running
from tests.localchat.chat import Rest, page_state

TAG = {
    "name": "tag",
    "name_localizations": {"de": "marke"},
    "description": "The shelf",
    "options": [
        {
            "type": 1,
            "name": "add",
            "description": "Add one",
            "description_localizations": {"de": "Einen hinzufügen"},
            "options": [{"type": 3, "name": "name", "description": "n", "required": True}],
        },
        {
            "type": 2,
            "name": "admin",
            "description": "More",
            "options": [{"type": 1, "name": "purge", "description": "Remove all"}],
        },
    ],
}


def sub(name: str, **fields: Any) -> dict[str, Any]:
    return {"type": 1, "name": name, "description": "x"} | fields


def group(name: str, *options: Any) -> dict[str, Any]:
    return {"type": 2, "name": name, "description": "x", "options": list(options)}


REFUSED: dict[str, list[dict[str, Any]]] = {
    "a group in a group": [group("a", group("b", sub("c")))],
    "a subcommand in a subcommand": [sub("a", options=[sub("b")])],
    "an option beside a subcommand": [sub("a"), {"type": 3, "name": "b", "description": "x"}],
    "a text in a group": [group("a", {"type": 3, "name": "b", "description": "x"})],
    "an empty group": [group("a")],
    "a required subcommand": [sub("a", required=True)],
    "an upper-case translation": [sub("a", name_localizations={"de": "Aa"})],
    "an unknown language": [sub("a", name_localizations={"tlh": "aa"})],
    "a long translated description": [sub("a", description_localizations={"de": "x" * 101})],
    "autocomplete for a user": [
        {"type": 6, "name": "a", "description": "x", "autocomplete": True},
    ],
    "choices for a user": [
        {"type": 6, "name": "a", "description": "x", "choices": [{"name": "a", "value": "a"}]},
    ],
}


@pytest.mark.parametrize("case", REFUSED)
async def test_refused(chat: LocalChat, rest: Rest, case: str) -> None:
    command = {"name": "tag", "description": "x", "options": REFUSED[case]}

    status, body = await rest("PUT", f"/applications/{chat.application_id}/commands", [command])

    assert status == 400, body
    assert body["code"] == 50035


async def test_translations_are_kept_and_told_when_asked(
    chat: LocalChat, rest: Rest, problems: list[str]
) -> None:
    path = f"/applications/{chat.application_id}/commands"
    await rest("PUT", path, [TAG])

    _, plain = await rest("GET", path)
    _, whole = await rest("GET", path, query={"with_localizations": "true"})

    assert "name_localizations" not in plain[0]
    assert "description_localizations" not in plain[0]["options"][0]
    assert whole[0]["name_localizations"] == {"de": "marke"}
    assert whole[0]["options"][0]["description_localizations"] == {"de": "Einen hinzufügen"}
    assert problems == []


async def test_what_can_be_run(chat: LocalChat, rest: Rest, session: aiohttp.ClientSession) -> None:
    await rest("PUT", f"/applications/{chat.application_id}/commands", [TAG])
    ada = chat.person("Ada")

    state = await page_state(chat, session, "Ada")

    assert [(each["name"], each["label"]) for each in state["commands"]] == [
        ("tag add", "tag add"),
        ("tag admin purge", "tag admin purge"),
    ]
    assert state["commands"][1]["options"] == []
    for wrong in ("tag", "tag admin", "tag remove", "tag add name", "other"):
        with pytest.raises(InvalidInput):
            await ada.run(wrong)


async def test_commands_in_ones_own_language(
    chat: LocalChat, rest: Rest, session: aiohttp.ClientSession
) -> None:
    await rest("PUT", f"/applications/{chat.application_id}/commands", [TAG])
    chat.person("Berta", locale="de")
    chat.person("Claire", locale="fr")

    german = await page_state(chat, session, "Berta")
    french = await page_state(chat, session, "Claire")

    assert german["commands"][0]["label"].startswith("marke ")
    assert german["commands"][0]["description"] == "Einen hinzufügen"
    assert french["commands"][0]["label"] == "tag add"


class Shelf(discord.Client):
    """A bot with subcommands of all kinds."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.default(), guild_ready_timeout=0.1)
        self.tree = app_commands.CommandTree(self)
        self.seen: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()
        shelf = app_commands.Group(name="tag", description="x")
        admin = app_commands.Group(name="admin", description="x", parent=shelf)

        @shelf.command(name="add", description="x")
        async def add(interaction: discord.Interaction, name: str, weight: float = 1.0) -> None:
            self.seen.put_nowait((name, weight, interaction.locale))
            await interaction.response.send_message("added")

        @add.autocomplete("name")
        async def complete(
            interaction: discord.Interaction, current: str
        ) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=current.upper(), value=current)]

        @admin.command(name="give", description="x")
        async def give(
            interaction: discord.Interaction,
            member: discord.Member,
            role: discord.Role,
            channel: discord.TextChannel,
        ) -> None:
            self.seen.put_nowait((member.display_name, role.name, channel.name))
            await interaction.response.send_message("given")

        self.tree.add_command(shelf)

    async def setup_hook(self) -> None:
        await self.tree.sync()


@pytest.fixture
async def shelf(chat: LocalChat, discord_py: None, problems: list[str]) -> AsyncIterator[Shelf]:
    client = Shelf()
    async with running(client, chat):
        yield client
    assert problems == []


async def test_a_subcommand(chat: LocalChat, shelf: Shelf) -> None:
    ada = chat.person("Ada", locale="pt-BR")

    await ada.run("tag add", {"name": "waves", "weight": 2.5})

    assert await shelf.seen.get() == ("waves", 2.5, discord.Locale.brazil_portuguese)
    assert chat.messages()[-1]["interaction"]["name"] == "tag add"


async def test_members_roles_and_channels_as_options(chat: LocalChat, shelf: Shelf) -> None:
    chat.add_role("Helpers")
    chat.person("Grace")
    given: dict[str, Any] = {"member": "Grace", "role": "Helpers", "channel": "#random"}

    await chat.person("Ada").run("tag admin give", given)

    assert await shelf.seen.get() == ("Grace", "Helpers", "random")
    with pytest.raises(InvalidInput, match="no 'Nobody' here"):
        await chat.person("Ada").run("tag admin give", given | {"member": "Nobody"})


async def test_autocomplete_in_a_subcommand(chat: LocalChat, shelf: Shelf) -> None:
    choices = await chat.person("Ada").autocomplete("tag add", "name", "wa")

    assert choices == [{"name": "WA", "value": "wa"}]
