"""A still picture of whatever a file is: a picture, or one frame of a video."""

from __future__ import annotations

from io import BufferedReader
from typing import Final

from nst.formats import demuxer
from nst.images import LoadedImage, load_image
from nst.limits import Limits

_HEADER: Final = 64


def read_still(
    file: BufferedReader, limits: Limits | None = None, *, most: bool = False
) -> LoadedImage:
    """Return the picture; of a video the first frame that shows something, or the one with `most`.

    Raises:
        ImageError, FilmError: it cannot be read, or is beyond the limits.
    """
    limits = limits or Limits()
    if not demuxer(file.peek(_HEADER)[:_HEADER]):
        return load_image(file, limits=limits)
    from nst.film.poster import poster  # noqa: PLC0415 - most files are pictures

    data = file.read(limits.max_bytes + 1)
    limits.check_bytes(len(data))
    return poster(data, limits, most=most)
