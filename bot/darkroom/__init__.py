"""Quick work on finished pictures, each piece in a throw-away process (`nst.darkroom`).

Takes tenths of a second and no device: whose colours a picture has, films, plots, sheets. The bot's
own process decodes nothing. Imports no discord.
"""

from bot.darkroom.darkroom import Darkroom, Print

__all__ = ["Darkroom", "Print"]
