"""From the bytes of a file to the numbers of one picture: a module for each family of formats."""

from nst.reading.files import open_frames, read, without_blanks
from nst.reading.frames import SHOWS_SOMETHING, contrast
from nst.reading.opened import is_sideways, open_image
from nst.reading.raster import Raster

__all__ = [
    "SHOWS_SOMETHING",
    "Raster",
    "contrast",
    "is_sideways",
    "open_frames",
    "open_image",
    "read",
    "without_blanks",
]
