"""Which reader takes which file."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from PIL import Image

from nst.errors import ImageError
from nst.formats import DAMAGED
from nst.limits import Limits
from nst.reading import heif, jpeg, netpbm, png
from nst.reading.frames import choose_frame
from nst.reading.opened import of_image, open_image
from nst.reading.raster import Raster
from nst.reading.spaces import LINEAR_HDR

_BEFORE: Final = b"\xef\xbb\xbf \t\r\n"  # what a badly written web page puts before its picture
_MOST_BEFORE: Final = 64
_TIFF: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_RADIANCE: Final = (b"#?RADIANCE", b"#?RGBE")
_RADIANCE_SIZE: Final = re.compile(rb"\n-Y (\d{1,6}) \+X (\d{1,6})\n")
_LONGEST_HEADER: Final = 4096
_HEIF: Final = frozenset({"HEIF", "AVIF"})


def read(data: bytes, limits: Limits) -> Raster:
    """Read the picture that people mean, its size checked before it is unpacked.

    Args:
        data: the whole file.
        limits: what to refuse.

    Raises:
        ImageError: nothing that can be read, or beyond the limits.
        Exception: whatever Pillow or a codec says of a damaged file.
    """
    data = without_blanks(data)
    if data.startswith(jpeg.START):
        return _read_jpeg(data, limits)
    if data.startswith(png.SIGNATURE):
        return _read_png(data, limits)
    if data.startswith(_TIFF):
        from nst.reading import tiff  # noqa: PLC0415 (rare; 50 ms)

        return tiff.read(data, limits)
    if data.startswith(_RADIANCE):
        return _read_radiance(data, limits)
    if netpbm.is_float(data):
        limits.check_size(*netpbm.float_size(data))
        return netpbm.read_floats(data)
    if netpbm.is_netpbm(data):
        data = netpbm.shorten(data)
    return _read_other(data, limits)


def open_frames(data: bytes, limits: Limits) -> tuple[Image.Image, Callable[[], Raster]]:
    """Open a picture that may move; return it, and what reads the frame at which it stands.

    Raises as `read` does.
    """
    chunks = png.split(data) if data.startswith(png.SIGNATURE) else None
    image = open_image(chunks.data if chunks else data, limits)

    def frame() -> Raster:
        if chunks:
            deep = chunks.deep and not chunks.animated
            return png.read_deep(chunks) if deep else chunks.declare(of_image(image))
        raster = of_image(image)
        if image.format in _HEIF:
            raster = replace(raster, frames=getattr(image, "n_frames", 1))
            return heif.with_colour(raster, image, data)
        return raster

    return image, frame


def without_blanks(data: bytes) -> bytes:
    """Return the file from its signature on."""
    start = data[:_MOST_BEFORE].lstrip(_BEFORE)
    if start.startswith((jpeg.START, png.SIGNATURE, b"GIF8")):
        return data[len(data[:_MOST_BEFORE]) - len(start) :]
    return data


def _read_jpeg(data: bytes, limits: Limits) -> Raster:
    structure = jpeg.inspect(data)
    if not structure.scans:
        raise ImageError(DAMAGED)
    if structure.bits > 8:
        limits.check_size(*structure.size)
        return jpeg.read_deep(data, structure)
    image = open_image(data, limits)
    if not structure.complete:
        image = jpeg.mend(data, structure)
    return of_image(image)


def _read_png(data: bytes, limits: Limits) -> Raster:
    chunks = png.split(data)
    image = open_image(chunks.data, limits)
    if chunks.deep and not chunks.animated:
        return png.read_deep(chunks)
    frame, frames = choose_frame(image)
    return replace(chunks.declare(of_image(image)), frame=frame, frames=frames)


def _read_radiance(data: bytes, limits: Limits) -> Raster:
    size = _RADIANCE_SIZE.search(data[:_LONGEST_HEADER])
    if size is None:
        raise ImageError(DAMAGED)
    limits.check_size(int(size[2]), int(size[1]))
    import imagecodecs  # noqa: PLC0415 (rare; 10 ms)

    return Raster(pixels=imagecodecs.rgbe_decode(data), space=LINEAR_HDR)


def _read_other(data: bytes, limits: Limits) -> Raster:
    image = open_image(data, limits)
    frame, frames = choose_frame(image)
    raster = replace(of_image(image), frame=frame, frames=frames)
    if image.format in _HEIF:
        return heif.with_colour(raster, image, data)
    lossy = raster.lossy or data[8:16] == b"WEBPVP8 "
    return replace(raster, lossy=lossy)
