"""HEIC and AVIF: declared colour, and the depth that HDR needs.

Boxes by ISO/IEC 14496-12 and 23008-12 (HEIF).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
from PIL import Image

from nst.reading.raster import Raster, full_scale, split_alpha
from nst.reading.spaces import ColourSpace, from_cicp

_MOST_BOXES: Final = 10_000
_ORIENTATION: Final = 0x0112


def with_colour(raster: Raster, image: Image.Image, data: bytes) -> Raster:
    """Add the colour space that a file declares, and the depth that it needs.

    Args:
        raster: of `image`.
        image: opened.
        data: the whole file.

    Raises:
        Exception: whatever the codecs say of a damaged file.
    """
    space = None if raster.icc else _space(image, data) or raster.space
    if space is None or not space.hdr or raster.frames > 1:
        return replace(raster, space=space)
    return replace(_deep(image, data), space=space, lossy=True)


def _space(image: Image.Image, data: bytes) -> ColourSpace | None:
    profile: dict[str, Any] | None = image.info.get("nclx_profile")
    if profile:
        return from_cicp(int(profile["color_primaries"]), int(profile["transfer_characteristics"]))
    points = _nclx(data) if image.format == "AVIF" else None
    return from_cicp(*points) if points else None


def _deep(image: Image.Image, data: bytes) -> Raster:
    """Read all bits: eight are too few for the range that HDR covers."""
    if image.format == "AVIF":
        import imagecodecs  # noqa: PLC0415 (rare; 10 ms)

        values = imagecodecs.avif_decode(data)
        white = float(2 ** _depth(data) - 1)
        turned = int(image.getexif().get(_ORIENTATION, 1))  # Pillow makes it of irot and imir
    else:
        import pillow_heif  # noqa: PLC0415 (loaded already if HEIC can be read)

        opened = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False)
        values = np.asarray(opened)
        white, turned = full_scale(values), 1
    colour, alpha = split_alpha(values)
    return Raster(pixels=colour, alpha=alpha, white=white, orientation=turned)


def _nclx(data: bytes) -> tuple[int, int] | None:
    """Return colour primaries and transfer of the primary item; None if not declared."""
    for kind, body in _primary_properties(data):
        if kind == b"colr" and body[:4] == b"nclx" and len(body) >= 8:
            primaries, transfer = struct.unpack_from(">HH", body, 4)
            return primaries, transfer
    return None


def _depth(data: bytes) -> int:
    """Return the bits a channel of the primary item, 8 where it does not say."""
    for kind, body in _primary_properties(data):
        if kind == b"pixi" and len(body) >= 6:
            return body[5]
        if kind == b"av1C" and len(body) >= 3:
            return (12 if body[2] & 0x20 else 10) if body[2] & 0x40 else 8
    return 8


def _primary_properties(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return type and content of the properties of the primary item."""
    meta = next((body for kind, body in _boxes(data) if kind == b"meta"), b"")[4:]
    parts = dict(_boxes(meta))
    properties = dict(_boxes(parts.get(b"iprp", b"")))
    declared = list(_boxes(properties.get(b"ipco", b"")))
    item = int.from_bytes(parts.get(b"pitm", b"")[4:], "big")
    numbers = _associated(item, properties.get(b"ipma", b""))
    return [declared[number - 1] for number in numbers if 0 < number <= len(declared)]


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and content of the boxes that follow each other in some bytes."""
    place = 0
    for _ in range(_MOST_BOXES):
        if len(data) < place + 8:
            return
        length, kind = struct.unpack_from(">I4s", data, place)
        head = 8
        if length == 1 and len(data) >= place + 16:
            length, head = struct.unpack_from(">Q", data, place + 8)[0], 16
        length = length or len(data) - place
        if length < head:
            return
        yield kind, data[place + head : place + length]
        place += length


def _associated(item: int, table: bytes) -> list[int]:
    """Return the numbers of the properties that the table `ipma` gives an item, from 1."""
    if len(table) < 8:
        return []
    id_width = 2 if table[0] == 0 else 4
    width = 2 if table[3] & 1 else 1
    essential = 1 << (8 * width - 1)
    place = 8
    while place + id_width < len(table):
        number = int.from_bytes(table[place : place + id_width], "big")
        start = place + id_width + 1
        place = start + table[start - 1] * width
        if number == item:
            entries = (table[at : at + width] for at in range(start, place, width))
            return [int.from_bytes(entry, "big") & ~essential for entry in entries]
    return []
