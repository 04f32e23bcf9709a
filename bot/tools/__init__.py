"""Quick work on finished pictures, each piece in a throw-away process (`nst.tools`).

Takes tenths of a second and no device: whose colours a picture has, films, plots, sheets. The bot's
own process decodes nothing. Imports no discord.
"""

from bot.tools.tools import ImageTools, RenderedFile

__all__ = ["ImageTools", "RenderedFile"]
