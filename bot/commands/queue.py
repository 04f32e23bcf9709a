"""`/queue`: what is being painted, how many wait, and how the asker's own pictures are doing."""

from __future__ import annotations

from dataclasses import dataclass

from discord import app_commands
from discord.ext import commands

from bot.jobs.queue import JobQueue
from bot.ui.board import board
from bot.ui.language import Interaction, words_of


@dataclass(eq=False)
class Queue(commands.Cog):
    """The command for everyone; only who asks sees the answer."""

    jobs: JobQueue

    @app_commands.command()
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    async def queue(self, interaction: Interaction) -> None:
        """See what is being painted, how many wait, and where your own pictures are."""
        text = board(self.jobs.overview(), interaction.user.id, words_of(interaction))
        await interaction.response.send_message(text, ephemeral=True)
