"""What Discord sends when somebody gives a command, presses a button or fills in a form."""

from __future__ import annotations

from typing import Any

import discord

Interaction = discord.Interaction[Any]
"""One of any client; nothing here asks which."""
