"""One runner for all work on picture files, each piece in a throw-away process (`nst.tools`).

The bot's own process decodes nothing: pictures that strangers sent are checked here, and quick work
on finished ones is done here (other colours, films, plots, sheets). Takes plain paths; knows
nothing of jobs, and imports no discord.
"""

from backend.tools.answers import CheckedFilm, CheckedImage, RenderedFile
from backend.tools.forking import quick_starter
from backend.tools.quick import QuickWork
from backend.tools.spawning import Spawning
from backend.tools.tools import ImageTools, image_tools

__all__ = [
    "CheckedFilm",
    "CheckedImage",
    "ImageTools",
    "QuickWork",
    "RenderedFile",
    "Spawning",
    "image_tools",
    "quick_starter",
]
