"""One runner for all work on picture files, each piece in a throw-away process (`nst.tools`).

The bot's own process decodes nothing: pictures that strangers sent are checked here, and quick work
on finished ones is done here (other colours, films, plots, sheets). Takes plain paths; knows
nothing of jobs, and imports no discord.
"""

from bot.tools.answers import CheckedFilm, CheckedImage, RenderedFile
from bot.tools.quick import QuickWork
from bot.tools.tools import ImageTools

__all__ = ["CheckedFilm", "CheckedImage", "ImageTools", "QuickWork", "RenderedFile"]
