"""A chat that begins anew around a bot that stays connected, so that tests can share the bot."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from discord import app_commands

from localchat import LocalChat
from localchat.discord_py import running

pytestmark = pytest.mark.usefixtures("discord_py")


class Greeter(discord.Client):
    """A bot with one command."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True), guild_ready_timeout=0.1)
        self.tree = app_commands.CommandTree(self)
        self.tree.add_command(
            app_commands.Command(name="greet", description="Greet", callback=self._greet)
        )

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def _greet(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(f"in {interaction.guild_id}")


async def test_nothing_is_left_but_the_bot_and_its_commands(chat: LocalChat) -> None:
    told: list[str] = []
    chat.on_dispatch(lambda dispatch: told.append(dispatch.name))
    async with running(client := Greeter(), chat):
        before = (await chat.person("Ada").run("greet")).user.id, chat.messages()[0]["content"]
        chat.faults.next("POST", "/callback$", status=500)
        chat.start_over()
        told.clear()
        assert chat.messages() == []
        after = (await chat.person("Ada").run("greet")).user.id, chat.messages()[0]["content"]
        assert [f"in {guild.id}" for guild in client.guilds] == [after[1]]
    assert not set(before) & set(after), "another Ada in another server"
    assert told == [], "callbacks are forgotten"


async def test_the_bot_is_told_of_its_servers(chat: LocalChat) -> None:
    async with running(client := Greeter(), chat):
        chat.add_guild("Studio")
        chat.start_over()
        await chat.person("Ada").run("greet")
        assert len(client.guilds) == len([g for g in chat.guilds if g.has_bot])
