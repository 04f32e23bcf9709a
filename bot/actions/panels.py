"""Panels: messages with pictures and buttons that only who pressed sees."""

from __future__ import annotations

import io

import discord

from backend.files.store import FileStore
from bot.ui.language import Interaction
from bot.ui.layouts import Layout


async def show_panel(interaction: Interaction, files: FileStore, panel: Layout) -> None:
    """Show a panel in the place of the answer that was announced, or of the panel before."""
    contents = {name: await files.get(key) for name, key in panel.files.items()}
    sent = [discord.File(io.BytesIO(data), filename=name) for name, data in contents.items()]
    await interaction.edit_original_response(view=panel.view, attachments=sent)
